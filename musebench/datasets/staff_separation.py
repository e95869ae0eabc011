"""Staff separation: does a note stand on the upper or on the lower staff?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class ASAPStaffSeparation(ScoreGraphDataset):
    """Staff separation of Western piano music from Bach to Prokofiev.

    Each note has the label ``y``: 0 on the upper, 1 on the lower staff. A model sees pitch,
    duration, metrical position and time signature, never staff, voice or part. The pieces and
    splits are those of ``ASAPPitchSpelling``, less four scores with notes on three or four staves.

    Source:
        The scores of Foscarin et al., "ASAP: A Dataset of Aligned Scores and Performances for Piano
        Transcription", ISMIR 2020, in the edition (n)ASAP; CC BY-NC-SA 4.0.
    """

    board = BOARDS["asap-staff-separation"]
