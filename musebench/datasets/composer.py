"""Composer classification: who wrote a piece?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class DCMLComposer(ScoreGraphDataset):
    """Composer classification of keyboard music: seven composers, Bach to Medtner.

    Each graph has the label ``y``, shape ``(1,)``: one of the composers of whom DCML's keyboard
    corpora have five works or more. A model sees pitch, duration, metrical position and time
    signature. Works are split, so that no movement of a tested work is in training.

    Source:
        The keyboard corpora of the Digital and Cognitive Musicology Lab: Hentschel et al., "A
        Corpus and a Modular Infrastructure for the Empirical Study of (An)notated Music",
        Scientific Data 12, 2025; CC BY-NC-SA 4.0.
    """

    board = BOARDS["dcml-composer"]
