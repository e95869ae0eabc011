"""Pitch spelling: which letter and accidental does a note have, and under which key signature?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class ASAPPitchSpelling(ScoreGraphDataset):
    """Pitch spelling of Western piano music from Bach to Prokofiev.

    Each note has two labels: ``y``, its spelling (35 classes, Fbb to B##), and ``y_key_signature``,
    the key signature above it (15 classes, seven flats to seven sharps), as the edition has them. A
    model sees pitch, duration, metrical position and time signature. One score per (composer,
    title): of repeat variants the plain one.

    Source:
        Foscarin et al., "ASAP: A Dataset of Aligned Scores and Performances for Piano
        Transcription", ISMIR 2020, in the edition (n)ASAP; CC BY-NC-SA 4.0.
    """

    board = BOARDS["asap-pitch-spelling"]


class ChoralePitchSpelling(ScoreGraphDataset):
    """Pitch spelling of four-part Bach chorales; needs no download.

    Labels and inputs are those of ``ASAPPitchSpelling``. The scores are those of the package
    music21 with four monophonic parts, less near-duplicates; settings of one tune share a split.

    Source:
        The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on.
    """

    board = BOARDS["chorale-pitch-spelling"]
