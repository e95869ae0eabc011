"""What tasks with one class a note (or a piece) make of their predictions, by class.

Conventions:
    A class is found (true positive) where it is predicted and true. Precision is the share of the
    predicted that are true, recall the share of the true that are predicted, F1 their harmonic
    mean, 2 found / (predicted + true). Values without a label count in none of them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import MELODY_CLASSES, STAVES
from musebench.evaluation.metrics import is_labelled
from musebench.evaluation.statistics import F1, SHARE, macro_f1
from musebench.evaluation.summary import Measure, Outcomes, share_of, sums_by_piece
from musebench.evaluation.targets import Pooled
from musebench.tasks import TASKS

COMPOSER, MELODY, STAFF_SEPARATION = (
    TASKS[name] for name in ("composer", "melody", "staff-separation")
)
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def class_sums(notes: Pooled, head: str, classes: Sequence[int]) -> FloatArray:
    """Sums of each piece: found, predicted and true values of each class in turn.

    Args:
        notes: Labels and predictions.
        head: Name of the head.
        classes: The classes.

    Returns:
        Shape ``(num_pieces, 3 * len(classes))``.
    """
    target, prediction = notes.target[head], notes.prediction[head]
    labelled = is_labelled(target)
    columns: list[BoolArray] = []
    for number in classes:
        true, predicted = target == number, labelled & (prediction == number)
        columns.extend((true & predicted, predicted, true))
    return sums_by_piece(columns, notes.piece, len(notes.pieces))


def staff_outcomes(notes: Pooled) -> Outcomes:
    """Accuracy, F1 of the lower staff, and the mean F1 of both."""
    lower = STAVES.index("lower")
    accuracy = _accuracy(notes, STAFF_SEPARATION.main_head)
    sums = class_sums(notes, STAFF_SEPARATION.main_head, range(len(STAVES)))
    by_metric = {
        "accuracy": accuracy,
        "f1_lower": Measure(sums[:, 3 * lower : 3 * lower + 3], F1, accuracy.num_counted),
        "macro_f1": Measure(sums, macro_f1(len(STAVES)), accuracy.num_counted),
    }
    return Outcomes(by_metric, by_piece={})


def melody_outcomes(notes: Pooled) -> Outcomes:
    """F1, precision and recall of the voice, and accuracy."""
    accuracy = _accuracy(notes, MELODY.main_head)
    counted = accuracy.num_counted
    sums = class_sums(notes, MELODY.main_head, [MELODY_CLASSES.index("voice")])
    by_metric = {
        "f1": Measure(sums, F1, counted),
        "precision": Measure(sums[:, [0, 1]], SHARE, counted),
        "recall": Measure(sums[:, [0, 2]], SHARE, counted),
        "accuracy": accuracy,
    }
    return Outcomes(by_metric, by_piece={})


def composer_outcomes(pieces: Pooled) -> Outcomes:
    """Accuracy over the pieces, and the mean F1 of the composers."""
    num_classes = len(COMPOSER.heads[COMPOSER.main_head])
    accuracy = _accuracy(pieces, COMPOSER.main_head)
    sums = class_sums(pieces, COMPOSER.main_head, range(num_classes))
    by_metric = {
        "accuracy": accuracy,
        "macro_f1": Measure(sums, macro_f1(num_classes), accuracy.num_counted),
    }
    return Outcomes(by_metric, by_piece={})


def _accuracy(notes: Pooled, head: str) -> Measure:
    target, prediction = notes.target[head], notes.prediction[head]
    return share_of(target == prediction, is_labelled(target), notes.piece, len(notes.pieces))
