"""What the board of Roman numerals makes of its predictions: shares of onsets.

A label has parts, the heads of ``annotations.vocabulary.ROMAN_NUMERAL_HEADS``. Onsets without a
label do not count.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.annotations.vocabulary import ROMAN_NUMERAL_HEADS
from musebench.evaluation.metrics import is_labelled, share
from musebench.evaluation.summary import Outcomes, share_of
from musebench.evaluation.targets import Pooled

BoolArray = NDArray[np.bool_]
Heads = Mapping[str, NDArray[np.int64]]

NUMERAL = ("degree", "applied_degree", "quality", "inversion")
CHORD = ("quality", "inversion", "root")
PARTS: Mapping[str, tuple[str, ...]] = {  # metric -> the heads that have to be right at an onset
    "roman_numeral_accuracy": tuple(ROMAN_NUMERAL_HEADS),
    "accuracy_without_key": NUMERAL,
    "chord_accuracy": CHORD,
    **{f"{head}_accuracy": (head,) for head in ROMAN_NUMERAL_HEADS},
}


def are_right(target: Heads, prediction: Heads, heads: Iterable[str]) -> BoolArray:
    """Tell at which onsets all of these heads are right. Shape ``(num_onsets,)``."""
    right: BoolArray = np.all([target[head] == prediction[head] for head in heads], axis=0)
    return right


def roman_numeral_accuracy(target: Heads, prediction: Heads, heads: Iterable[str]) -> float:
    """Return the share of labelled onsets at which all of these heads are right; NaN of none.

    Args:
        target: Head -> class of each onset, ``(num_onsets,)``; ``IGNORE_LABEL`` in all heads where
            there is no label.
        prediction: Head -> predicted class.
        heads: Heads that are looked at, such as ``NUMERAL`` or ``CHORD``.
    """
    labelled = is_labelled(next(iter(target.values())))
    return share(are_right(target, prediction, heads), labelled)


def roman_numeral_outcomes(onsets: Pooled) -> Outcomes:
    """Return the metrics, and how many onsets of each piece have no label."""
    labelled = is_labelled(onsets.target["local_key"])
    num_pieces = len(onsets.pieces)
    by_metric = {
        name: share_of(
            are_right(onsets.target, onsets.prediction, heads), labelled, onsets.piece, num_pieces
        )
        for name, heads in PARTS.items()
    }
    without = onsets.target["local_key"] == IGNORE_LABEL
    num_unlabelled = np.bincount(onsets.piece[without], minlength=num_pieces)
    return Outcomes(by_metric, by_piece={"num_unlabelled": num_unlabelled})
