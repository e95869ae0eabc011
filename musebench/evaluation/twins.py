"""Twins: notes that sound alike, which no model can tell apart.

Conventions:
    Twins are equal in onset, pitch and duration. What is predicted for them is a set: it is judged
    in the order that agrees best with their labels, so that credit is the same whichever of them
    has which label or prediction.
"""

import math
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.generic]


def settle_twins(label: Values, prediction: Values, twin: NDArray[np.int64]) -> Values:
    """Bring the predictions of twins into the order that agrees with their labels.

    Args:
        label: Label of each note. Shape ``(num_notes,)``.
        prediction: Prediction of each note.
        twin: Group of twins of each note.

    Returns:
        The predictions. Classes go to equal labels first; the rest, and numbers, to the rest, both
        in ascending order, which for numbers has the least squared error.
    """
    size = np.bincount(twin)
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(size[twin] > 1).tolist():
        rows_of[int(twin[row])].append(row)
    settled = prediction.copy()
    for rows in rows_of.values():
        if len(set(prediction[rows].tolist())) > 1:
            settled[rows] = _matched(label[rows], prediction[rows])
    return settled


def _matched(label_of: Values, predicted: Values) -> list[float]:
    labels, left = label_of.tolist(), sorted(predicted.tolist())
    are_numbers = "f" in (label_of.dtype.kind, predicted.dtype.kind)
    found: dict[int, float] = {}
    for place, label in enumerate(() if are_numbers else labels):
        if label in left:
            left.remove(label)
            found[place] = label
    others = sorted(set(range(len(labels))) - found.keys(), key=lambda place: _key(labels[place]))
    found |= dict(zip(others, left, strict=True))
    return [found[place] for place in range(len(labels))]


def _key(label: float) -> tuple[bool, float]:
    """Ascending, notes without a label last."""
    return (math.isnan(label), label)
