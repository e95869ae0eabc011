"""Melody identification in songs of the long 19th century with piano."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

LIEDER_MELODY = Board(
    name="lieder-melody",
    corpus=CORPORA["lieder"],
    task=TASKS["melody"],
    version="2.0",
    about="sung or played, each note of songs with piano from Arne to Zemlinsky",
    labels=(
        "Each note has the label ``y``: 1 if a voice sings it, 0 if the piano plays it. Notes with "
        "the same onset and pitch are one, of the longest duration, sung if any of them is. A "
        "model sees pitch, duration, metrical position and time signature, never part, staff or "
        "voice."
    ),
    source=(
        'The OpenScore Lieder Corpus: Gotham and Jonas, "The OpenScore Lieder Corpus", Music '
        "Encoding Conference 2021; CC0 1.0."
    ),
    pitfalls=(
        "70 songs have two to five voices: some are for choir, some print two verses in parallel. "
        "Everything that is sung is melody, so the highest voice alone is not enough.",
        "In 32 songs the part of the voice is named after its playback instrument, such as oboe "
        "or flute. If the only other part is a piano, this part is the voice.",
        "Most composers have only a few songs, so results by composer are uncertain.",
    ),
)

register_board(LIEDER_MELODY)
