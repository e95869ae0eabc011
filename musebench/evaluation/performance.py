"""Metrics of numbers, such as those of expressive performance.

Conventions:
    A piece may have been played by several people (``PieceTarget.opinions``). A prediction is
    compared with each of them alone, within the piece; the value of the piece is the mean over
    them, that of a work the mean over its pieces. Heads that all notes of an onset group share
    (``Task.by_onset``) are compared once per group, by their means over its notes.

Metrics:
    ``pearson_r_<head>``: Pearson's r; 0 if the prediction or the performance is constant, undefined
    for fewer than two labels. ``pearson_r``: the mean of these over the heads. ``mse_<head>``: mean
    squared error; lower is better.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from musebench.evaluation.measures import FloatArray, IntArray, Measure
from musebench.evaluation.metric import register_metric
from musebench.evaluation.statistics import MEAN, PEARSON_ROUNDING, Statistic
from musebench.evaluation.targets import Pooled

Comparison = Callable[[FloatArray, FloatArray], float]

R = Statistic("mean r", 2, MEAN.function, MEAN.derivative, -1.0, 1.0)
SQUARED_ERROR = Statistic("mean squared error", 2, MEAN.function, MEAN.derivative, 0.0)


def correlation(target: FloatArray, prediction: FloatArray) -> float:
    """Pearson's r; 0 if one of both is constant, NaN for fewer than two values.

    >>> correlation(np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    0.0
    """
    if len(target) < 2:
        return float("nan")
    centred = [values - values.mean() for values in (target, prediction)]
    spreads = [float(values @ values) for values in centred]
    sizes = [float(values @ values) for values in (target, prediction)]
    if any(s <= PEARSON_ROUNDING * size for s, size in zip(spreads, sizes, strict=True)):
        return 0.0
    return float(centred[0] @ centred[1] / np.sqrt(spreads[0] * spreads[1]))


def squared_error(target: FloatArray, prediction: FloatArray) -> float:
    """The mean squared error; NaN without values."""
    return float(((target - prediction) ** 2).mean()) if len(target) else float("nan")


def compare(notes: Pooled, comparison: Comparison) -> dict[str, FloatArray]:
    """Compare the predictions of each piece with each of its performances.

    Returns:
        Head -> mean over the performances, ``(num_pieces,)``; NaN where none can be compared.
    """
    bounds = np.searchsorted(notes.piece, np.arange(len(notes.pieces) + 1))
    found = {}
    for head in notes.target:
        values = []
        for piece, (begin, end) in zip(notes.pieces, pairwise(bounds.tolist()), strict=True):
            prediction = notes.prediction[head][begin:end].astype(np.float64)
            group = np.arange(end - begin)
            if head in notes.task.by_onset:
                group = notes.column("onset_index")[begin:end]
            values.append(
                [
                    comparison(*_judged(opinion[head].astype(np.float64), prediction, group))
                    for opinion in piece.opinions or (piece.labels,)
                ]
            )
        found[head] = np.array([_mean(of_piece) for of_piece in values])
    return found


def _judged(
    target: FloatArray, prediction: FloatArray, group: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Means over the labelled notes of each group that has any."""
    known = ~np.isnan(target)
    _, place, count = np.unique(group[known], return_inverse=True, return_counts=True)
    target, prediction = (
        np.bincount(place, weights=values[known]) / count for values in (target, prediction)
    )
    return target, prediction


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


correlations = partial(compare, comparison=correlation)
squared_errors = partial(compare, comparison=squared_error)


@register_metric("pearson_r", unit="")
def pearson_r(notes: Pooled) -> Measure:
    """The mean of Pearson's r over the heads."""
    by_head = np.stack(list(notes.once(correlations).values()), axis=1)
    return _of_pieces(notes, np.array([_mean(row) for row in by_head.tolist()]), R)


@register_metric("pearson_r_{head}", unit="")
def pearson_r_of_head(notes: Pooled, head: str) -> Measure:
    """Pearson's r of a head."""
    return _of_pieces(notes, notes.once(correlations)[head], R)


@register_metric("mse_{head}", unit="", higher_is_better=False)
def mean_squared_error(notes: Pooled, head: str) -> Measure:
    """The mean squared error of a head."""
    return _of_pieces(notes, notes.once(squared_errors)[head], SQUARED_ERROR)


def _of_pieces(notes: Pooled, values: FloatArray, statistic: Statistic) -> Measure:
    """The mean over works of the mean over their pieces; the main head tells how many count."""
    exists = ~np.isnan(values)
    sums = np.stack([np.where(exists, values, 0.0), exists], axis=1).astype(np.float64)
    known = ~np.isnan(notes.target[notes.task.main_head])
    count = np.bincount(notes.piece, weights=known, minlength=len(notes.pieces))
    return Measure(sums, statistic, count.astype(np.float64), over_works=True)
