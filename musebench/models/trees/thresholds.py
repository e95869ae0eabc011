"""Thresholds of events, chosen on the validation split."""

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.evaluation import main_metric
from musebench.tasks import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_EVENTS = 50  # of a class in validation, for a threshold of its own
UNCHOSEN = 0.5


def has_thresholds(task: Task) -> bool:
    """Whether the task is to find events: all classes of the main head but the first."""
    has_two = len(task.heads[task.main_head]) == 2 and "f1" in main_metric(task).name
    return task.has_events or has_two


def choose_thresholds(probability: Floats, target: Ints) -> Floats:
    """Choose the threshold of each event: the one with the best F1.

    Events of fewer than ``MIN_EVENTS`` labels share one.

    Args:
        probability: Probability of each class; the first means that nothing happens. Shape
            ``(num_rows, num_classes)``.
        target: Class of each row, or ``IGNORE_LABEL``. Shape ``(num_rows,)``.

    Returns:
        Shape ``(num_classes - 1,)``.
    """
    known = target != IGNORE_LABEL
    events, target = probability[known, 1:], target[known]
    is_event = target[:, np.newaxis] == np.arange(1, events.shape[1] + 1)
    many = is_event.sum(axis=0) >= MIN_EVENTS
    thresholds = np.full(events.shape[1], UNCHOSEN)
    for event in np.flatnonzero(many):
        thresholds[event] = _best(events[:, event], is_event[:, event])
    if not many.all():
        thresholds[~many] = _best(events[:, ~many].ravel(), is_event[:, ~many].ravel())
    return thresholds


def events_of(probability: Floats, thresholds: Floats) -> Ints:
    """The event of the largest probability / threshold if that is at least 1, else 0."""
    ratio = probability[:, 1:] / thresholds
    return np.where(ratio.max(axis=1) >= 1, 1 + ratio.argmax(axis=1), 0)


def _best(probability: Floats, is_event: NDArray[np.bool_]) -> float:
    """The probability from which on events have the best F1, the highest one in a tie."""
    if not is_event.any():
        return UNCHOSEN
    order = np.argsort(-probability, kind="stable")
    sure, hits = probability[order], np.cumsum(is_event[order])
    is_last = np.append(sure[1:] < sure[:-1], True)  # equal ones are predicted together
    f1 = np.where(is_last, 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1]), -1)
    return max(float(sure[f1.argmax()]), np.finfo(np.float64).tiny)
