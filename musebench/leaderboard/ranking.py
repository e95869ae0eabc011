"""Which entries of a board differ significantly, and how much data is needed for that.

Entries are given by their sums ``(num_seeds, num_works, num_sums)`` over the same works in the same
order; see ``musebench.evaluation.statistics``. All are drawn with the same works, and with
independent seeds, so that works that are hard for every entry cancel.
"""

import string
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError
from musebench.evaluation import (
    Linearised,
    Statistic,
    block_size,
    check_draws,
    check_sums,
    draw_counts,
    linearise,
    original,
    studentise,
    work_variance,
)

FloatArray = NDArray[np.float64]
Pair = tuple[str, str]

NUM_RESAMPLES = 9999
DRAWS_BEYOND = 5  # the smallest adjusted p-value is at most a fifth of the significance level
ROUNDING = 1e-9  # of (num_resamples + 1) * (1 - level), which is often meant to be an integer
MAX_WORKS = 1_000_000  # no board needs more
LETTERS = string.ascii_letters + "".join(chr(c) for c in range(0xDF, 0x250) if chr(c).isalpha())


@dataclass(frozen=True)
class Comparison:
    """Two entries, paired by work.

    Attributes:
        difference: Mean over seeds of the first, minus that of the second.
        low: Low end of its interval; None if the spread cannot be estimated.
        high: High end. The interval excludes 0 if and only if p_value <= 1 - level.
        p_value: Two-sided p-value for a difference of 0.
        num_works: Number of works with sums in either entry.
    """

    difference: float
    low: float | None
    high: float | None
    p_value: float
    num_works: int


@dataclass(frozen=True)
class Ranked:
    """An entry with its rank.

    Attributes:
        id: Name of the entry.
        mean: Mean over seeds.
        rank: 1 + number of entries that are significantly better.
        letters: Two entries share a letter if and only if they do not differ significantly.
    """

    id: str
    mean: float
    rank: int
    letters: str


@dataclass(frozen=True)
class Ranking:
    """All entries of a board, best mean first.

    Attributes:
        entries: In order of the mean; equal means in order of their ids.
        comparisons: (Entry, lower entry) -> first minus second.
        adjusted: The same pairs -> p-value after Holm, over all pairs of the board.
    """

    entries: tuple[Ranked, ...]
    comparisons: Mapping[Pair, Comparison]
    adjusted: Mapping[Pair, float]


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


def compare(
    a: ArrayLike,
    b: ArrayLike,
    statistic: Statistic,
    *,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Comparison:
    """Return the difference of two entries, its interval and its p-value.

    With the difference D, its standard error s over works and seeds, and D*, s* of each draw,
    t* = (D* - D) / s*. The p-value is the share of draws, and of D itself, with
    ``|t*| >= |D / s|``; the interval is D -+ s times the quantile of ``|t*|``. So the p-value is
    at least 1 / (num_resamples + 1), for entries so different that no draw reverses them. It is 1
    for entries that do not differ, and for fewer than two works.

    Args:
        a: Sums of the first entry, ``(num_seeds, num_works, num_sums)``.
        b: Sums of the second over the same works; it may have other seeds.
        statistic: Function of the totals over works.
        num_resamples: Number of draws.
        seed: Seed of the draws; the same seed gives the same result.
        level: Share of intervals that should contain the true difference.

    Raises:
        InputError: If sums do not fit the statistic or each other, or an entry has no value.

    Source:
        Davison and Hinkley, Bootstrap Methods and their Application (1997), sections 4.4 and 5.2.
    """
    sums = _check_entries({"a": a, "b": b}, statistic)
    check_draws(num_resamples, level)
    return _compare_pairs(sums, statistic, num_resamples, seed, level)["a", "b"]


def holm(p_values: ArrayLike) -> FloatArray:
    """Return p-values adjusted for their number, ``(num_tests,)``, in the given order.

    Raises:
        InputError: If they are not a one-dimensional array of numbers from 0 to 1.

    Source:
        Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
        Statistics 6 (1979).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        msg = f"p-values have shape {p.shape}; they must be a row of numbers from 0 to 1."
        raise InputError(msg)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def letters(ids: Sequence[str], significant: Iterable[Pair]) -> dict[str, str]:
    """Return the compact letter display: letters of each entry, in the order of the ids.

    Two entries share a letter if and only if their pair is not significant.

    Args:
        ids: Entries, best first; the best has an ``a``.
        significant: Pairs that differ significantly, in either order.

    Raises:
        InputError: If a pair names an unknown entry or one twice, or there are not enough letters.

    Source:
        Piepho, "An algorithm for a letter-based representation of all-pairwise comparisons",
        Journal of Computational and Graphical Statistics 13 (2004): insert and absorb.
    """
    place = {name: i for i, name in enumerate(ids)}
    columns = [frozenset(range(len(ids)))] if ids else []
    for first, second in significant:
        if first not in place or second not in place or first == second:
            msg = f"({first!r}, {second!r}) is not a pair of the entries {', '.join(ids)}."
            raise InputError(msg)
        pair = frozenset((place[first], place[second]))
        both = [column for column in columns if pair <= column]
        columns = [column for column in columns if not pair <= column]
        for part in (column - {member} for column in both for member in sorted(pair)):
            if not any(part <= column for column in columns):
                columns = [column for column in columns if not column <= part] + [part]
    columns.sort(key=sorted)
    if len(columns) > len(LETTERS):
        msg = f"{len(columns)} groups of entries need letters; there are {len(LETTERS)}."
        raise InputError(msg)
    return {
        name: "".join(LETTERS[i] for i, column in enumerate(columns) if place[name] in column)
        for name in ids
    }


def rank(
    entries: Mapping[str, ArrayLike],
    statistic: Statistic,
    *,
    higher_is_better: bool = True,
    num_resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> Ranking:
    """Return the entries of a board in order, with ranks and letters.

    All pairs are compared as by ``compare``; two entries differ significantly if their p-value
    after Holm, over all pairs of the board, is at most 1 - level. The p-value of a pair, before
    Holm, depends neither on the order of the entries nor on other entries.

    Args:
        entries: Name -> sums, ``(num_seeds, num_works, num_sums)``, over the same works.
        statistic: Function of the totals over works.
        higher_is_better: Whether more of the statistic is better.
        num_resamples: Number of draws; None for 9,999, or more if there are so many pairs that no
            p-value could be small enough after Holm.
        seed: Seed of the draws.
        level: 1 minus the probability that any two equal entries differ significantly.

    Raises:
        InputError: If sums do not fit the statistic or each other, or an entry has no value.
    """
    if not entries:
        return Ranking((), {}, {})
    sums = _check_entries(entries, statistic)
    if num_resamples is None:
        num_pairs = len(sums) * (len(sums) - 1) // 2
        num_resamples = max(NUM_RESAMPLES, int(DRAWS_BEYOND * num_pairs / (1 - level)))
    check_draws(num_resamples, level)
    means = {name: float(statistic.value(x.sum(axis=1)).mean()) for name, x in sums.items()}
    sign = -1 if higher_is_better else 1
    ids = sorted(sums, key=lambda name: (sign * means[name], name))
    ordered = {name: sums[name] for name in ids}
    comparisons = _compare_pairs(ordered, statistic, num_resamples, seed, level)
    p = holm([comparison.p_value for comparison in comparisons.values()])
    adjusted = {pair: float(value) for pair, value in zip(comparisons, p, strict=True)}
    apart = [pair for pair, value in adjusted.items() if value <= 1 - level + ROUNDING]
    shown = letters(ids, apart)
    worse = [pair[1] for pair in apart]  # the first of a pair has the better mean
    rows = tuple(Ranked(name, means[name], 1 + worse.count(name), shown[name]) for name in ids)
    return Ranking(rows, comparisons, adjusted)


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
    correction by Holm. It is a normal approximation of ``compare``, whose squared standard error
    has the component of seed and work twice, and somewhat too optimistic if few seeds vary more
    than the works do.

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
    entries = list(_check_entries({"a": a, "b": b}, statistic).values())
    parts = variance_components(entries, statistic)
    rows = []
    for seeds in num_seeds:
        found = partial(_power_with, parts, delta, seeds, level)
        needed = 2 + bisect_left(range(2, MAX_WORKS), wanted, key=found)
        at_board = found(entries[0].shape[1])
        rows.append(Power(seeds, needed if needed < MAX_WORKS else None, at_board))
    return tuple(rows)


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


def _check_entries(entries: Mapping[str, ArrayLike], statistic: Statistic) -> dict[str, FloatArray]:
    """Return the sums of all entries as floats, without works whose sums are all 0."""
    sums = {name: check_sums(value, statistic) for name, value in entries.items()}
    num_works = {name: value.shape[1] for name, value in sums.items()}
    if len(set(num_works.values())) > 1:
        msg = f"entries have {num_works} works; all need sums over the same works."
        raise InputError(msg)
    for name, value in sums.items():
        if np.isnan(statistic.value(value.sum(axis=1))).any():
            msg = f"entry {name!r} has no {statistic.name}; only entries with a value can compare."
            raise InputError(msg)
    used = np.any([(value != 0).any(axis=(0, 2)) for value in sums.values()], axis=0)
    return {name: value[:, used] for name, value in sums.items()}


def _compare_pairs(
    sums: Mapping[str, FloatArray],
    statistic: Statistic,
    num_resamples: int,
    seed: int,
    level: float,
) -> dict[Pair, Comparison]:
    """Compare every entry with those after it, all with the same draws of works."""
    here = [original(value, statistic) for value in sums.values()]
    num_works = next(iter(sums.values())).shape[1]
    difference = _differences(here)[:, 0]
    ends: list[tuple[float | None, float | None]] = [(None, None)] * len(difference)
    p = np.ones(len(difference))
    if num_works > 1 and len(p) > 0:
        error = _errors(here, np.ones((1, num_works)))[:, 0]
        size = [float(statistic.rounding(entry.value[0])) for entry in here]
        rounding = np.array([max(pair) for pair in combinations(size, 2)])
        t = np.abs(studentise(difference, error, rounding))
        num_tail = max(1, int((num_resamples + 1) * (1 - level) + ROUNDING))
        beyond, kept = np.zeros(len(t)), np.empty((len(t), 0))
        for work_counts, drawn in _draws(sums, statistic, num_resamples, seed):
            moved = _differences(drawn) - difference[:, np.newaxis]
            error_drawn = _errors(drawn, work_counts)
            drawn_t = np.abs(studentise(moved, error_drawn, rounding[:, np.newaxis]))
            drawn_t[np.isnan(drawn_t)] = np.inf  # an undefined draw counts against significance
            beyond += (drawn_t >= t[:, np.newaxis]).sum(axis=1)
            kept = _largest(np.hstack([kept, drawn_t]), num_tail, slack=num_tail)
        p = (1 + beyond) / (1 + num_resamples)
        quantile = _largest(kept, num_tail, slack=0).min(axis=1)
        ends = [_ends(*row, statistic) for row in zip(difference, error, quantile, strict=True)]
    return {
        pair: Comparison(float(value), *between, float(chance), num_works)
        for pair, value, between, chance in zip(
            combinations(sums, 2), difference, ends, p, strict=True
        )
    }


def _draws(
    sums: Mapping[str, FloatArray], statistic: Statistic, num_resamples: int, seed: int
) -> Iterator[tuple[FloatArray, list[Linearised]]]:
    """Draw works for all entries and seeds for each: blocks of counts and entries."""
    block = block_size(*sums.values())
    num_works = next(iter(sums.values())).shape[1]
    works = draw_counts(num_works, num_resamples, np.random.default_rng(seed), block)
    seeds = [
        draw_counts(len(value), num_resamples, np.random.default_rng([seed, 1, code]), block)
        for code, value in ((zlib.crc32(name.encode()), value) for name, value in sums.items())
    ]
    for work_counts, *seed_counts in zip(works, *seeds, strict=True):
        yield (
            work_counts,
            [
                linearise(value, statistic, work_counts, counts)
                for value, counts in zip(sums.values(), seed_counts, strict=True)
            ],
        )


def _differences(entries: Sequence[Linearised]) -> FloatArray:
    """Return the differences of all pairs, ``(num_pairs, num_draws)``."""
    pairs = [a.value - b.value for a, b in combinations(entries, 2)]
    return np.array(pairs).reshape(len(pairs), len(entries[0].value))


def _errors(entries: Sequence[Linearised], work_counts: FloatArray) -> FloatArray:
    """Return the standard errors of the differences of all pairs, ``(num_pairs, num_draws)``."""
    return np.sqrt(
        [
            work_variance(a.by_work - b.by_work, work_counts) + a.seed_variance + b.seed_variance
            for a, b in combinations(entries, 2)
        ]
    )


def _largest(values: FloatArray, num_kept: int, *, slack: int) -> FloatArray:
    """Return only the largest values of each row, once there are many."""
    if values.shape[1] <= num_kept + slack:
        return values
    return np.partition(values, -num_kept, axis=1)[:, -num_kept:]


def _ends(
    difference: float, error: float, quantile: float, statistic: Statistic
) -> tuple[float | None, float | None]:
    """Return the interval of a difference, clipped to possible values."""
    widest = statistic.high - statistic.low
    reach = error * quantile if error > 0 else 0.0
    low, high = max(-widest, difference - reach), min(widest, difference + reach)
    return (float(low), float(high)) if np.isfinite([low, high]).all() else (None, None)
