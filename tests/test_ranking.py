"""Ranks by flips of works: against a slow reference, and what runs add."""

import zlib
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from made_ranks import by_names, entries_of, fixed
from made_sums import make_board, make_entry, make_works
from musebench.evaluation.statistics import SHARE
from musebench.leaderboard import ranking
from musebench.leaderboard.ranking import Entry, compare, rank
from musebench.leaderboard.run_variance import (
    FIXED,
    RunVariance,
    borrowed_variance,
    degrees_of_freedom,
    run_variance,
)

LEVEL = 0.95


# Against a slow reference


def slow_pair(a, b, signs, runs):
    """Difference of two shares and its error, one work after the other."""
    a, b = a.mean(axis=0), b.mean(axis=0)
    first = np.array([x if sign > 0 else y for x, y, sign in zip(a, b, signs, strict=True)])
    second = np.array([y if sign > 0 else x for x, y, sign in zip(a, b, signs, strict=True)])
    shares, moves = [], []
    for sums in (first, second):
        shares.append(sums[:, 0].sum() / sums[:, 1].sum())
        moves.append([(right - shares[-1] * n) / sums[:, 1].sum() for right, n in sums])
    squares = sum((x - y) ** 2 for x, y in zip(*moves, strict=True))
    num_works = len(a)
    return shares[0] - shares[1], (num_works / (num_works - 1) * squares + runs) ** 0.5


def slow_runs(sums, fold):
    """Variance of the mean from the runs, and the sum of squares over degrees of freedom."""
    mean = sums.mean(axis=0)
    share = mean[:, 0].sum() / mean[:, 1].sum()
    value = squares = 0.0
    for k in sorted(set(fold.tolist())):
        parts = [
            (run[fold == k, 0] - share * run[fold == k, 1]).sum() / mean[:, 1].sum() for run in sums
        ]
        part = np.var(parts, ddof=1) / len(sums)
        value, squares = value + part, squares + part**2 / (len(sums) - 1)
    return value, squares


def test_a_board_matches_a_slow_reference():
    board = make_board(num_works=10, shifts=(0, -0.01, -0.05))
    board = {name: x[:num] for (name, x), num in zip(board.items(), (3, 2, 4), strict=True)}
    fold = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
    means = {name: np.mean([r[:, 0].sum() / r[:, 1].sum() for r in x]) for name, x in board.items()}
    names = sorted(board, key=lambda name: -means[name])
    runs = {name: slow_runs(x, fold) for name, x in board.items()}
    code = {name: zlib.crc32(name.encode()) for name in names}
    num = 499
    rng = np.random.default_rng(7)
    signs = np.where(rng.random((num, 10)) < 0.5, -1, 1)
    moves = {
        name: runs[name][0] ** 0.5 * np.random.default_rng([7, 1, code[name]]).standard_normal(num)
        for name in names
    }
    t, drawn = {}, {}
    for a, b in combinations(names, 2):
        variance, squares = np.add(runs[a], runs[b])
        freedom = variance**2 / squares
        spread = np.random.default_rng([7, 2, *sorted((code[a], code[b]))]).chisquare(freedom, num)
        _, error = slow_pair(board[a], board[b], [1] * 10, variance)
        t[a, b] = (means[a] - means[b]) / error
        drawn[a, b] = np.empty(num)
        for i in range(num):
            difference, error = slow_pair(board[a], board[b], signs[i], variance)
            noise = (moves[a][i] - moves[b][i]) / (spread[i] / freedom) ** 0.5
            drawn[a, b][i] = abs(difference + noise) / error
    found = rank(entries_of(board), SHARE, fold, num_flips=num, seed=7)
    assert [entry.id for entry in found.entries] == names
    least_adjusted = 0.0
    clear, clear_draws = {}, {}
    for pair in found.pairs:
        names_of_pair = pair.first, pair.second
        variance, squares = np.add(*(runs[name] for name in names_of_pair))
        freedom = pair.error**4 / ((pair.error**2 - variance) ** 2 / 9 + squares)
        clear[names_of_pair] = stats.norm.isf(stats.t.sf(t[names_of_pair], freedom))
        clear_draws[names_of_pair] = stats.norm.isf(stats.t.sf(drawn[names_of_pair], freedom))
    for names_of_pair in sorted(t, key=lambda pair: -clear[pair]):
        pair = by_names(found.pairs)[names_of_pair]
        _, error = slow_pair(*(board[name] for name in names_of_pair), [1] * 10, 0)
        error = (error**2 + sum(runs[name][0] for name in names_of_pair)) ** 0.5
        assert pair.error == pytest.approx(error)
        assert pair.p_value == (1 + (drawn[names_of_pair] >= t[names_of_pair]).sum()) / (num + 1)
        harder = [other for other in t if clear[other] <= clear[names_of_pair]]
        largest = np.max([clear_draws[other] for other in harder], axis=0)
        adjusted = (1 + (largest >= clear[names_of_pair]).sum()) / (num + 1)
        least_adjusted = max(least_adjusted, adjusted)
        assert pair.adjusted_p_value == least_adjusted
        reach = error * sorted(drawn[names_of_pair])[-25]
        ends = (pair.difference - reach, pair.difference + reach)
        assert (pair.low, pair.high) == pytest.approx(ends)


@pytest.mark.parametrize("seed", range(3))
def test_p_values_are_those_of_all_flips(seed):
    """Of entries without chance: all exchanges of 8 works, one after the other."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 9, 8).astype(float)
    right = [np.floor(size * rng.random(8)) for _ in range(3)]
    board = {f"e{i}": np.stack([x, size], axis=-1)[np.newaxis] for i, x in enumerate(right)}
    pairs = list(combinations(board, 2))
    t = {}
    for signs in product((1, -1), repeat=8):
        for a, b in pairs:
            difference, error = slow_pair(board[a], board[b], signs, 0)
            t.setdefault((a, b), []).append(abs(difference) / error)
    found = rank({name: Entry(x, is_deterministic=True) for name, x in board.items()}, SHARE)
    chance = 4 * 0.5 / 100  # of a share of 9,999 draws
    for (first, second), pair in by_names(found.pairs).items():
        names = tuple(sorted((first, second)))
        of_pair = np.array(t[names])
        assert pair.p_value == pytest.approx((of_pair >= of_pair[0] - 1e-9).mean(), abs=chance)
        harder = [x for x in t.values() if x[0] <= of_pair[0]]
        exact = (np.max(harder, axis=0) >= of_pair[0] - 1e-9).mean()
        assert pair.adjusted_p_value >= exact - chance
    hardest = min(found.pairs, key=lambda pair: abs(pair.difference / pair.error))
    assert hardest.adjusted_p_value >= hardest.p_value


@given(st.integers(0, 10_000))
def test_stepping_down_is_a_closed_test(seed):
    """A hypothesis is rejected if every set of hypotheses with it is, by its largest statistic."""
    rng = np.random.default_rng(seed)
    t = rng.exponential(1.5, 4)
    drawn = np.abs(rng.normal(size=(4, 4)) @ rng.normal(size=(4, 30)))
    _, p, adjusted = ranking._judge(
        iter([drawn[:, :7], drawn[:, 7:]]), t, np.full(4, 9.0), 30, LEVEL
    )
    for i in range(4):
        of_sets = [
            (1 + (drawn[list(members)].max(axis=0) >= t[list(members)].max()).sum()) / 31
            for size in range(1, 5)
            for members in combinations(range(4), size)
            if i in members
        ]
        assert adjusted[i] == pytest.approx(max(of_sets))
        assert p[i] == (1 + (drawn[i] >= t[i]).sum()) / 31
        assert adjusted[i] >= p[i]
    order = np.argsort(-t)
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


# What runs add


def test_the_variance_between_runs_by_hand():
    """For a mean over works each fold weighs as many works as it has."""
    fold = np.array([4, 4, 4, 9, 9])
    values = np.random.default_rng(0).random((3, 5))
    sums = np.stack([values, np.ones((3, 5))], axis=-1)
    parts = [
        (share * 5 / 5) ** 2 * np.var(values[:, fold == k].mean(axis=1), ddof=1) / 3
        for k, share in ((4, 3 / 5), (9, 2 / 5))
    ]
    found = run_variance(sums, SHARE, fold)
    assert found.value == pytest.approx(sum(parts))
    assert found.squares == pytest.approx(sum(part**2 for part in parts) / 2)
    assert not found.is_borrowed
    whole = run_variance(sums, SHARE, np.zeros(5, np.int64))
    assert whole.value == pytest.approx(np.var(values.mean(axis=1), ddof=1) / 3)
    freedom = degrees_of_freedom(found, whole)
    expected = (sum(parts) + whole.value) ** 2 / (found.squares + whole.value**2 / 2)
    assert freedom == pytest.approx(expected)
    assert degrees_of_freedom(whole, FIXED) == pytest.approx(2)
    assert 2 <= degrees_of_freedom(found, FIXED) <= 4


def test_what_is_borrowed_is_the_median_of_one_run():
    known = [(2, RunVariance(1.0, 1.0)), (3, RunVariance(2.0, 2.0)), (5, RunVariance(9.0, 20.25))]
    found = borrowed_variance(known)  # of one run 2, 6, 45; degrees of freedom 1, 2, 4
    assert (found.value, found.is_borrowed) == (6.0, True)
    assert degrees_of_freedom(found, FIXED) == pytest.approx(2)
    assert borrowed_variance([(2, FIXED)]).value == 0
    assert borrowed_variance([]).value == np.inf


def test_one_run_borrows_and_says_so():
    board = entries_of(make_board())
    board["one"] = Entry(make_board(seed=1)["e0"][:1])
    board["rule"] = Entry(make_board(seed=2)["e0"][:1], is_deterministic=True)
    found = rank(board, SHARE, num_flips=99)
    borrows = {entry.id for entry in found.entries if entry.borrows_variance}
    assert borrows == {"one"}
    surer = rank(board | {"one": Entry(board["one"].sums, is_deterministic=True)}, SHARE)
    for pair, sure in zip(found.pairs, surer.pairs, strict=True):
        assert (pair.error > sure.error) == ("one" in (pair.first, pair.second))


def test_one_run_with_nothing_to_borrow_cannot_be_told_apart():
    board = fixed([0.9] * 8 + [0.8], [0.1] * 8 + [0.2])
    board["one"] = Entry(np.stack([np.linspace(0.4, 0.5, 9), np.ones(9)], axis=-1)[np.newaxis])
    found = rank(board, SHARE)
    assert [(e.place, e.best_rank, e.worst_rank) for e in found.entries] == [
        (1, 1, 2),
        (2, 1, 3),
        (3, 2, 3),
    ]
    for pair in found.pairs:
        if "one" in (pair.first, pair.second):
            assert (pair.error, pair.low, pair.high) == (None, None, None)
            assert (pair.p_value, pair.adjusted_p_value) == (1, 1)


@pytest.mark.parametrize("num_runs", [(3, 3), (2, 2), (3, 1)])
def test_two_trainings_of_one_method_are_seldom_told_apart(num_runs):
    """All chance is in the runs; without their variance the test would see method after method."""
    rng = np.random.default_rng(0)
    of_runs = {"of_works": 0.0, "of_seeds": 0.02, "both": 0.03}
    told, told_without = 0, 0
    for seed in range(150):
        works = make_works(rng, 35)
        a, b, other = (make_entry(rng, works, num_seeds=3, **of_runs) for _ in range(3))
        board = {"a": Entry(a[: num_runs[0]]), "b": Entry(b[: num_runs[1]]), "other": Entry(other)}
        found = by_names(rank(board, SHARE, num_flips=199, seed=seed).pairs)
        told += (found.get(("a", "b")) or found["b", "a"]).p_value <= 0.05
        as_is = [Entry(board[name].sums, is_deterministic=True) for name in "ab"]
        told_without += compare(*as_is, SHARE, num_flips=199, seed=seed).p_value <= 0.05
    assert told / 150 <= 0.08
    assert told_without / 150 > 0.25


@pytest.mark.parametrize("num_seeds", [(5, 5), (3, 5)])
def test_p_values_are_uniform_where_nothing_differs(num_seeds):
    rng = np.random.default_rng(0)
    p = []
    for seed in range(300):
        works = make_works(rng, 35)
        pair = [Entry(make_entry(rng, works, num_seeds=num)) for num in num_seeds]
        p.append(compare(*pair, SHARE, num_flips=199, seed=seed).p_value)
    assert stats.kstest(p, "uniform").statistic < 0.1  # p = 0.005 of this number
    assert np.mean(np.array(p) <= 0.05) <= 0.08
