"""Intervals of metrics over works: a studentised bootstrap over works and seeds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError
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
from musebench.evaluation.statistics import NO_SPREAD, Statistic

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


def bootstrap_interval(
    numerator_by_work: ArrayLike,
    denominator_by_work: ArrayLike,
    *,
    num_resamples: int = DEFAULT_NUM_RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Return the interval of a share, ``sum(numerator) / sum(denominator)``, over works.

    Works are drawn with replacement. The share R* of a draw and its standard error s* (by the
    linearised ratio estimator) give t* = (R* - R) / s*; the interval is R - t*_high s to
    R - t*_low s, clipped to 0..1. A draw without spread (s* = 0, such as one work drawn every time)
    has t* = 0 if R* = R, else infinity with the sign of R* - R: the spread may then be missed
    altogether, so the draw widens the interval, with two works to all of 0..1.

    No interval over works can account for failures that none of its works shows: if 1 work in 20
    fails completely, intervals from 28 works contain the true value in about 82 % of cases, not
    95 %. A logit or arcsine scale, or the quantiles of ``|t*|``, does no better.

    Works with denominator 0 carry no information and are left out. For the mean over pieces, pass
    sums of the pieces' shares and numbers of pieces.

    Args:
        numerator_by_work: Correct notes of each work, ``(num_works,)``.
        denominator_by_work: Notes of each work, ``(num_works,)``.
        num_resamples: Number of draws.
        seed: Seed of the draws; the same seed gives the same interval.
        level: Share of intervals that should contain the true value.

    Returns:
        Low and high end, or None if the spread cannot be estimated: fewer than two works, or
        works that all have the same share (for example if all predictions are correct).

    Raises:
        InputError: If the arrays are not shares by work, or a number is out of range.

    Source:
        Davison and Hinkley, Bootstrap Methods and their Application (1997), sections 2.4 and 5.2.
    """
    numerator, denominator = _check_sums(numerator_by_work, denominator_by_work)
    check_draws(num_resamples, level)
    if len(numerator) < 2:
        return None
    share, error = _share_and_error(numerator, denominator)
    if error <= NO_SPREAD:
        return None
    t = _studentised(numerator, denominator, num_resamples, seed)
    return _ends(float(share), float(error), t, level, (0.0, 1.0))


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
    squared standard error, of the entry and of each draw, is that of the value linearised in its
    works plus the sample variance over seeds divided by their number. The effect of a seed on a
    single work is in both: with few works or hardly any other spread the interval is somewhat too
    wide. The interval follows from t* as in ``bootstrap_interval``, which is the case of a share
    and one seed; draws without a value are left out.

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
        Davison and Hinkley, Bootstrap Methods and their Application (1997), sections 2.7 and 5.2;
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
    t = _studentised_of_seeds(found, statistic, num_resamples, seed)
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


def _check_sums(numerator: ArrayLike, denominator: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both as floats, without works whose denominator is 0."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    if top.ndim != 1 or top.shape != bottom.shape:
        msg = f"sums by work have shapes {top.shape} and {bottom.shape}; expected (num_works,)."
        raise InputError(msg)
    if not (np.isfinite(top).all() and np.isfinite(bottom).all() and (bottom >= 0).all()):
        msg = "sums by work must be finite numbers, and denominators at least 0."
        raise InputError(msg)
    return top[bottom > 0], bottom[bottom > 0]


def _share_and_error(
    numerator: FloatArray, denominator: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return share and linearised standard error over the last axis, that of works."""
    num_works = numerator.shape[-1]
    total = denominator.sum(axis=-1)
    share = numerator.sum(axis=-1) / total
    residual = numerator - share[..., np.newaxis] * denominator
    error = np.sqrt(num_works / (num_works - 1) * (residual**2).sum(axis=-1)) / total
    return share, error


def _studentised(
    numerator: FloatArray, denominator: FloatArray, num_resamples: int, seed: int
) -> FloatArray:
    """Return t* of each draw of works, ``(num_resamples,)``."""
    num_works = len(numerator)
    drawn = np.random.default_rng(seed).integers(num_works, size=(num_resamples, num_works))
    share, _ = _share_and_error(numerator, denominator)
    drawn_share, drawn_error = _share_and_error(numerator[drawn], denominator[drawn])
    return studentise(drawn_share - share, drawn_error, NO_SPREAD)


def _studentised_of_seeds(
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
