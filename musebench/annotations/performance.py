"""Labels of performances: the mean of the expressive parameters of a note over its performances.

Conventions:
    Head ``beat_period_log2``: mean over performances of log2 of the seconds that a notated beat
    lasts. Heads ``timing``, ``articulation_log``, ``velocity``: means of the parameters of
    ``musebench.score.match``. NaN where no performance plays the note. A performance that leaves
    the note out does not count in the mean.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musebench.annotations.labels import OnsetLabels
from musebench.score.match import Parameters

PERFORMANCE_HEADS = ("beat_period_log2", "timing", "articulation_log", "velocity")


def performance_labels(performances: Sequence[Parameters]) -> OnsetLabels:
    """Average the parameters of a score's performances.

    Args:
        performances: As ``read_performances`` gives them.

    Returns:
        Head -> value of each *note*, shape ``(num_notes,)``, float32; the counts are of notes:
        ``unaligned`` are those that no performance plays.
    """
    logs = []
    for parameters in performances:
        period = parameters["beat_period"]
        # Performances in which a beat lasts no time, or less, tell no tempo there.
        logs.append(np.log2(np.where(period > 0, period, np.nan)))
    labels = {"beat_period_log2": _mean(logs)}
    for name in PERFORMANCE_HEADS[1:]:
        labels[name] = _mean([parameters[name] for parameters in performances])
    unplayed = np.isnan(labels["velocity"])
    counts = {
        "annotated": len(unplayed),
        "unaligned": int(unplayed.sum()),
        "overruled": 0,
        "unread": int((np.isnan(labels["beat_period_log2"]) & ~unplayed).sum()),
    }
    return OnsetLabels({head: labels[head] for head in PERFORMANCE_HEADS}, counts)


def _mean(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Mean of those that are numbers; NaN where none is."""
    table = np.array(columns)
    known = ~np.isnan(table)
    total, count = np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
