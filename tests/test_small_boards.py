"""Ranks of small and degenerate boards, and wrong arguments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_ranks import entries_of, fixed, ranges
from made_sums import make_board, make_entry, make_works
from musebench.errors import InputError
from musebench.evaluation.statistics import MEAN, PEARSON, SHARE, macro_f1
from musebench.leaderboard import ranking
from musebench.leaderboard.ranking import Entry, compare, rank


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
