"""Places and ranges of ranks, and what stands beside them."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from made_ranks import by_names, entries_of, fixed, ranges
from made_sums import make_board
from musebench.evaluation.statistics import F1, SHARE
from musebench.leaderboard import flips
from musebench.leaderboard.ranking import Entry, compare, rank


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
