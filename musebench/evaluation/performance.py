"""Metrics of numbers, such as those of expressive performance.

Metrics:
    ``pearson_r_<head>``: Pearson's r over all notes that have a label. ``pearson_r``: the mean of
    these over the parameters; constant predictions count as 0. ``mse_<head>``: mean squared error;
    lower is better.
"""

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.evaluation.measures import FloatArray, Measure, sums_by_piece
from musebench.evaluation.metric import register_metric
from musebench.evaluation.statistics import MEAN, PEARSON, Statistic
from musebench.evaluation.targets import Pooled


def mean_pearson(num_parameters: int) -> Statistic:
    """Return the mean of Pearson's r over parameters, as a statistic of six sums per parameter.

    A parameter whose r is undefined counts as 0; without any prediction there is no mean.

    Raises:
        InputError: If ``num_parameters`` is less than 1.
    """
    if num_parameters < 1:
        msg = f"num_parameters is {num_parameters}; at least 1 is needed."
        raise InputError(msg)

    def split(sums: FloatArray) -> FloatArray:
        return sums.reshape(*sums.shape[:-1], num_parameters, PEARSON.num_sums)

    def value(sums: FloatArray) -> FloatArray:
        each = np.nan_to_num(PEARSON.value(split(sums))).mean(axis=-1)
        return np.where(split(sums)[..., 0].sum(axis=-1) > 0, each, np.nan)

    def gradient(sums: FloatArray) -> FloatArray:
        each = np.nan_to_num(PEARSON.gradient(split(sums))) / num_parameters
        return np.asarray(each.reshape(sums.shape))

    name = f"mean of Pearson's r of {num_parameters} parameters"
    return Statistic(name, PEARSON.num_sums * num_parameters, value, gradient, -1.0, 1.0)


def moments_of_heads(notes: Pooled) -> dict[str, FloatArray]:
    """Head -> six sums per piece, for Pearson's r, ``(num_pieces, 6)``."""
    moments = {}
    for head, target in notes.target.items():
        known = ~np.isnan(target)
        # Centred near their means, since sums of squares far from 0 lose digits; predictions are
        # centred on one of them, so that constant ones are exactly 0.
        x = _from(target, float(target[known].mean()) if known.any() else 0.0, known)
        y = _from(notes.prediction[head], float(notes.prediction[head][known][:1].sum()), known)
        moments[head] = sums_by_piece(notes, (known, x, y, x * x, y * y, x * y))
    return moments


@register_metric("pearson_r", unit="")
def pearson_r(notes: Pooled) -> Measure:
    """The mean of Pearson's r over the heads."""
    moments = list(notes.once(moments_of_heads).values())
    whole = np.concatenate(moments, axis=1)
    return Measure(whole, mean_pearson(len(moments)), moments[0][:, 0])


@register_metric("pearson_r_{head}", unit="")
def pearson_r_of_head(notes: Pooled, head: str) -> Measure:
    """Pearson's r of a head."""
    sums = notes.once(moments_of_heads)[head]
    return Measure(sums, PEARSON, sums[:, 0])


@register_metric("mse_{head}", unit="", higher_is_better=False)
def mean_squared_error(notes: Pooled, head: str) -> Measure:
    """The mean squared error of a head."""
    target = notes.target[head]
    known = ~np.isnan(target)
    error = _from(notes.prediction[head], target, known)
    sums = sums_by_piece(notes, (error**2, known))
    return Measure(sums, MEAN, sums[:, 1])


def _from(values: FloatArray, centre: FloatArray | float, known: NDArray[np.bool_]) -> FloatArray:
    """Values minus a centre; 0 where there is no label."""
    return np.where(known, values.astype(np.float64) - centre, 0.0)
