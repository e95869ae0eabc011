"""Metrics of classes: of notes, onset groups or pieces, by head and by class.

Conventions:
    A true positive is a class that is predicted and true. Precision is the share of predictions
    that are true, recall the share of true values that are predicted, F1 their harmonic mean,
    2 true positives / (predicted + true). Values without a label do not count. With two classes,
    ``f1``, ``precision`` and ``recall`` are those of the second, the positive one.
"""

import numpy as np

from musebench.evaluation.measures import FloatArray, Measure, is_labelled, share_of
from musebench.evaluation.metric import register_metric
from musebench.evaluation.statistics import F1, SHARE
from musebench.evaluation.statistics import macro_f1 as mean_of_f1
from musebench.evaluation.targets import Pooled

POSITIVE = 1  # the second of two classes


@register_metric("accuracy", complement="error_rate")
def accuracy(notes: Pooled) -> Measure | None:
    """The share of the labels of the main head that are predicted correctly."""
    return head_accuracy(notes, notes.task.main_head)


@register_metric("{head}_accuracy")
def head_accuracy(notes: Pooled, head: str) -> Measure | None:
    """The share of the labels of a head that are predicted correctly; None without predictions."""
    if head not in notes.prediction:
        return None
    target = notes.target[head]
    return share_of(notes, target == notes.prediction[head], is_labelled(target))


@register_metric("macro_f1")
def macro_f1(notes: Pooled) -> Measure:
    """The mean F1 of the classes of the main head that its task ranks by."""
    sums = np.concatenate([_counts_of(notes, number) for number in notes.task.ranked], axis=1)
    return Measure(sums, mean_of_f1(sums.shape[1] // 3), notes.once(num_labelled))


@register_metric("f1_{class}")
def f1_of_class(notes: Pooled, number: int) -> Measure:
    """F1 of a class of the main head."""
    return Measure(_counts_of(notes, number), F1, notes.once(num_labelled))


@register_metric("f1")
def f1(notes: Pooled) -> Measure:
    """F1 of the positive class."""
    return f1_of_class(notes, POSITIVE)


@register_metric("precision")
def precision(notes: Pooled) -> Measure:
    """The share of positive predictions that are true."""
    return Measure(_counts_of(notes, POSITIVE)[:, [0, 1]], SHARE, notes.once(num_labelled))


@register_metric("recall")
def recall(notes: Pooled) -> Measure:
    """The share of positive labels that are predicted."""
    return Measure(_counts_of(notes, POSITIVE)[:, [0, 2]], SHARE, notes.once(num_labelled))


def class_counts(notes: Pooled) -> FloatArray:
    """True positives, predictions and labels of each class of the main head, by piece.

    Returns:
        Shape ``(num_pieces, 3 * num_classes)``.
    """
    head = notes.task.main_head
    num_pieces, num_classes = len(notes.pieces), len(notes.task.heads[head])
    counted = is_labelled(notes.target[head])
    target, prediction = notes.target[head][counted], notes.prediction[head][counted]
    first = notes.piece[counted] * num_classes
    cells = (first[target == prediction] + target[target == prediction], first + prediction)
    size = num_pieces * num_classes
    counts = [np.bincount(cell, minlength=size) for cell in (*cells, first + target)]
    return np.stack(counts, axis=1).astype(np.float64).reshape(num_pieces, 3 * num_classes)


def num_labelled(notes: Pooled) -> FloatArray:
    """Number of labels of the main head in each piece, ``(num_pieces,)``."""
    labelled = notes.piece[is_labelled(notes.target[notes.task.main_head])]
    return np.bincount(labelled, minlength=len(notes.pieces)).astype(np.float64)


def _counts_of(notes: Pooled, number: int) -> FloatArray:
    """True positives, predictions and labels of a class, ``(num_pieces, 3)``."""
    return notes.once(class_counts)[:, 3 * number : 3 * number + 3]
