"""Staff separation of the piano parts of songs; free for any use."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

OPENSCORE_STAFF_SEPARATION = Board(
    name="openscore-staff-separation",
    dataset="OpenScoreStaffSeparation",
    corpus=CORPORA["lieder_piano"],
    task=TASKS["staff-separation"],
    version="2.0",
    about="upper or lower staff of each note, piano parts of songs",
    labels=(
        "Labels and inputs are those of ``ASAPStaffSeparation``. What is sung is not in the graph. "
        "Songs whose piano is not on two staves are left out. Anyone may use the scores, and what "
        "is trained on them, for anything."
    ),
    source=(
        "The OpenScore Lieder Corpus: Gotham and Jonas, Music Encoding Conference 2021; CC0 1.0."
    ),
    pitfalls=(
        "The accompaniment of a song is often simpler than a piece for piano alone, and rests "
        "where the voice is alone.",
    ),
)

register_board(OPENSCORE_STAFF_SEPARATION)
