"""Labels of performances: the mean of the expressive parameters of a note over its performances.

Conventions:
    Head ``beat_period_log2``: mean over performances of log2 of the seconds that a notated beat
    lasts. Heads ``timing``, ``articulation_log``, ``velocity``: means of the parameters of
    ``musebench.score.match``. NaN where no performance plays the note. A performance that leaves
    out the note does not count in the mean; one in which a beat there lasts less than
    ``SHORTEST_BEAT`` gives no tempo (the alignment or the order of the notes is wrong) and counts
    in neither ``beat_period_log2`` nor ``articulation_log``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musebench.annotations.labels import OnsetLabels
from musebench.score import Parameters

SHORTEST_BEAT = 0.02  # seconds: 3,000 beats per minute
PERFORMANCE_HEADS = ("beat_period_log2", "timing", "articulation_log", "velocity")


def performance_labels(performances: Sequence[Parameters]) -> OnsetLabels:
    """Average the parameters of a score's performances.

    Args:
        performances: The result of ``read_performances``.

    Returns:
        Head -> value of each *note*, shape ``(num_notes,)``, float32; the counts are of notes:
        ``unaligned`` are those that no performance plays, ``unread`` those played without tempo.
    """
    tells = [parameters["beat_period"] >= SHORTEST_BEAT for parameters in performances]
    periods = [
        np.where(told, parameters["beat_period"], np.nan)
        for told, parameters in zip(tells, performances, strict=True)
    ]
    articulations = [
        np.where(told, parameters["articulation_log"], np.nan)
        for told, parameters in zip(tells, performances, strict=True)
    ]
    labels = {
        "beat_period_log2": _mean([np.log2(period) for period in periods]),
        "articulation_log": _mean(articulations),
        **{
            name: _mean([parameters[name] for parameters in performances])
            for name in ("timing", "velocity")
        },
    }
    unplayed = np.isnan(labels["velocity"])
    counts = {
        "annotated": len(unplayed),
        "unaligned": int(unplayed.sum()),
        "overruled": 0,
        "unread": int((np.isnan(labels["beat_period_log2"]) & ~unplayed).sum()),
    }
    return OnsetLabels({head: labels[head] for head in PERFORMANCE_HEADS}, counts)


def _mean(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Mean of the values that are not NaN; NaN if all are."""
    table = np.array(columns)
    known = ~np.isnan(table)
    total, count = np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
