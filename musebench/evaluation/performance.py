"""What expressive performance makes of its predictions.

Metrics:
    ``pearson_r_<head>``: Pearson's r over all notes that have a label. ``pearson_r``: the mean of
    these over the parameters, one that is predicted without variation as 0. ``mse_<head>``: mean
    squared error; less is better.
"""

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.evaluation.statistics import MEAN, PEARSON, Statistic
from musebench.evaluation.summary import Measure, Outcomes, sums_by_piece
from musebench.evaluation.targets import Pooled

FloatArray = NDArray[np.float64]


def mean_pearson(num_parameters: int) -> Statistic:
    """Return the mean of Pearson's r over parameters, of six sums of each in turn.

    A parameter whose r does not exist counts 0; without any prediction there is no mean.

    Raises:
        InputError: If there is no parameter.
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


def performance_outcomes(notes: Pooled) -> Outcomes:
    """Return the metrics of the notes that have labels."""
    num_pieces = len(notes.pieces)
    correlations: dict[str, FloatArray] = {}
    errors: dict[str, Measure] = {}
    for head, target in notes.target.items():
        known = ~np.isnan(target)
        # From near their means, since sums of squares far from 0 lose digits; predictions from one
        # of them, so that those without variation are exactly 0.
        x = _from(target, float(target[known].mean()) if known.any() else 0.0, known)
        y = _from(notes.prediction[head], float(notes.prediction[head][known][:1].sum()), known)
        columns = (known, x, y, x * x, y * y, x * y)
        correlations[head] = sums_by_piece(columns, notes.piece, num_pieces)
        error = _from(notes.prediction[head], target, known)
        sums = sums_by_piece((error**2, known), notes.piece, num_pieces)
        errors[f"mse_{head}"] = Measure(sums, MEAN, sums[:, 1])
    first = next(iter(correlations.values()))[:, 0]
    whole = np.concatenate(list(correlations.values()), axis=1)
    by_metric = {"pearson_r": Measure(whole, mean_pearson(len(correlations)), first)}
    for head, sums in correlations.items():
        by_metric[f"pearson_r_{head}"] = Measure(sums, PEARSON, sums[:, 0])
    return Outcomes(by_metric | errors, {})


def _from(values: FloatArray, centre: FloatArray | float, known: NDArray[np.bool_]) -> FloatArray:
    """Values less a centre; 0 where there is no label."""
    return np.where(known, values.astype(np.float64) - centre, 0.0)
