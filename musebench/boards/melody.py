"""The boards of melody identification."""

from musebench.annotations import melody_labels
from musebench.boards.board import Board
from musebench.corpora import LIEDER
from musebench.tasks import MELODY

MELODY_BOARDS = (
    Board(
        name="lieder-melody",
        dataset="LiederMelody",
        corpus=LIEDER,
        task=MELODY,
        read_labels=melody_labels,
        version="1.0",
        about="sung or played, each note of songs with piano from Arne to Zemlinsky",
        pitfalls=(
            "70 songs have two to five voices, some of them choirs, some two verses side by side: "
            "all that is sung is the melody, so the highest voice alone is not.",
            "In 32 songs the part of the voice is named after an oboe, a flute or the like, which "
            "plays it back; beside a piano and nothing else it is the voice.",
            "Most composers have a handful of songs: a result by composer rests on few of them.",
        ),
    ),
)
