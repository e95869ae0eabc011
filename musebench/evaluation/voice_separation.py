"""Metrics of voice separation.

Conventions:
    A link leads from a note to the next note of its voice. Notes in the same *twin group* are
    exchangeable, so a link counts as a pair of groups. The number of correct links is the size of
    the intersection of both multisets of pairs: of the predicted links from group g to group h, at
    most as many are correct as there are true ones. A predicted link counts if each of its groups
    has a note with a label. Swapping twins in labels or predictions changes no count.
"""

from collections import Counter

import numpy as np
from numpy.typing import ArrayLike

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.evaluation.classification import num_labelled
from musebench.evaluation.measures import IntArray, Measure
from musebench.evaluation.metric import register_metric
from musebench.evaluation.statistics import F1, SHARE
from musebench.evaluation.targets import Pooled


def link_counts(
    target: ArrayLike, prediction: ArrayLike, twin: ArrayLike | None = None
) -> tuple[int, int, int]:
    """Count the links of a piece.

    Args:
        target: Index of the next note of each note, ``(num_notes,)``; -1 if there is none,
            ``IGNORE_LABEL`` for a note without a label.
        prediction: The predicted index; -1 if there is none.
        twin: Twin group of each note, ``(num_notes,)``; None if no note has a twin.

    Returns:
        Number of correct links, of predicted links that count, and of true links.

    Raises:
        InputError: If the arrays differ in length.

    >>> link_counts([2, 3, -1, -1, -100], [2, -1, 3, 4, -1])  # the link to note 4 does not count
    (1, 2, 2)
    """
    label, predicted = np.asarray(target, np.int64), np.asarray(prediction, np.int64)
    group = np.arange(len(label)) if twin is None else np.asarray(twin, np.int64)
    if label.ndim != 1 or not label.shape == predicted.shape == group.shape:
        msg = (
            f"target has shape {label.shape}, prediction {predicted.shape}, twin {group.shape}; "
            "all must be (num_notes,)."
        )
        raise InputError(msg)
    counts = np.isin(group, group[label != IGNORE_LABEL])
    source = np.flatnonzero((predicted >= 0) & counts)
    source = source[counts[predicted[source]]]
    found = _pairs(group, source, predicted)
    true = _pairs(group, np.flatnonzero(label >= 0), label)
    return (found & true).total(), found.total(), true.total()


def _pairs(group: IntArray, source: IntArray, following: IntArray) -> Counter[tuple[int, int]]:
    ends = group[source].tolist(), group[following[source]].tolist()
    return Counter(zip(*ends, strict=True))


def counts_of_pieces(notes: Pooled) -> IntArray:
    """Correct, predicted and true links of each piece, ``(num_pieces, 3)``."""
    head = notes.task.main_head
    each_alone = np.arange(len(notes.piece))
    twin = notes.context.get("twin", each_alone)
    columns = (notes.target[head], notes.prediction[head], twin)
    starts = np.searchsorted(notes.piece, np.arange(1, len(notes.pieces)))
    by_piece = zip(*(np.split(column, starts) for column in columns), strict=True)
    return np.array([link_counts(*of_piece) for of_piece in by_piece], dtype=np.int64)


@register_metric("link_f1")
def link_f1(notes: Pooled) -> Measure:
    """F1 of the links; reports their number in each piece."""
    counts = notes.once(counts_of_pieces)
    facts = dict(zip(("right_links", "predicted_links", "true_links"), counts.T, strict=True))
    return Measure(counts.astype(np.float64), F1, notes.once(num_labelled), facts=facts)


@register_metric("link_precision")
def link_precision(notes: Pooled) -> Measure:
    """The share of predicted links that are correct."""
    sums = notes.once(counts_of_pieces)[:, [0, 1]].astype(np.float64)
    return Measure(sums, SHARE, sums[:, 1])


@register_metric("link_recall")
def link_recall(notes: Pooled) -> Measure:
    """The share of true links that are predicted."""
    sums = notes.once(counts_of_pieces)[:, [0, 2]].astype(np.float64)
    return Measure(sums, SHARE, sums[:, 1])
