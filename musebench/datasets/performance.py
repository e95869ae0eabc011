"""Expressive performance: how is a note played?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class ASAPPerformance(ScoreGraphDataset):
    """Expressive piano performance: numbers for each note, means over one or two pianists.

    Each note has four labels: ``y``, log2 of the beat period in seconds, and ``y_timing``,
    ``y_articulation_log`` and ``y_velocity``; float32, NaN where no performance plays the note and
    where labels are hidden. A model sees pitch, duration, metrical position and time signature.

    Source:
        Peter et al., "Automatic Note-Level Score-to-Performance Alignments in the ASAP Dataset",
        TISMIR 6, 2023; CC BY-NC-SA 4.0.
    """

    board = BOARDS["asap-performance"]
