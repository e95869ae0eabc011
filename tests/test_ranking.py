"""Comparing and ranking entries: flips of works, what runs add, places and ranges of ranks."""

import tracemalloc
import zlib
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from made_sums import make_board, make_entry, make_works
from musebench.errors import InputError
from musebench.evaluation.statistics import F1, MEAN, PEARSON, SHARE, macro_f1
from musebench.leaderboard import flips, ranking
from musebench.leaderboard.ranking import Entry, compare, rank
from musebench.leaderboard.run_variance import (
    FIXED,
    RunVariance,
    borrowed_variance,
    degrees_of_freedom,
    run_variance,
)

LEVEL = 0.95


def entries_of(board):
    return {name: Entry(sums) for name, sums in board.items()}


def fixed(*values, size=None):
    """Entries without chance whose works have these values."""
    return {
        f"e{i}": Entry(
            np.stack([np.array(row, float), np.ones(len(row))], axis=-1)[np.newaxis],
            is_deterministic=True,
        )
        for i, row in enumerate(values)
    }


def by_names(pairs):
    return {(pair.first, pair.second): pair for pair in pairs}


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


# Places and ranges


def ranges(found):
    return [(entry.id, entry.place, entry.best_rank, entry.worst_rank) for entry in found.entries]


def test_rank_of_a_board():
    found = rank(entries_of(make_board()), SHARE)
    means = [entry.mean for entry in found.entries]
    assert means == sorted(means, reverse=True)
    assert [entry.place for entry in found.entries] == [1, 2, 3, 4, 5]
    assert ranges(found)[-2:] == [("e3", 4, 4, 4), ("e4", 5, 5, 5)]
    apart = [pair for pair in found.pairs if pair.adjusted_p_value <= 0.05]
    for entry in found.entries:
        assert entry.best_rank == 1 + sum(pair.second == entry.id for pair in apart)
        assert entry.worst_rank == 5 - sum(pair.first == entry.id for pair in apart)
    for pair in found.pairs:
        assert pair.difference >= 0
        assert pair.adjusted_p_value >= pair.p_value
        assert pair.low_without_a_work <= pair.difference <= pair.high_without_a_work
        assert (pair.low > 0) == (pair.p_value <= 0.05)


SOME = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@settings(deadline=None)
@given(
    st.lists(st.lists(SOME, min_size=12, max_size=12), min_size=1, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_a_place_lies_in_its_range_and_follows_the_mean(values, is_rule, higher, has_folds):
    """Also with ties, rules, and entries of one run; a row has 2 runs."""
    board = {}
    for i, row in enumerate(values):
        runs = np.array(row).reshape(2, 6)[: 1 if is_rule[i] else 2]
        sums = np.stack([runs * [1, 1, 2, 1, 1, 3], runs * 0 + [1, 1, 2, 1, 1, 3]], axis=-1)
        board[f"e{i}"] = Entry(sums, is_deterministic=is_rule[i] and i % 2 == 0)
    fold = np.array([0, 0, 1, 1, 2, 2]) if has_folds else None
    found = rank(board, SHARE, fold, higher_is_better=higher, num_flips=39)
    sign = 1 if higher else -1
    for entry in found.entries:
        better = [other for other in found.entries if sign * other.mean > sign * entry.mean]
        assert entry.place == 1 + len(better)
        assert 1 <= entry.best_rank <= entry.place <= entry.worst_rank <= len(values)
    order = {entry.id: i for i, entry in enumerate(found.entries)}
    assert all(order[pair.first] < order[pair.second] for pair in found.pairs)
    assert all(sign * pair.difference >= 0 for pair in found.pairs)


def test_equal_means_share_a_place():
    board = make_board()
    twins = {"y": Entry(board["e0"]), "x": Entry(board["e0"]), "z": Entry(board["e4"])}
    found = rank(twins, SHARE)
    assert ranges(found) == [("x", 1, 1, 2), ("y", 1, 1, 2), ("z", 3, 3, 3)]
    # Equal means that more of one work than of the others makes: no difference either.
    found = rank(fixed([0.5, 0.5, 0.5, 0.5], [0.25, 0.75, 0.5, 0.5]), SHARE)
    assert ranges(found) == [("e0", 1, 1, 2), ("e1", 1, 1, 2)]
    assert found.pairs[0].p_value == 1


def test_less_may_be_better():
    board = entries_of(make_board())
    up = rank(board, SHARE, num_flips=199)
    down = rank(board, SHARE, num_flips=199, higher_is_better=False)
    assert [entry.id for entry in down.entries] == [entry.id for entry in up.entries][::-1]
    assert down.entries[0].place == 1
    for pair in down.pairs:
        turned = by_names(up.pairs)[pair.second, pair.first]
        assert (pair.p_value, pair.adjusted_p_value) == (turned.p_value, turned.adjusted_p_value)
        assert pair.low == -turned.high


def test_the_order_of_entries_changes_nothing_and_that_of_works_hardly_anything():
    board, fold = make_board(), np.arange(40) % 5
    found = rank(entries_of(board), SHARE, fold)
    assert rank(dict(reversed(entries_of(board).items())), SHARE, fold) == found
    order = np.random.default_rng(1).permutation(40)
    moved = rank({name: Entry(x[:, order]) for name, x in board.items()}, SHARE, fold[order])
    assert ranges(moved) == ranges(found)
    for pair, other in zip(found.pairs, moved.pairs, strict=True):
        assert other.difference == pytest.approx(pair.difference)
        assert other.error == pytest.approx(pair.error)
        assert other.p_value == pytest.approx(pair.p_value, abs=0.02)  # other draws
        assert other.wilcoxon_p_value == pytest.approx(pair.wilcoxon_p_value)


def test_a_weak_entry_takes_no_power_away():
    board = make_board(shifts=(0, -0.012, -0.03, -0.04))
    found = rank(entries_of(board), SHARE)
    weak = {"weak": make_board(seed=9, shifts=(-0.5,))["e0"]}
    more = by_names(rank(entries_of(board | weak), SHARE).pairs)
    for pair in found.pairs:
        other = more[pair.first, pair.second]
        assert other.p_value == pair.p_value
        if pair.p_value > 0.001:  # the pairs with the weak entry are all clearer than this one
            assert other.adjusted_p_value == pair.adjusted_p_value
        assert other.adjusted_p_value <= pair.adjusted_p_value + 0.005


def test_blocks_change_nothing_and_stay_small(monkeypatch):
    board = entries_of(make_board())
    whole = rank(board, SHARE, num_flips=999)
    monkeypatch.setattr(flips, "MAX_CELLS", 40 * 17)
    parts = rank(board, SHARE, num_flips=999)
    assert parts.entries == whole.entries
    for pair, other in zip(whole.pairs, parts.pairs, strict=True):
        assert (other.p_value, other.adjusted_p_value) == (pair.p_value, pair.adjusted_p_value)
        assert other.low == pytest.approx(pair.low, rel=1e-9)
    monkeypatch.undo()
    two = entries_of(make_board(num_works=400, shifts=(0, 0)))
    tracemalloc.start()
    rank(two, SHARE)
    assert tracemalloc.get_traced_memory()[1] < 20e6  # one array of all draws has 32 MB
    tracemalloc.stop()


# Beside the test


def test_what_is_left_without_a_work():
    (pair,) = rank(fixed([0.5, 0.75, 1.0], [0.5, 0.5, 0.0]), SHARE).pairs
    assert pair.low_without_a_work == pytest.approx(0.125)
    assert pair.high_without_a_work == pytest.approx(0.625)
    assert pair.difference == pytest.approx(1.25 / 3)
    assert pair.num_works == 3


def test_wilcoxon_is_over_works_that_differ():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 20))
    b[:4] = a[:4]
    (pair,) = rank(fixed(a, b), SHARE, num_flips=9).pairs
    assert pair.wilcoxon_p_value == pytest.approx(stats.wilcoxon(a[4:], b[4:]).pvalue)
    size = np.ones(6)  # no link is predicted or true in the first work: it has no F1
    hits, misses = np.array([0, 3, 4, 2, 4, 3.0]), np.array([0, 2, 2, 1, 1, 1.0])
    size = np.array([0, 5, 5, 5, 5, 5.0])
    links = [Entry(np.stack([x, size, size], axis=-1)[np.newaxis]) for x in (hits, misses)]
    found = compare(*links, F1, num_flips=9)
    assert found.wilcoxon_p_value == pytest.approx(stats.wilcoxon((hits - misses)[1:]).pvalue)


def test_compare_is_symmetric():
    board = entries_of(make_board())
    there, back = compare(board["e0"], board["e2"], SHARE), compare(board["e2"], board["e0"], SHARE)
    assert there.difference == -back.difference
    assert (there.first, there.second, back.first, back.second) == ("a", "b", "a", "b")
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)  # other draws of the runs
    assert there.low == pytest.approx(-back.high, abs=0.001)
    assert there.low_without_a_work == -back.high_without_a_work


# Small and degenerate boards


def test_small_boards():
    assert rank({}, SHARE) == ranking.Ranking((), ())
    only = rank({"only": Entry([[[1, 2], [2, 3]]])}, SHARE)
    assert only == ranking.Ranking((ranking.Ranked("only", 0.6, 1, 1, 1, True),), ())


def test_one_work_tells_nothing_apart():
    found = compare(Entry([[[4, 4], [0, 0]]], True), Entry([[[1, 4], [0, 0]]], True), SHARE)
    assert (found.difference, found.p_value, found.num_works) == (0.75, 1, 1)
    assert (found.error, found.low, found.high, found.low_without_a_work) == (None,) * 4


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_entries_that_are_the_same(num_seeds):
    rng = np.random.default_rng(0)
    entry = Entry(make_entry(rng, make_works(rng), num_seeds=num_seeds), num_seeds == 1)
    found = compare(entry, entry, SHARE, num_flips=199)
    assert (found.difference, found.p_value, found.wilcoxon_p_value) == (0, 1, 1)
    if num_seeds == 1:
        assert (found.low, found.high) == (0, 0)


def test_entries_that_no_draw_reverses():
    board = entries_of(make_board(shifts=(0, -0.3)))
    found = compare(board["e0"], board["e1"], SHARE, num_flips=999)
    assert found.p_value == 1 / 1000
    assert 0.25 < found.low < found.difference < found.high < 0.35
    size = np.arange(1.0, 15)  # better by the same share in every work: nothing varies
    a, b = (
        Entry(np.stack([share * size, size], axis=-1)[np.newaxis], is_deterministic=True)
        for share in (0.5, 0.25)
    )
    found = compare(a, b, SHARE)
    assert (found.low, found.high) == (0.25, 0.25)
    assert found.p_value < 0.01  # as the draws have it that change nothing
    few = [Entry(np.asarray(entry.sums)[:, :3], is_deterministic=True) for entry in (a, b)]
    found = compare(*few, SHARE)
    assert found.p_value == pytest.approx(0.25, abs=0.02)  # 2 of 8 flips
    assert (found.low, found.high) == (None, None)


def test_an_interval_of_shares_ends_at_their_greatest_difference():
    some, none = np.array([1.0, 1, 0.9, 1, 0.5, 1]), np.array([0.0, 0.1, 0, 0.3, 0, 0])
    there, back = (compare(*fixed(*x).values(), SHARE) for x in ((some, none), (none, some)))
    assert (there.high, back.low) == (1, -1)
    assert 0 < there.low < there.difference < 1


def test_a_draw_without_a_value_speaks_for_chance():
    """Half of the flips leave an entry without any spread of y, so that it has no correlation."""
    x, one = np.array([1.0, 0, 0, 0, 0, 0]), np.ones(6)
    a, b = (
        Entry(np.stack([one, x, y, x * x, y * y, x * y], axis=-1)[np.newaxis], True)
        for y in (np.eye(6)[0], np.eye(6)[1])
    )
    found = compare(a, b, PEARSON, num_flips=999)
    assert found.difference == pytest.approx(1.2)
    assert found.p_value == 1


@given(st.integers(0, 500), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_leaves_out_0_if_the_p_value_is_small(seed, level):
    board = entries_of(make_board(seed, shifts=(0, 0.02), num_works=15))
    found = compare(*board.values(), SHARE, num_flips=199, level=level)
    assert (found.low > 0 or found.high < 0) == (found.p_value <= 1 - level + 1e-9)


@pytest.mark.parametrize(("num_flips", "level"), [(19, 0.95), (9, 0.9)])
def test_a_p_value_that_is_just_significant_tells_entries_apart(num_flips, level):
    board = entries_of(make_board(shifts=(0, -0.4)))
    found = rank(board, SHARE, num_flips=num_flips, level=level)
    assert found.pairs[0].adjusted_p_value == pytest.approx(1 - level, abs=1e-12)
    assert ranges(found) == [("e0", 1, 1, 1), ("e1", 2, 2, 2)]


def test_many_entries_can_still_be_told_apart():
    rng = np.random.default_rng(1)
    values = 0.9 - 0.04 * np.arange(10)[:, np.newaxis] + rng.normal(0, 0.001, (10, 20))
    found = rank(fixed(*values), MEAN)
    assert ranges(found) == [(f"e{i}", i + 1, i + 1, i + 1) for i in range(10)]


def test_any_statistic_ranks():
    rng = np.random.default_rng(0)
    right = rng.integers(20, 60, (30, 4))
    board = {}
    for name, wrong in (("good", 5), ("fair", 8), ("poor", 40)):
        extra = rng.poisson(wrong, (2, 3, 30, 4))
        parts = [np.broadcast_to(right, (3, 30, 4)), right + extra[0], right + extra[1]]
        board[name] = Entry(np.stack(parts, axis=-1).reshape(3, 30, 12))
    found = rank(board, macro_f1(4), np.arange(30) % 5)
    assert ranges(found) == [("good", 1, 1, 1), ("fair", 2, 2, 2), ("poor", 3, 3, 3)]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: compare(x, x[:, :5], SHARE), r"entries have \{'a': 40, 'b': 5\} works"),
        (lambda x: compare(x, np.zeros_like(x), SHARE), "entry 'b' has no share; only entries"),
        (lambda x: compare(x, x * np.nan, SHARE), "some are NaN or infinite"),
        (lambda x: compare(x, x, PEARSON), r"Pearson r takes \(num_seeds, num_works, 6\)"),
        (lambda x: compare(x, x, SHARE, level=95), "level is 95; it must lie between 0 and 1"),
        (lambda x: compare(x, x, SHARE, num_flips=0), "num_resamples is 0; at least 1"),
        (lambda x: compare(x, x, SHARE, [0, 1]), r"fold has shape \(2,\) .* each of the 40 works"),
        (lambda x: compare(x, x, SHARE, np.zeros(40)), "fold has shape .* and type float64"),
    ],
)
def test_wrong_arguments_are_refused(call, sentence, monkeypatch):
    real = compare
    monkeypatch.setitem(
        globals(), "compare", lambda a, b, *more, **rest: real(Entry(a), Entry(b), *more, **rest)
    )
    with pytest.raises(InputError, match=sentence):
        call(make_board()["e0"])
