"""Staff separation of Western piano music from Bach to Prokofiev."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

ASAP_STAFF_SEPARATION = Board(
    name="asap-staff-separation",
    dataset="ASAPStaffSeparation",
    corpus=CORPORA["asap"],
    task=TASKS["staff-separation"],
    version="2.0",
    about="upper or lower staff of each note, Western piano music",
    labels=(
        "Each note has the label ``y``: 0 on the upper, 1 on the lower staff. A model sees pitch, "
        "duration, metrical position and time signature, never staff, voice or part. The pieces "
        "and splits are those of ``ASAPPitchSpelling`` except four scores with notes on three or "
        "four staves."
    ),
    source=(
        'The scores of Foscarin et al., "ASAP: A Dataset of Aligned Scores and Performances for '
        'Piano Transcription", ISMIR 2020, in the edition (n)ASAP; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "Liszt/Annees_de_pelerinage_2/1_Gondoliera has four staves, of which 1 and 2 are empty; "
        "staves 3 and 4 count as upper and lower.",
        "Schumann/Kreisleriana/3 has notes of negative duration in broken tuplets; they are read "
        "with duration 0.",
    ),
)

register_board(ASAP_STAFF_SEPARATION)
