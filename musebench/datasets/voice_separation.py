"""Voice separation: which note is the next of the same voice?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class ChoraleVoiceSeparation(ScoreGraphDataset):
    """Voice separation of four-part Bach chorales; needs no download.

    The label ``y`` of a note is the index of the next note of the same part in its graph or batch,
    -1 of the last one. ``-100``: no label, or the next note is not in the batch; ``-2``: hidden. A
    model sees pitch, duration, metrical position and time signature, never voice, staff or part.
    ``candidate_index`` holds the pairs of notes among which links are searched. The pieces
    and their splits are those of ``ChoralePitchSpelling``.

    Source:
        The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on.
    """

    board = BOARDS["chorale-voice-separation"]


class DCMLVoiceSeparation(ScoreGraphDataset):
    """Voice separation of Corelli's trio sonatas and Beethoven's string quartets.

    Labels and inputs are those of ``ChoraleVoiceSeparation``; each staff is a part. A note in a
    double stop, a grace note, and a note of Corelli's organ has no label.

    Source:
        The Annotated Beethoven Corpus (Neuwirth et al., Frontiers in Digital Humanities 5, 2018)
        and Corelli's trio sonatas (Hentschel et al., ISMIR 2021), of DCML; CC BY-NC-SA 4.0.
    """

    board = BOARDS["dcml-voice-separation"]
