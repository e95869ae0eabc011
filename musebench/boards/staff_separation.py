"""The boards of staff separation."""

from musebench.annotations import count_staff_twins, staff_labels
from musebench.boards.board import Board
from musebench.corpora import ASAP
from musebench.tasks import STAFF_SEPARATION

STAFF_SEPARATION_BOARDS = (
    Board(
        name="asap-staff-separation",
        dataset="ASAPStaffSeparation",
        corpus=ASAP,
        task=STAFF_SEPARATION,
        read_labels=staff_labels,
        version="1.0",
        about="upper or lower staff of each note, Western piano music",
        pitfalls=(
            "Liszt/Annees_de_pelerinage_2/1_Gondoliera has its notes on the staves 3 and 4 of "
            "four, of which 1 and 2 are empty: they are the upper and the lower one.",
            "Schumann/Kreisleriana/3 has notes of negative duration in broken tuplets; they "
            "are read as duration 0.",
        ),
        read_counts=count_staff_twins,
    ),
)
