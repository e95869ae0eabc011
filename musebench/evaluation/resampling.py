"""Bootstrap draws of works and seeds, and the standard error of each draw.

An entry is given by its sums ``(num_seeds, num_works, num_sums)``, those of each run on each work.
Its value is the mean over seeds of a statistic of the totals over works. A draw is a row of counts:
how often it contains each work and each seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError
from musebench.evaluation.statistics import Statistic

FloatArray = NDArray[np.float64]

MAX_CELLS = 1 << 21  # size of the arrays of a block of draws: 16 MB each


@dataclass(frozen=True, eq=False)
class Linearised:
    """An entry in some draws, linearised in its works.

    Attributes:
        value: Mean over the drawn seeds, ``(num_draws,)``; NaN where the statistic is undefined.
        by_work: Contribution of one occurrence of each work, ``(num_draws, num_works)``; the
            contributions of the works of a draw add up to 0.
        seed_variance: Variance of the value that comes from the seeds, ``(num_draws,)``; 0 for a
            single seed.
    """

    value: FloatArray
    by_work: FloatArray
    seed_variance: FloatArray


def check_sums(sums: ArrayLike, statistic: Statistic) -> FloatArray:
    """Return sums of an entry as floats.

    Raises:
        InputError: If they are not finite or not of shape ``(num_seeds, num_works, num_sums)``.
    """
    found = np.asarray(sums, np.float64)
    if found.ndim != 3 or found.shape[0] == 0 or found.shape[2] != statistic.num_sums:
        msg = (
            f"sums have shape {found.shape}; {statistic.name} takes (num_seeds, num_works, "
            f"{statistic.num_sums}) with at least one seed."
        )
        raise InputError(msg)
    if not np.isfinite(found).all():
        msg = "sums must be finite numbers; some are NaN or infinite."
        raise InputError(msg)
    return found


def check_draws(num_resamples: int, level: float) -> None:
    """Refuse a number of draws or a level that is out of range."""
    if num_resamples < 1:
        msg = f"num_resamples is {num_resamples}; at least 1 is needed."
        raise InputError(msg)
    if not 0 < level < 1:
        msg = f"level is {level}; it must lie between 0 and 1."
        raise InputError(msg)


def linearise(
    sums: FloatArray, statistic: Statistic, work_counts: FloatArray, seed_counts: FloatArray
) -> Linearised:
    """Return an entry in draws of works and seeds.

    Args:
        sums: ``(num_seeds, num_works, num_sums)``.
        statistic: Function of the totals.
        work_counts: How often each work is in each draw, ``(num_draws, num_works)``.
        seed_counts: The same for seeds, ``(num_draws, num_seeds)``; a row adds up to num_seeds.
    """
    num_seeds, num_works, num_sums = sums.shape
    by_work = sums.transpose(1, 0, 2).reshape(num_works, num_seeds * num_sums)
    totals = (work_counts @ by_work).reshape(-1, num_seeds, num_sums)
    by_seed = statistic.value(totals)  # (num_draws, num_seeds)
    value = (seed_counts * by_seed).sum(axis=1) / num_seeds
    gradient = statistic.gradient(totals) * seed_counts[..., np.newaxis] / num_seeds
    spread = (seed_counts * (by_seed - value[:, np.newaxis]) ** 2).sum(axis=1)
    return Linearised(
        value,
        gradient.reshape(len(totals), -1) @ by_work.T,
        spread / (num_seeds * max(num_seeds - 1, 1)),
    )


def original(sums: FloatArray, statistic: Statistic) -> Linearised:
    """Return the entry itself as a draw: every work and seed once."""
    num_seeds, num_works, _ = sums.shape
    return linearise(sums, statistic, np.ones((1, num_works)), np.ones((1, num_seeds)))


def work_variance(by_work: FloatArray, work_counts: FloatArray | float = 1.0) -> FloatArray:
    """Return the variance of a value that comes from the works, ``(num_draws,)``.

    Source:
        Davison and Hinkley, Bootstrap Methods and their Application (1997), section 2.7.2; the
        factor makes it the estimator of a mean with its n - 1.
    """
    num_works = by_work.shape[-1]
    return np.asarray(num_works / (num_works - 1) * (work_counts * by_work**2).sum(axis=-1))


def studentise(
    difference: FloatArray, error: FloatArray, rounding: float | FloatArray
) -> FloatArray:
    """Return ``difference / error``.

    An error up to ``rounding`` counts as 0; the result is then 0 if the difference is rounding too,
    else infinite with the sign of the difference. It is NaN where the difference is NaN.
    """
    beyond = np.where(np.abs(difference) <= rounding, 0.0, np.copysign(np.inf, difference))
    beyond = np.where(np.isnan(difference), np.nan, beyond)
    return np.divide(difference, error, out=beyond, where=error > rounding)


def draw_counts(
    num_drawn: int, num_resamples: int, rng: np.random.Generator, block: int
) -> Iterator[FloatArray]:
    """Draw with replacement: blocks of counts, ``(at most block, num_drawn)``.

    The draws do not depend on the size of the blocks.
    """
    for start in range(0, num_resamples, block):
        rows = min(block, num_resamples - start)
        drawn = rng.integers(num_drawn, size=(rows, num_drawn))
        cells = drawn + num_drawn * np.arange(rows)[:, np.newaxis]
        counts = np.bincount(cells.ravel(), minlength=rows * num_drawn)
        yield counts.reshape(rows, num_drawn).astype(np.float64)


def block_size(*entries: FloatArray) -> int:
    """Return how many draws of these entries fit in memory at a time."""
    cells: int = sum(entry.shape[1] + entry.shape[0] * entry.shape[2] for entry in entries)
    return max(1, MAX_CELLS // max(1, cells))
