"""The data needed to tell two entries apart: the power of a board.

Entries are given by their sums ``(num_runs, num_works, num_sums)`` over the same works in the same
order; see ``musebench.evaluation.statistics``.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError
from musebench.evaluation import Statistic, original, work_variance
from musebench.leaderboard.ranking import Pair, check_entries

FloatArray = NDArray[np.float64]

MAX_WORKS = 1_000_000  # no board needs more


@dataclass(frozen=True)
class Power:
    """The data needed for a significant difference with this number of seeds.

    Attributes:
        num_seeds: Runs of each of the two entries.
        num_works: Number of works that are needed; None if a million are not enough, since the
            seeds alone differ too much.
        power: Probability of a significant difference with the works of the board.
    """

    num_seeds: int
    num_works: int | None
    power: float


@dataclass(frozen=True)
class Components:
    """Variance components of the difference of two entries.

    With W works and S seeds each, its variance is works / W + seeds / S + both / (W S).

    Attributes:
        works: Between works, of the difference of the two methods.
        seeds: Between seeds, of both entries together.
        both: Interaction of seeds and works, of both entries together.
    """

    works: float
    seeds: float
    both: float


def power(
    a: ArrayLike,
    b: ArrayLike,
    delta: float,
    statistic: Statistic,
    *,
    num_seeds: Sequence[int] = (1, 3, 5, 10),
    wanted: float = 0.8,
    level: float = 0.95,
) -> tuple[Power, ...]:
    """Return how many works and seeds are needed to detect a difference of ``delta``.

    The two entries determine how much works and seeds vary, but not the difference; there is no
    adjustment for other pairs. It is a normal approximation of ``compare``, whose squared standard
    error has the component of seed and work twice. It is too optimistic with few seeds: a power of
    73 % with 5 seeds was 65 % in a simulation.

    Args:
        a: Sums of the first entry, ``(num_seeds, num_works, num_sums)``.
        b: Sums of the second over the same works. An entry with a single seed is treated as
            deterministic.
        delta: True difference to detect, in units of the statistic.
        statistic: Function of the totals over works.
        num_seeds: Numbers of seeds; the result has one row for each.
        wanted: Probability of detecting it.
        level: 1 minus the probability of detecting a difference where there is none.

    Raises:
        InputError: If sums do not fit, there are fewer than two works, or a number is out of range.

    Source:
        Lachin, "Introduction to sample size determination and power analysis for clinical trials",
        Controlled Clinical Trials 2 (1981), formula 1; Brennan, Generalizability Theory (2001),
        chapter 2, for the variance of a crossed design.
    """
    if not (delta > 0 and 0 < wanted < 1 and 0 < level < 1 and min(num_seeds, default=1) > 0):
        msg = (
            f"delta {delta} and the numbers of seeds {tuple(num_seeds)} must be above 0; wanted "
            f"{wanted} and level {level} must lie between 0 and 1."
        )
        raise InputError(msg)
    entries = list(check_entries({"a": a, "b": b}, statistic)[0].values())
    parts = variance_components(entries, statistic)
    rows = []
    for seeds in num_seeds:
        found = partial(_power_with, parts, delta, seeds, level)
        needed = 2 + bisect_left(range(2, MAX_WORKS), wanted, key=found)
        at_board = found(entries[0].shape[1])
        rows.append(Power(seeds, needed if needed < MAX_WORKS else None, at_board))
    return tuple(rows)


def detectable_difference(
    pairs: Sequence[Pair], *, wanted: float = 0.8, level: float = 0.95
) -> float | None:
    """Return the true difference that is significant between two typical entries of a board.

    It is a normal approximation without the adjustment for all pairs, with the median of the
    standard errors.

    Args:
        pairs: All pairs of the board.
        wanted: Probability of detecting the difference.
        level: 1 minus the probability of detecting a difference where there is none.

    Returns:
        The difference, above 0; None if no pair has a standard error.
    """
    errors = [pair.error for pair in pairs if pair.error is not None]
    normal = NormalDist()
    number_of_errors = normal.inv_cdf((1 + level) / 2) + normal.inv_cdf(wanted)
    return float(np.median(errors)) * number_of_errors if errors else None


def variance_components(entries: Sequence[FloatArray], statistic: Statistic) -> Components:
    """The variance of the difference of two entries between works, seeds, and between both.

    Each is the unbiased estimate by linearised works, or 0 if that is negative.

    Source:
        Brennan, Generalizability Theory (2001), section 3.2: expected mean squares.
    """
    num_works = entries[0].shape[1]
    if num_works < 2:
        msg = f"there are {num_works} works with sums; a variance between works needs two."
        raise InputError(msg)
    seeds = both = both_of_mean = 0.0
    difference = np.zeros(num_works)
    for sign, sums in zip((1, -1), entries, strict=True):
        by_seed = np.concatenate([original(run[np.newaxis], statistic).by_work for run in sums])
        difference += sign * by_seed.mean(axis=0)
        if len(sums) > 1:
            centred = by_seed - by_seed.mean(axis=0)
            mixed = num_works * float(work_variance(centred).sum()) / (len(sums) - 1)
            between = float(statistic.value(sums.sum(axis=1)).var(ddof=1))
            seeds += max(0.0, between - mixed / num_works)
            both += mixed
            both_of_mean += mixed / len(sums)
    works = num_works * float(work_variance(difference)) - both_of_mean
    return Components(max(0.0, works), seeds, both)


def _power_with(
    parts: Components, delta: float, num_seeds: int, level: float, num_works: int
) -> float:
    """Return the probability that ``compare`` detects a difference of ``delta``."""
    mixed = parts.both / (num_works * num_seeds)
    variance = parts.works / num_works + parts.seeds / num_seeds + mixed
    if variance == 0:
        return 1.0
    normal = NormalDist(0, variance**0.5)
    least = NormalDist().inv_cdf((1 + level) / 2) * (variance + mixed) ** 0.5
    return normal.cdf(delta - least) + normal.cdf(-delta - least)
