"""Melody identification: does a voice sing a note, or does the piano play it?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class LiederMelody(ScoreGraphDataset):
    """Melody identification in songs of the long 19th century with piano.

    Each note has the label ``y``: 1 if a voice sings it, 0 if the piano plays it. A model sees
    pitch, duration, metrical position and time signature, never part, staff or voice.

    Source:
        The OpenScore Lieder Corpus: Gotham and Jonas, "The OpenScore Lieder Corpus", Music Encoding
        Conference 2021; CC0 1.0.
    """

    board = BOARDS["lieder-melody"]
