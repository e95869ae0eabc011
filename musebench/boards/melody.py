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
        pitfalls=("PITFALL",),
    ),
)
