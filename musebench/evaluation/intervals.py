"""Intervals of metrics over works: a studentised bootstrap over works and seeds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.evaluation.resampling import (
    block_size,
    check_draws,
    check_sums,
    draw_counts,
    linearise,
    original,
    studentise,
    work_variance,
)
from musebench.evaluation.statistics import Statistic

DEFAULT_NUM_RESAMPLES = 2000

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A metric of an entry.

    Attributes:
        mean: Mean over seeds; None if the statistic has no value, for example if no note counts.
        low: Low end of the interval over works and seeds, usually of 95 %; None if the spread
            cannot be estimated.
        high: High end.
        deviation: Sample standard deviation over seeds; None for a single seed.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None


def interval_of_seeds(
    sums: ArrayLike,
    statistic: Statistic,
    *,
    num_resamples: int = DEFAULT_NUM_RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return the mean over seeds of a statistic, with its interval over works and seeds.

    A draw takes works with replacement, the same for all seeds, and seeds with replacement. The
    squared standard error s of the value R, and s* of the value R* of each draw, is that of the
    value linearised in its works plus the sample variance over seeds divided by their number. The
    effect of a seed on a single work is in both: with few works or hardly any other spread the
    interval is somewhat too wide. With t* = (R* - R) / s* the interval is R - t*_high s to
    R - t*_low s, clipped to the range of the statistic. A draw without spread (s* = 0, such as one
    work drawn every time) has t* = 0 if R* = R, else infinity with the sign of R* - R: the spread
    may then be missed altogether, so the draw widens the interval, with two works to the whole
    range. Draws without a value are left out.

    No interval over works can account for failures that none of its works shows: if 1 work in 20
    fails completely, intervals from 28 works contain the true value in about 82 % of cases, not
    95 %. A logit or arcsine scale, or the quantiles of ``|t*|``, does no better.

    The interval is that of the method: of the average over its runs on works like these. For one
    seed it is the interval of that run, which is that of the method if nothing in it is random.

    Args:
        sums: Sums of each seed and work, ``(num_seeds, num_works, num_sums)``. Works whose sums are
            all 0 are left out.
        statistic: Function of the totals over works.
        num_resamples: Number of draws.
        seed: Seed of the draws; the same seed gives the same interval.
        level: Share of intervals that should contain the true value.

    Raises:
        InputError: If the sums do not fit the statistic, or a number is out of range.

    Source:
        Davison and Hinkley, Bootstrap Methods and their Application (1997), sections 2.4, 2.7, 5.2;
        Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007), for two levels.
    """
    found = check_sums(sums, statistic)
    check_draws(num_resamples, level)
    found = found[:, (found != 0).any(axis=(0, 2))]
    num_seeds, num_works, _ = found.shape
    by_seed = statistic.value(found.sum(axis=1))
    mean = float(by_seed.mean())
    if np.isnan(mean):
        return Estimate(None)
    deviation = float(by_seed.std(ddof=1)) if num_seeds > 1 else None
    if num_works < 2:
        return Estimate(mean, deviation=deviation)
    here = original(found, statistic)
    error = float(np.sqrt(work_variance(here.by_work) + here.seed_variance)[0])
    if not error > statistic.rounding(mean):
        return Estimate(mean, deviation=deviation)
    t = _studentised(found, statistic, num_resamples, seed)
    ends = _ends(mean, error, t, level, (statistic.low, statistic.high))
    low, high = ends if ends is not None else (None, None)
    return Estimate(mean, low, high, deviation)


def _ends(
    value: float, error: float, t: FloatArray, level: float, limits: tuple[float, float]
) -> tuple[float, float] | None:
    """Return the interval from t* of the draws; None if it is infinite or there are no draws."""
    t = np.sort(t[~np.isnan(t)])
    tail = max(1, int((len(t) + 1) * (1 - level) / 2))
    if len(t) < tail:
        return None
    low, high = np.clip(value - error * t[[len(t) - tail, tail - 1]], *limits)
    return (float(low), float(high)) if np.isfinite([low, high]).all() else None


def _studentised(
    sums: FloatArray, statistic: Statistic, num_resamples: int, seed: int
) -> FloatArray:
    """Return t* of each draw of works and seeds, ``(num_resamples,)``."""
    num_seeds, num_works, _ = sums.shape
    block = block_size(sums)
    works = draw_counts(num_works, num_resamples, np.random.default_rng(seed), block)
    seeds = draw_counts(num_seeds, num_resamples, np.random.default_rng([seed, 1]), block)
    value = original(sums, statistic).value
    rounding = float(statistic.rounding(value)[0])
    blocks = []
    for work_counts, seed_counts in zip(works, seeds, strict=True):
        drawn = linearise(sums, statistic, work_counts, seed_counts)
        variance = work_variance(drawn.by_work, work_counts) + drawn.seed_variance
        blocks.append(studentise(drawn.value - value, np.sqrt(variance), rounding))
    return np.concatenate(blocks)
