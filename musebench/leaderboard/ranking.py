"""Which entries of a board differ significantly, and the place and range of ranks of each.

Entries are given by their sums ``(num_runs, num_works, num_sums)`` over the same works in the same
order; see ``musebench.evaluation.statistics``. What is estimated is the expected score of a
training procedure on works like these, so both the works and the runs are a source of chance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError
from musebench.evaluation import Statistic, check_draws, check_sums, studentise
from musebench.leaderboard.flips import Rival, draw_flips, exchanged, on_normal_scale, step_down
from musebench.leaderboard.run_variance import (
    FIXED,
    borrowed_variance,
    run_variance,
)
from musebench.leaderboard.work_by_work import (
    signed_rank_p,
    values_by_work,
    values_without_a_work,
)

FloatArray = NDArray[np.float64]

NUM_FLIPS = 9999
ROUNDING = 1e-9  # part of a statistic, or of a p-value, that is only rounding


@dataclass(frozen=True, eq=False)
class Entry:
    """What is ranked.

    Attributes:
        sums: Sums of each run and work, ``(num_runs, num_works, num_sums)``.
        is_deterministic: Whether nothing in it is random, so that other runs would be the same.
    """

    sums: ArrayLike
    is_deterministic: bool = False


@dataclass(frozen=True)
class Pair:
    """Two entries, paired by work.

    Attributes:
        first: Name of the entry with the better mean; of equal ones, the first by name.
        second: Name of the other.
        difference: Mean over runs of the first, minus that of the second.
        error: Standard error of the difference over works and runs; None if it is unknown.
        low: Low end of the interval of the difference; None if the spread cannot be estimated.
        high: High end. The interval excludes 0 if and only if p_value <= 1 - level.
        p_value: Two-sided p-value for a difference of 0.
        adjusted_p_value: The same, adjusted for all pairs of the board.
        low_without_a_work: Smallest difference that is left if one work is left out; None if there
            is only one work.
        high_without_a_work: Greatest difference that is left.
        wilcoxon_p_value: Two-sided p-value of Wilcoxon's signed-rank test of the values by work.
        num_works: Number of works.
    """

    first: str
    second: str
    difference: float
    error: float | None
    low: float | None
    high: float | None
    p_value: float
    adjusted_p_value: float
    low_without_a_work: float | None
    high_without_a_work: float | None
    wilcoxon_p_value: float
    num_works: int


class Significance(NamedTuple):
    """Standard error of a difference, quantile of ``|t*|``, and p-values; NaN where undefined."""

    error: float
    quantile: float
    p_value: float
    adjusted_p_value: float


@dataclass(frozen=True)
class Ranked:
    """An entry with its place and its range of ranks.

    Attributes:
        id: Name of the entry.
        mean: Mean over runs.
        place: 1 + number of entries with a better mean.
        best_rank: 1 + number of entries that are significantly better.
        worst_rank: Number of entries, less those that are significantly worse.
        borrows_variance: Whether its variance between runs is that of other entries, since it has
            a single run.
    """

    id: str
    mean: float
    place: int
    best_rank: int
    worst_rank: int
    borrows_variance: bool


@dataclass(frozen=True)
class Ranking:
    """All entries of a board, best mean first.

    Attributes:
        entries: In order of the mean; equal means in order of their ids.
        pairs: All pairs, in this order.
    """

    entries: tuple[Ranked, ...]
    pairs: tuple[Pair, ...]


def rank(
    entries: Mapping[str, Entry],
    statistic: Statistic,
    fold: ArrayLike | None = None,
    *,
    higher_is_better: bool = True,
    num_flips: int = NUM_FLIPS,
    seed: int = 0,
    level: float = 0.95,
) -> Ranking:
    """Return the entries of a board in order of their means, with ranges of ranks, and all pairs.

    The difference D of two entries is divided by its standard error s over works and runs. In a
    draw the sums of the two entries, averaged over their runs, are exchanged on about half of the
    works, the same for all pairs; the statistic and its error are computed again, and a draw of
    what the runs add is added (see ``draw_flips``). The p-value of a pair is the share of draws,
    and of D itself, with ``|t*| >= |D / s|``; it does not depend on the other entries. The interval
    is D -+ s times the quantile of ``|t*|``. The adjusted p-value takes in each draw the largest
    ``|t*|`` of the pair and of all pairs with a smaller ``|D / s|``, all on the normal scale by the
    degrees of freedom of s (see ``on_normal_scale``). Entries differ significantly
    if it is at most 1 - level.

    An entry with one run that is not deterministic borrows the median variance of the others
    between runs. If there is nothing to borrow, it cannot be told apart from any entry.

    Args:
        entries: Name -> entry, all over the same works.
        statistic: Function of the totals over works.
        fold: Fold of each work, ``(num_works,)``; each fold of a run is a training of its own.
            None if each run is one training.
        higher_is_better: Whether more of the statistic is better.
        num_flips: Number of draws.
        seed: Seed of the draws; the same seed gives the same result.
        level: 1 minus the probability that any two equal entries differ significantly.

    Raises:
        InputError: If sums do not fit the statistic or each other, or an entry has no value.
    """
    check_draws(num_flips, level)
    if not entries:
        return Ranking((), ())
    raw = {name: entry.sums for name, entry in entries.items()}
    sums, folds = check_entries(raw, statistic, fold)
    rivals = _rivals(entries, sums, statistic, folds)
    sign = -1 if higher_is_better else 1
    rivals.sort(key=lambda rival: (sign * rival.mean, rival.name))
    significance = _significance(rivals, statistic, num_flips, seed, level)
    pairs = tuple(
        _pair(a, b, statistic, found)
        for (a, b), found in zip(combinations(rivals, 2), significance, strict=True)
    )
    return Ranking(tuple(_ranked(rival, rivals, pairs, level) for rival in rivals), pairs)


def compare(
    a: Entry,
    b: Entry,
    statistic: Statistic,
    fold: ArrayLike | None = None,
    *,
    num_flips: int = NUM_FLIPS,
    seed: int = 0,
    level: float = 0.95,
) -> Pair:
    """Return the first entry compared with the second, as ``rank`` compares every pair.

    The arguments and errors are those of ``rank``. ``first`` is ``a`` and ``second`` is ``b``,
    whichever is better.
    """
    found = rank({"a": a, "b": b}, statistic, fold, num_flips=num_flips, seed=seed, level=level)
    (pair,) = found.pairs
    return pair if pair.first == "a" else _reversed(pair)


def check_entries(
    entries: Mapping[str, ArrayLike], statistic: Statistic, fold: ArrayLike | None = None
) -> tuple[dict[str, FloatArray], NDArray[np.int64]]:
    """Return sums of entries as floats and the folds, without works whose sums are all 0.

    Raises:
        InputError: If sums do not fit the statistic or each other, or an entry has no value.
    """
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
    folds = np.zeros(len(used), np.int64) if fold is None else np.asarray(fold)
    if folds.shape != used.shape or folds.dtype.kind not in "iu":
        msg = (
            f"fold has shape {folds.shape} and type {folds.dtype}; it must have one integer for "
            f"each of the {len(used)} works."
        )
        raise InputError(msg)
    return {name: value[:, used] for name, value in sums.items()}, folds[used].astype(np.int64)


def _rivals(
    entries: Mapping[str, Entry],
    sums: Mapping[str, FloatArray],
    statistic: Statistic,
    folds: NDArray[np.int64],
) -> list[Rival]:
    fixed = {name: FIXED for name, entry in entries.items() if entry.is_deterministic}
    known = {
        name: run_variance(x, statistic, folds)
        for name, x in sums.items()
        if name not in fixed and len(x) > 1
    }
    borrowed = borrowed_variance([(len(sums[name]), found) for name, found in known.items()])
    return [
        Rival(
            name=name,
            mean=float(statistic.value(x.sum(axis=1)).mean()),
            sums=x.mean(axis=0),
            runs=(fixed | known).get(name, borrowed),
            by_work=values_by_work(x, statistic),
            without_a_work=values_without_a_work(x, statistic),
        )
        for name, x in sums.items()
    ]


def _significance(
    rivals: Sequence[Rival], statistic: Statistic, num_flips: int, seed: int, level: float
) -> list[Significance]:
    """Compare every entry with those after it."""
    pairs = list(combinations(rivals, 2))
    num_works = len(rivals[0].sums)
    if not pairs or num_works < 2:
        return [Significance(np.nan, np.nan, 1.0, 1.0)] * len(pairs)
    rounding = np.array([_rounding(a, b, statistic) for a, b in pairs])
    as_is = np.ones((1, num_works))
    error = np.array([exchanged(a, b, statistic, as_is)[1][0] for a, b in pairs])
    t = np.abs(studentise(np.array([a.mean - b.mean for a, b in pairs]), error, rounding))
    draws = draw_flips(rivals, statistic, rounding, num_flips, seed)
    freedom = np.array([_freedom(*pair, s) for pair, s in zip(pairs, error, strict=True)])
    found = _judge(draws, t, freedom, num_flips, level)
    return [Significance(*row) for row in zip(error.tolist(), *found, strict=True)]


def _freedom(a: Rival, b: Rival, error: float) -> float:
    """Degrees of freedom of a standard error, of works and runs; 1 if it is not known."""
    runs = a.runs.value + b.runs.value
    if not 0 < error < np.inf:
        return 1.0
    of_works = (error**2 - runs) ** 2 / (len(a.sums) - 1)
    return error**4 / (of_works + a.runs.squares + b.runs.squares)


def _rounding(a: Rival, b: Rival, statistic: Statistic) -> float:
    return float(statistic.rounding([a.mean, b.mean]).max())


def _judge(
    draws: Iterator[FloatArray], t: FloatArray, freedom: FloatArray, num_flips: int, level: float
) -> tuple[list[float], list[float], list[float]]:
    """Return quantiles of ``|t*|``, p-values and adjusted p-values, one of each per pair."""
    least = (t * (1 - ROUNDING))[:, np.newaxis]  # a draw that changes nothing counts
    freedom = freedom[:, np.newaxis]
    least_clear = on_normal_scale(least, freedom)
    order = np.argsort(-least_clear[:, 0], kind="stable")
    num_tail = max(1, int((num_flips + 1) * (1 - level) + ROUNDING))
    beyond, beyond_all = np.zeros(len(t)), np.zeros(len(t))
    kept = np.empty((len(t), 0))
    for drawn in draws:
        beyond += (drawn >= least).sum(axis=1)
        largest = step_down(on_normal_scale(drawn, freedom), order)
        beyond_all += (largest >= least_clear).sum(axis=1)
        kept = _largest(np.hstack([kept, drawn]), num_tail, slack=num_tail)
    adjusted = np.empty(len(t))
    adjusted[order] = np.maximum.accumulate((1 + beyond_all[order]) / (1 + num_flips))
    quantile = _largest(kept, num_tail, slack=0).min(axis=1)
    return quantile.tolist(), ((1 + beyond) / (1 + num_flips)).tolist(), adjusted.tolist()


def _largest(values: FloatArray, num_kept: int, *, slack: int) -> FloatArray:
    """Return only the largest values of each row, once there are many."""
    if values.shape[1] <= num_kept + slack:
        return values
    return np.partition(values, -num_kept, axis=1)[:, -num_kept:]


def _pair(a: Rival, b: Rival, statistic: Statistic, found: Significance) -> Pair:
    difference = a.mean - b.mean
    low, high = _ends(difference, found, statistic)
    left = a.without_a_work - b.without_a_work
    left = left[np.isfinite(left)]
    return Pair(
        first=a.name,
        second=b.name,
        difference=difference,
        error=found.error if np.isfinite(found.error) else None,
        low=low,
        high=high,
        p_value=found.p_value,
        adjusted_p_value=found.adjusted_p_value,
        low_without_a_work=float(left.min()) if len(left) else None,
        high_without_a_work=float(left.max()) if len(left) else None,
        wilcoxon_p_value=signed_rank_p(a.by_work - b.by_work, _rounding(a, b, statistic)),
        num_works=len(a.sums),
    )


def _ends(
    difference: float, found: Significance, statistic: Statistic
) -> tuple[float | None, float | None]:
    """Return the interval of a difference, clipped to possible values."""
    widest = statistic.high - statistic.low
    reach = found.error * found.quantile
    low, high = max(-widest, difference - reach), min(widest, difference + reach)
    return (float(low), float(high)) if np.isfinite([low, high, reach]).all() else (None, None)


def _ranked(rival: Rival, rivals: Sequence[Rival], pairs: Sequence[Pair], level: float) -> Ranked:
    apart = [pair for pair in pairs if pair.adjusted_p_value <= 1 - level + ROUNDING]
    means = [other.mean for other in rivals]
    return Ranked(
        id=rival.name,
        mean=rival.mean,
        place=1 + means.index(rival.mean),
        best_rank=1 + sum(pair.second == rival.name for pair in apart),
        worst_rank=len(rivals) - sum(pair.first == rival.name for pair in apart),
        borrows_variance=rival.runs.is_borrowed,
    )


def _reversed(pair: Pair) -> Pair:
    """The second entry compared with the first."""

    def minus(value: float | None) -> float | None:
        return None if value is None else -value

    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        difference=-pair.difference,
        low=minus(pair.high),
        high=minus(pair.low),
        low_without_a_work=minus(pair.high_without_a_work),
        high_without_a_work=minus(pair.low_without_a_work),
    )
