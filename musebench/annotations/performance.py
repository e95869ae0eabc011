"""Labels of performances: the expressive parameters of a note, of each performance and their mean.

Conventions:
    Of each performance: ``beat_period_log2`` is log2 of the seconds that a notated beat lasts, less
    its mean over the onset groups: how much slower than on the average. ``timing`` is clipped at
    ``MAX_TIMING`` before and after: beyond it the alignment is wrong. ``velocity`` is less its mean
    over the notes; ``articulation_log`` is that of ``musebench.score.match``. Neither tempo nor
    loudness as a whole can be told from the score. NaN where the performance leaves out the note;
    one in which a beat there lasts less than ``SHORTEST_BEAT`` gives no tempo (the alignment or the
    order of the notes is wrong) and has neither ``beat_period_log2`` nor ``articulation_log``.
    The labels of a score are the means over its performances, NaN where no performance has a value.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musebench.annotations.labels import OnsetLabels
from musebench.score import Parameters

SHORTEST_BEAT = 0.02  # seconds: 3,000 beats per minute
MAX_TIMING = 0.125  # seconds
PERFORMANCE_VERSION = "2"  # raise it when the labels of the same performances change
PERFORMANCE_HEADS = ("beat_period_log2", "timing", "articulation_log", "velocity")


def performance_labels(
    performances: Sequence[Parameters], onset_index: NDArray[np.int64]
) -> dict[str, OnsetLabels]:
    """Labels of a score by its performances.

    Args:
        performances: Parameters of each, from ``read_performances``.
        onset_index: Onset group of each note, ``(num_notes,)``.

    Returns:
        ``performance``: head -> mean for each *note*, ``(num_notes,)``, float32; the counts are of
        notes: ``unaligned`` are those that no performance plays, ``unread`` those played without
        tempo. ``performances``: head -> values of each performance, one after the other,
        ``(num_performances * num_notes,)``, float32.
    """
    each = [_of_one(parameters, onset_index) for parameters in performances]
    means = {head: _mean([labels[head] for labels in each]) for head in PERFORMANCE_HEADS}
    joined = {
        head: np.concatenate([labels[head] for labels in each]).astype(np.float32)
        for head in PERFORMANCE_HEADS
    }
    unplayed = np.isnan(means["velocity"])
    counts = {
        "annotated": len(unplayed),
        "unaligned": int(unplayed.sum()),
        "unread": int((np.isnan(means["beat_period_log2"]) & ~unplayed).sum()),
    }
    return {
        "performance": OnsetLabels(means, counts),
        "performances": OnsetLabels(joined, counts),
    }


def _of_one(
    parameters: Parameters, onset_index: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Labels of one performance, ``(num_notes,)`` each."""
    has_tempo = parameters["beat_period"] >= SHORTEST_BEAT
    tempo = np.log2(np.where(has_tempo, parameters["beat_period"], np.nan))
    count = np.bincount(onset_index[has_tempo])
    total = np.bincount(onset_index[has_tempo], weights=tempo[has_tempo])
    velocity = parameters["velocity"]
    return {
        "beat_period_log2": tempo - (total[count > 0] / count[count > 0]).sum() / (count > 0).sum(),
        "timing": np.clip(parameters["timing"], -MAX_TIMING, MAX_TIMING),
        "articulation_log": np.where(has_tempo, parameters["articulation_log"], np.nan),
        "velocity": velocity - velocity[~np.isnan(velocity)].mean(),
    }


def _mean(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Mean of the values that are not NaN; NaN if all are."""
    table = np.array(columns)
    known = ~np.isnan(table)
    total, count = np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
