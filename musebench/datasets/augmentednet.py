"""Roman numerals: which chord stands at an onset, in which key?"""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class AugmentedNetRomanNumeral(ScoreGraphDataset):
    """Roman numerals of 353 scores from Monteverdi to Mahler, in the vocabulary of AugmentedNet.

    Each onset has seven labels: ``onset_y``, the local key (36 classes), and ``onset_y_<head>`` of
    tonicized_key, degree1, degree2, quality, inversion and root. A model sees pitch, duration,
    metrical position and time signature. ``split_scheme="augmentednet"`` is the published split,
    which puts movements of one work into several splits.

    Source:
        Napoles Lopez, Gotham and Fujinaga, "AugmentedNet: A Roman Numeral Analysis Network with
        Synthetic Training Examples and Additional Tonal Tasks", ISMIR 2021, as in Hentschel and
        Karystinaios, "Dilemmadata", 2026; CC BY-NC-SA 4.0.
    """

    board = BOARDS["augmentednet-roman-numeral"]
