"""Entries work by work: what a single work is worth, and what is left without it."""

import warnings

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation import Statistic

FloatArray = NDArray[np.float64]


def values_by_work(sums: FloatArray, statistic: Statistic) -> FloatArray:
    """Return the value of each work alone, mean over the runs that have one, ``(num_works,)``.

    Args:
        sums: ``(num_runs, num_works, num_sums)``.
        statistic: Function of the totals over works.
    """
    values = statistic.value(sums)
    has_value = ~np.isnan(values)
    number = has_value.sum(axis=0)
    total = np.where(has_value, values, 0.0).sum(axis=0)
    return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))


def values_without_a_work(sums: FloatArray, statistic: Statistic) -> FloatArray:
    """Return the mean over runs of what is left without each work, ``(num_works,)``."""
    totals = sums.sum(axis=1, keepdims=True)
    return np.asarray(statistic.value(totals - sums).mean(axis=0))


def signed_rank_p(difference: FloatArray, rounding: float) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test.

    Args:
        difference: Difference of two entries on each work; NaN where one has no value.
        rounding: Size up to which a difference counts as 0; such works are left out.
    """
    from scipy.stats import wilcoxon  # takes longer to import than the rest of this package

    found = difference[np.abs(difference) > rounding]  # neither NaN
    if len(found) == 0:
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few works with ties: the p-value is approximate
        return float(wilcoxon(found).pvalue)
