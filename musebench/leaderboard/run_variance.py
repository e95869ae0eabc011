"""How much the mean of an entry varies between trainings with other seeds.

Each fold of a run is a training of its own, so the variances of the folds add up. With the gradient
of the statistic at the totals of the mean sums, the sums of a run on the works of a fold become the
part that the fold adds to the value of that run: for a mean over works, the mean over the works of
the fold times ``w_k``, their share of all works. The variance of the mean over ``r`` runs is then
the sum over folds of ``w_k^2 s_k^2 / r``, where ``s_k^2`` is the sample variance between runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation import Statistic

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RunVariance:
    """Variance of the mean of an entry that comes from its runs.

    Attributes:
        value: Sum over folds; infinite if nothing is known about it.
        squares: Sum over folds of the squared part over its degrees of freedom, by which the
            degrees of freedom of sums of such variances are approximated.
        is_borrowed: Whether it is the median of the other entries, since the entry has one run.
    """

    value: float
    squares: float
    is_borrowed: bool = False

    @property
    def deviation(self) -> float:
        """Its square root; 0 if it is infinite, since then every ``D / s`` is 0 as it is."""
        return self.value**0.5 if self.value < np.inf else 0.0


FIXED = RunVariance(0.0, 0.0)


def run_variance(sums: FloatArray, statistic: Statistic, fold: NDArray[np.int64]) -> RunVariance:
    """Return the variance of the mean of an entry with two or more runs.

    Args:
        sums: ``(num_runs, num_works, num_sums)``.
        statistic: Function of the totals over works.
        fold: Fold of each work, ``(num_works,)``.
    """
    gradient = statistic.gradient(sums.mean(axis=0).sum(axis=0))
    is_in_fold = fold[:, np.newaxis] == np.unique(fold)
    by_fold = (sums @ gradient) @ is_in_fold  # (num_runs, num_folds)
    parts = by_fold.var(axis=0, ddof=1) / len(sums)
    return RunVariance(float(parts.sum()), float((parts**2).sum() / (len(sums) - 1)))


def borrowed_variance(known: Sequence[tuple[int, RunVariance]]) -> RunVariance:
    """Return the variance of an entry with one run, as the other entries of its board have it.

    It is the median variance of one run, with the median degrees of freedom; infinite if no entry
    has several runs.

    Args:
        known: Number of runs, two or more, and their variance, of each entry that has them.
    """
    if not known:
        return RunVariance(np.inf, np.inf, is_borrowed=True)
    value = float(np.median([number * found.value for number, found in known]))
    freedom = float(np.median([degrees_of_freedom(found, FIXED) for _, found in known]))
    return RunVariance(value, value**2 / freedom, is_borrowed=True)


def degrees_of_freedom(a: RunVariance, b: RunVariance) -> float:
    """Return the degrees of freedom of the sum of two variances; 1 if they are not defined.

    Source:
        Satterthwaite, "An approximate distribution of estimates of variance components",
        Biometrics Bulletin 2 (1946).
    """
    squares = a.squares + b.squares
    return (a.value + b.value) ** 2 / squares if 0 < squares < np.inf else 1.0
