"""Flips of works: how much two entries would differ if they were equally good.

If two entries are equally good, their sums on a work can as well be exchanged. A draw exchanges
them on about half of the works, the same works for every pair of a board, and adds what other runs
would have changed.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation import Statistic, studentise, work_variance
from musebench.leaderboard.run_variance import RunVariance, degrees_of_freedom

FloatArray = NDArray[np.float64]

MAX_CELLS = 1 << 17  # of the arrays of a block of draws: 1 MB each, which stays in a cache


@dataclass(frozen=True, eq=False)
class Rival:
    """An entry, ready to be compared.

    Attributes:
        name: Name of the entry.
        mean: Mean over runs of the statistic.
        sums: Mean over runs, ``(num_works, num_sums)``.
        runs: Variance of the mean that comes from the runs.
        by_work: Value of each work alone, ``(num_works,)``; NaN where it has none.
        without_a_work: Value without each work, ``(num_works,)``; NaN where it has none.
    """

    name: str
    mean: float
    sums: FloatArray
    runs: RunVariance
    by_work: FloatArray
    without_a_work: FloatArray


def exchanged(
    a: Rival, b: Rival, statistic: Statistic, signs: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the difference of two entries and its standard error, both ``(num_draws,)``.

    The error is that of the difference linearised in the works, and of the runs.

    Args:
        a: The first entry.
        b: The entry that is subtracted.
        statistic: Function of the totals over works.
        signs: 1 where each entry keeps its sums, -1 where they are exchanged,
            ``(num_draws, num_works)``.
    """
    middle, half = (a.sums + b.sums) / 2, (a.sums - b.sums) / 2
    total, moved = middle.sum(axis=0), signs @ half
    difference = statistic.value(total + moved) - statistic.value(total - moved)
    of_a, of_b = statistic.gradient(total + moved), statistic.gradient(total - moved)
    by_work = (of_a + of_b) @ half.T
    by_work *= signs
    by_work += (of_a - of_b) @ middle.T
    return difference, np.sqrt(work_variance(by_work) + a.runs.value + b.runs.value)


def draw_flips(
    rivals: Sequence[Rival], statistic: Statistic, rounding: FloatArray, num_flips: int, seed: int
) -> Iterator[FloatArray]:
    """Yield ``|t*|`` of all pairs, in the order of ``combinations``: blocks ``(num_pairs, n)``.

    With the difference D* and the error s* of the exchanged sums, t* = (D* + sqrt(V) t) / s*,
    where V is the variance of both entries that comes from the runs and t has Student's
    distribution. What an entry's runs add is drawn once for all of its pairs. The draws of a pair
    depend neither on the other entries nor on the size of the blocks.
    """
    pairs = list(combinations(rivals, 2))
    flips = np.random.default_rng(seed)
    normals = [np.random.default_rng([seed, 1, _code(rival)]) for rival in rivals]
    spreads = [np.random.default_rng([seed, 2, *sorted(map(_code, pair))]) for pair in pairs]
    num_works = len(rivals[0].sums)
    block = max(1, MAX_CELLS // max(num_works, len(pairs)))
    for start in range(0, num_flips, block):
        rows = min(block, num_flips - start)
        signs = np.where(flips.random((rows, num_works)) < 0.5, -1.0, 1.0)
        moves = [
            rival.runs.deviation * normal.standard_normal(rows)
            for rival, normal in zip(rivals, normals, strict=True)
        ]
        t = np.empty((len(pairs), rows))
        for k, ((a, b), (of_a, of_b)) in enumerate(zip(pairs, combinations(moves, 2), strict=True)):
            freedom = degrees_of_freedom(a.runs, b.runs)
            scale = np.sqrt(freedom / spreads[k].chisquare(freedom, rows))
            difference, error = exchanged(a, b, statistic, signs)
            t[k] = np.abs(studentise(difference + (of_a - of_b) * scale, error, rounding[k]))
        t[np.isnan(t)] = np.inf  # a draw without a value counts against significance
        yield t


def _code(rival: Rival) -> int:
    return zlib.crc32(rival.name.encode())


def on_normal_scale(t: FloatArray, freedom: FloatArray) -> FloatArray:
    """Return the normal deviates that are as improbable as these values of Student's distribution.

    A pair whose runs are few has large values by chance alone. On this scale it does not decide the
    largest value of a draw.

    Args:
        t: Values, 0 or more.
        freedom: Degrees of freedom, broadcast to the values.
    """
    from scipy.special import ndtri, stdtr  # only a ranking needs it

    return np.asarray(-ndtri(stdtr(freedom, -t)))


def step_down(t: FloatArray, order: NDArray[np.int64]) -> FloatArray:
    """Return for each pair the largest statistic of it and all pairs after it in the order.

    Args:
        t: ``(num_pairs, num_draws)``.
        order: Indices of the pairs, the largest observed statistic first.

    Source:
        Westfall and Young, Resampling-Based Multiple Testing (1993), algorithm 2.8; Romano and
        Wolf, "Exact and approximate stepdown methods for multiple hypothesis testing", Journal of
        the American Statistical Association 100 (2005).
    """
    largest = np.empty_like(t)
    largest[order] = np.maximum.accumulate(t[order[::-1]], axis=0)[::-1]
    return largest
