"""Thresholds: from scores of events to events.

A learned model, a rule or a tree gives each onset a score per class. At an onset, the class c with
the highest ratio of score to threshold is predicted if the ratio is at least 1, else none, the
first class. The thresholds are chosen on a validation split, never on the pieces that are scored.

Conventions:
    Scores are finite and at least 0, in any unit. A class with at least ``FEWEST_EVENTS`` events on
    the validation split has the threshold with the best F1 there, class against rest. All other
    classes share one, with the best F1 of their counts together; if none of them occurs, that of
    all classes together. A threshold lies halfway between two scores; of equally good ones the
    highest is taken.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError

FEWEST_EVENTS = 50
WITHOUT_EVENTS = 0.5  # the threshold if no event occurs at all

Columns = Mapping[str, NDArray[np.generic]]


def choose_thresholds(scores: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
    """Choose the thresholds of event classes on a validation split.

    Args:
        scores: Scores of each onset and class, ``(num_onsets, num_classes)``; the first class is
            none.
        target: Class of each onset, ``(num_onsets,)``; ``IGNORE_LABEL`` for none that counts.

    Returns:
        Threshold of each class but the first, ``(num_classes - 1,)``, positive.

    Raises:
        InputError: If the arrays do not belong together.

    >>> choose_thresholds([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.5, 0.5]], [0, 0, 1, 1]).tolist()
    [0.4]
    """
    score, label = np.asarray(scores, np.float64), np.asarray(target)
    if score.ndim != 2 or score.shape[1] < 2 or label.shape != score.shape[:1]:
        msg = (
            f"scores have shape {score.shape}, target {label.shape}; they must be (num_onsets, "
            "num_classes), with two or more classes, and (num_onsets,)."
        )
        raise InputError(msg)
    counted = label != IGNORE_LABEL
    events = score[counted, 1:]
    is_true = label[counted, np.newaxis] == np.arange(1, score.shape[1])
    is_frequent = is_true.sum(axis=0) >= FEWEST_EVENTS
    thresholds = np.empty(len(is_frequent))
    for number in np.flatnonzero(is_frequent):
        thresholds[number] = _best_threshold(events[:, number], is_true[:, number])
    rest = ~is_frequent
    if rest.any():
        together = rest if is_true[:, rest].any() else np.ones_like(rest)
        thresholds[rest] = _best_threshold(
            events[:, together].ravel(), is_true[:, together].ravel()
        )
    return thresholds


def _best_threshold(score: NDArray[np.float64], is_true: NDArray[np.bool_]) -> float:
    """The threshold with the best F1; a score of 0 is never an event."""
    levels, level = np.unique(score, return_inverse=True)
    num_true = np.bincount(level, weights=is_true, minlength=len(levels))
    num_all = np.bincount(level, minlength=len(levels))
    found, predicted = (np.cumsum(part[::-1])[::-1] for part in (num_true, num_all))
    f1 = np.where(levels > 0, 2 * found / (predicted + is_true.sum()), 0.0)
    if not f1.any():
        return WITHOUT_EVENTS
    best = len(levels) - 1 - int(np.argmax(f1[::-1]))
    below = levels[best - 1] if best else levels[best]
    return float((levels[best] + below) / 2)


def predict_events(scores: ArrayLike, thresholds: ArrayLike) -> NDArray[np.int64]:
    """Return the class of each onset, ``(num_onsets,)``, by its scores and the thresholds.

    >>> predict_events([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2]], [0.25, 0.1]).tolist()
    [0, 2]
    """
    ratio = np.asarray(scores, np.float64)[:, 1:] / np.asarray(thresholds, np.float64)
    best = ratio.argmax(axis=1)
    is_event = ratio[np.arange(len(ratio)), best] >= 1
    return np.where(is_event, best + 1, 0).astype(np.int64)


def decide_events(
    predictions: Mapping[str, Columns], head: str, thresholds: ArrayLike
) -> dict[str, dict[str, NDArray[np.generic]]]:
    """Return predictions with the events of a head decided by its scores and the thresholds.

    Args:
        predictions: Piece id -> head -> values, with ``<head>_score``.
        head: The head.
        thresholds: As ``choose_thresholds`` returns them.
    """
    return {
        piece_id: {**columns, head: predict_events(columns[f"{head}_score"], thresholds)}
        for piece_id, columns in predictions.items()
    }
