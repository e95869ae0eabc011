"""Comparing and ranking entries, the power of a board and the coverage of its intervals."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from musebench.evaluation.statistics import MEAN, PEARSON, SHARE, macro_f1
from musebench.leaderboard import ranking
from musebench.leaderboard.coverage import WorkModel, draw_sums, simulate_coverage
from musebench.leaderboard.ranking import compare, holm, letters, power, rank, variance_components


def make_works(rng, num_works=40):
    """Sizes and shares of works that all entries find equally hard."""
    return np.ceil(rng.lognormal(7.5, 0.8, num_works)), rng.beta(7.2, 0.8, num_works)


def make_entry(rng, works, shift=0.0, *, num_seeds=5, of_works=0.03, of_seeds=0.005, both=0.01):
    """Sums of an entry whose share is that of the works, moved."""
    size, share = works
    found = share + shift + rng.normal(0, of_works, len(size))
    if num_seeds > 1:
        found = found + rng.normal(0, of_seeds, (num_seeds, 1))
        found = found + rng.normal(0, both, (num_seeds, len(size)))
    found = found.reshape(num_seeds, -1)
    return np.stack([found * size, np.broadcast_to(size, found.shape)], axis=-1)


def make_board(seed=0, shifts=(0, 0.002, -0.01, -0.03, -0.1), num_works=40):
    rng = np.random.default_rng(seed)
    works = make_works(rng, num_works)
    return {f"e{i}": make_entry(rng, works, shift) for i, shift in enumerate(shifts)}


def test_compare_matches_a_slow_reference():
    board = make_board(num_works=10)
    a, b = board["e0"][:3], board["e3"][:2]

    def value_and_error(runs_a, runs_b):
        values, moves, variance = [], [], 0.0
        for runs in (runs_a, runs_b):
            shares = [run[:, 0].sum() / run[:, 1].sum() for run in runs]
            of_works = [
                (run[:, 0] - share * run[:, 1]) / run[:, 1].sum()
                for run, share in zip(runs, shares, strict=True)
            ]
            values.append(np.mean(shares))
            moves.append(np.mean(of_works, axis=0))
            variance += np.var(shares, ddof=1) / len(shares)
        variance += 10 / 9 * ((moves[0] - moves[1]) ** 2).sum()
        return values[0] - values[1], variance**0.5

    difference, error = value_and_error(a, b)
    works = np.random.default_rng(2).integers(10, size=(199, 10))
    seeds = [
        np.random.default_rng([2, 1, code]).integers(len(entry), size=(199, len(entry)))
        for code, entry in ((0xE8B7BE43, a), (0x71BEEFF9, b))  # CRC-32 of "a", "b"
    ]
    t = []
    for work, seed_a, seed_b in zip(works, *seeds, strict=True):
        drawn, drawn_error = value_and_error(a[seed_a][:, work], b[seed_b][:, work])
        t.append(abs(drawn - difference) / drawn_error)
    found = compare(a, b, SHARE, num_resamples=199, seed=2)
    assert found.difference == pytest.approx(difference)
    assert found.p_value == (1 + sum(x >= abs(difference) / error for x in t)) / 200
    reach = error * sorted(t)[-10]
    assert (found.low, found.high) == pytest.approx((difference - reach, difference + reach))
    assert found.num_works == 10
    found = compare(a, b, SHARE, num_resamples=199, seed=2, level=0.9)  # 200 * (1 - 0.9) < 20
    reach = error * sorted(t)[-20]
    assert (found.low, found.high) == pytest.approx((difference - reach, difference + reach))


@pytest.mark.parametrize(("num_resamples", "level"), [(19, 0.95), (9, 0.9)])
def test_a_p_value_that_is_just_significant_tells_entries_apart(num_resamples, level):
    board = make_board(shifts=(0, -0.4))
    found = rank(board, SHARE, num_resamples=num_resamples, level=level)
    assert found.adjusted["e0", "e1"] == pytest.approx(1 - level, abs=1e-12)
    assert [entry.rank for entry in found.entries] == [1, 2]


def test_power_counts_what_a_seed_does_to_a_work_twice():
    """Once in what differs from board to board, once more in the error that compare takes."""
    rng = np.random.default_rng(0)
    works = make_works(rng, 20)
    a, b = (make_entry(rng, works, num_seeds=3, both=0.2) for _ in range(2))
    parts = variance_components([a, b], SHARE)
    (found,) = power(a, b, 0.05, SHARE, num_seeds=(2,))
    mixed = parts.both / 40
    variance = parts.works / 20 + parts.seeds / 2 + mixed
    least = stats.norm.ppf(0.975) * (variance + mixed) ** 0.5
    beyond = stats.norm(0.05, variance**0.5)
    assert found.power == pytest.approx(beyond.sf(least) + beyond.cdf(-least))
    assert mixed > variance / 10


def test_an_interval_of_shares_ends_at_their_greatest_difference():
    total = np.full(8, 10.0)
    some, none = np.array([10.0, 10, 9, 10, 5, 10, 9, 10]), np.array([0.0, 1, 0, 3, 0, 0, 0, 1])
    a, b = (np.stack([right, total], axis=-1)[np.newaxis] for right in (some, none))
    there, back = compare(a, b, SHARE), compare(b, a, SHARE)
    assert (there.high, back.low) == (1, -1)
    assert 0 < there.low < there.difference < 1


def test_a_draw_without_a_value_speaks_for_chance():
    """As a slow reference has it: Pearson's r of one note a work, none where all are one work."""
    x = np.array([0.0, 1, 2, 4])
    ours, theirs = np.array([0.0, 1.2, 1.9, 4.2]), np.array([0.5, 1, 3, -2])
    draws = np.random.default_rng(0).integers(4, size=(999, 4))
    assert 5 < sum(len(set(draw)) == 1 for draw in draws.tolist()) < 50

    def value_and_moves(y, draw):
        at_x, at_y = ((v[draw] - v[draw].mean()) / v[draw].std() for v in (x, y))
        r = (at_x * at_y).mean()
        return r, (at_x * at_y - r / 2 * (at_x**2 + at_y**2)) / len(draw)

    def value_and_error(draw):
        (r, moves), (s, other_moves) = (value_and_moves(y, draw) for y in (ours, theirs))
        return r - s, (4 / 3 * ((moves - other_moves) ** 2).sum()) ** 0.5

    difference, error = value_and_error(np.arange(4))
    beyond = 0
    for draw in draws:
        if len(set(draw.tolist())) == 1:
            beyond += 1
            continue
        drawn, drawn_error = value_and_error(draw)
        far = abs(drawn - difference)
        beyond += far >= abs(difference / error) * drawn_error if drawn_error > 1e-6 else far > 1e-6
    entries = [
        np.stack([np.ones(4), x, y, x * x, y * y, x * y], axis=-1)[np.newaxis]
        for y in (ours, theirs)
    ]
    found = compare(*entries, PEARSON, num_resamples=999)
    assert found.difference == pytest.approx(difference)
    assert found.p_value == (1 + beyond) / 1000


def test_compare_is_symmetric():
    board = make_board()
    there, back = compare(board["e0"], board["e2"], SHARE), compare(board["e2"], board["e0"], SHARE)
    assert there.difference == -back.difference
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)  # other draws of seeds
    assert there.low == pytest.approx(-back.high, abs=0.001)


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_entries_that_are_the_same(num_seeds):
    rng = np.random.default_rng(0)
    entry = make_entry(rng, make_works(rng), num_seeds=num_seeds)
    found = compare(entry, entry.copy(), SHARE, num_resamples=199)
    assert (found.difference, found.p_value) == (0, 1)
    if num_seeds == 1:
        assert (found.low, found.high) == (0, 0)


def test_entries_that_no_draw_reverses():
    board = make_board(shifts=(0, -0.3))
    found = compare(board["e0"], board["e1"], SHARE, num_resamples=999)
    assert found.p_value == 1 / 1000
    assert 0.25 < found.low < found.difference < found.high < 0.35
    size = np.array([10.0, 20, 30])  # better by the same share in every work: nothing varies
    a, b = (np.stack([share * size, size], axis=-1)[np.newaxis] for share in (0.5, 0.25))
    found = compare(a, b, SHARE, num_resamples=99)
    assert (found.low, found.high, found.p_value) == (0.25, 0.25, 1 / 100)


def test_one_work_tells_nothing_apart():
    found = compare([[[4, 4], [0, 0]]], [[[1, 4], [0, 0]]], SHARE)
    assert found == ranking.Comparison(0.75, None, None, 1.0, 1)


@given(st.integers(0, 500), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_leaves_out_0_if_the_p_value_is_small(seed, level):
    board = make_board(seed, shifts=(0, 0.02), num_works=15)
    found = compare(*board.values(), SHARE, num_resamples=199, level=level)
    assert (found.low > 0 or found.high < 0) == (found.p_value <= 1 - level + 1e-9)


@pytest.mark.parametrize("num_seeds", [(5, 5), (3, 1)])
def test_p_values_are_uniform_where_nothing_differs(num_seeds):
    rng = np.random.default_rng(0)
    p = []
    for seed in range(300):
        works = make_works(rng, 35)
        pair = [make_entry(rng, works, num_seeds=num) for num in num_seeds]
        p.append(compare(*pair, SHARE, num_resamples=199, seed=seed).p_value)
    assert stats.kstest(p, "uniform").statistic < 0.1  # p = 0.005 of this number
    assert np.mean(np.array(p) <= 0.05) <= 0.08


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1, 1]
    assert holm([]).tolist() == []


@given(st.lists(st.floats(0, 1), max_size=12), st.randoms())
def test_holm_does_not_depend_on_the_order(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    adjusted = holm(p)
    assert (holm([p[i] for i in order]) == adjusted[order]).all()
    assert (adjusted >= p).all()
    assert (adjusted <= 1).all()


@given(st.integers(0, 9), st.data())
def test_entries_share_a_letter_if_they_cannot_be_told_apart(num_entries, data):
    ids = [f"e{i}" for i in range(num_entries)]
    pairs = list(combinations(ids, 2))
    apart = data.draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    shown = letters(ids, apart)
    assert list(shown) == ids
    assert all(shown.values())
    for a, b in pairs:
        assert bool(set(shown[a]) & set(shown[b])) == ((a, b) not in apart)
    if ids:
        assert shown["e0"].startswith("a")


def test_letters_by_hand():
    assert letters("xyz", [("x", "z")]) == {"x": "a", "y": "ab", "z": "b"}
    assert letters("xyz", [("z", "x"), ("y", "z"), ("x", "y")]) == {"x": "a", "y": "b", "z": "c"}
    assert letters("xyz", []) == {"x": "a", "y": "a", "z": "a"}
    many = [str(i) for i in range(60)]
    shown = letters(many, combinations(many, 2))
    assert len(set(shown.values())) == 60
    assert all(len(letter) == 1 for letter in shown.values())


def test_rank_of_a_board():
    found = rank(make_board(), SHARE)
    assert [row.mean for row in found.entries] == sorted(
        (row.mean for row in found.entries), reverse=True
    )
    assert [row.id for row in found.entries][-2:] == ["e3", "e4"]
    assert found.entries[0].rank == 1
    assert found.entries[0].letters.startswith("a")
    assert found.entries[-1].rank == 5
    shown = {row.id: row for row in found.entries}
    for (better, worse), p in found.adjusted.items():
        assert found.comparisons[better, worse].difference >= 0
        assert p >= found.comparisons[better, worse].p_value
        assert bool(set(shown[better].letters) & set(shown[worse].letters)) == (p > 0.05)
    for row in found.entries:
        apart = [p <= 0.05 for (_, worse), p in found.adjusted.items() if worse == row.id]
        assert row.rank == 1 + sum(apart)


def test_less_may_be_better():
    board = make_board()
    up = rank(board, SHARE, num_resamples=199)
    down = rank(board, SHARE, num_resamples=199, higher_is_better=False)
    assert [row.id for row in down.entries] == [row.id for row in up.entries][::-1]
    assert down.entries[0].rank == 1
    for (a, b), comparison in down.comparisons.items():
        assert comparison.p_value == up.comparisons[b, a].p_value


def test_a_pair_does_not_depend_on_the_other_entries():
    board = make_board()
    full = rank(board, SHARE, num_resamples=299)
    backwards = rank(dict(reversed(board.items())), SHARE, num_resamples=299)
    assert backwards == full
    pair = rank({name: board[name] for name in ("e1", "e3")}, SHARE, num_resamples=299)
    ((names, comparison),) = pair.comparisons.items()
    assert full.comparisons[names].p_value == comparison.p_value
    assert full.comparisons[names].low == pytest.approx(comparison.low)


def test_blocks_change_nothing(monkeypatch):
    board = make_board()
    whole = rank(board, SHARE, num_resamples=999)
    monkeypatch.setattr("musebench.evaluation.resampling.MAX_CELLS", 20_000)
    parts = rank(board, SHARE, num_resamples=999)
    assert parts.adjusted == whole.adjusted
    for names, comparison in whole.comparisons.items():
        assert parts.comparisons[names].low == pytest.approx(comparison.low, rel=1e-9)


def test_small_boards():
    assert rank({}, SHARE) == ranking.Ranking((), {}, {})
    (row,) = rank({"only": [[[1, 2], [2, 3]]]}, SHARE).entries
    assert row == ranking.Ranked("only", 0.6, 1, "a")
    board = dict.fromkeys(["y", "x"], make_board()["e0"][:1])
    found = rank(board, SHARE)
    assert [(row.id, row.rank, row.letters) for row in found.entries] == [
        ("x", 1, "a"),
        ("y", 1, "a"),
    ]
    assert found.adjusted == {("x", "y"): 1}


def test_many_entries_can_still_be_told_apart(monkeypatch):
    monkeypatch.setattr(ranking, "NUM_RESAMPLES", 199)  # too few for the 45 pairs of 10 entries
    size = np.ceil(np.random.default_rng(0).lognormal(3, 0.5, 12))
    values = -0.04 * np.arange(10)[:, np.newaxis] + np.random.default_rng(1).normal(
        0, 0.001, (10, 12)
    )
    board = {
        f"e{i}": np.stack([value * size, size], axis=-1)[np.newaxis]
        for i, value in enumerate(values)
    }
    assert {row.letters for row in rank(board, MEAN, num_resamples=199).entries} == {"a"}
    found = rank(board, MEAN)
    assert [row.rank for row in found.entries] == list(range(1, 11))
    assert [row.letters for row in found.entries] == list("abcdefghij")


def test_any_statistic_ranks():
    rng = np.random.default_rng(0)
    right = rng.integers(20, 60, (30, 4))
    board = {}
    for name, wrong in (("good", 5), ("fair", 8), ("poor", 40)):
        extra = rng.poisson(wrong, (2, 3, 30, 4))
        parts = [np.broadcast_to(right, (3, 30, 4)), right + extra[0], right + extra[1]]
        board[name] = np.stack(parts, axis=-1).reshape(3, 30, 12)
    found = rank(board, macro_f1(4))
    assert [(row.id, row.rank) for row in found.entries] == [("good", 1), ("fair", 2), ("poor", 3)]


def test_variance_components_are_those_of_the_simulation():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(60):
        size, share = np.ones(60), rng.beta(7.2, 0.8, 60)
        spread = {"of_works": 0.03, "of_seeds": 0.01, "both": 0.02, "num_seeds": 5}
        a, b = (make_entry(rng, (size, share), **spread) for _ in range(2))
        found.append(variance_components([a, b], SHARE))
    for name, expected in (("works", 0.03), ("seeds", 0.01), ("both", 0.02)):
        mean = np.mean([getattr(parts, name) for parts in found])
        assert mean == pytest.approx(2 * expected**2, rel=0.15), name


def test_power_by_hand():
    # A rule against a rule, one share better by 0.02 or worse by 0.02 than the other.
    size = np.ones(50)
    a = np.stack([np.tile([0.52, 0.48], 25), size], axis=-1)[np.newaxis]
    b = np.stack([np.full(50, 0.5), size], axis=-1)[np.newaxis]
    deviation = np.std(a[0, :, 0], ddof=1)
    first, second = power(a, b, 0.005, SHARE, num_seeds=(1, 10))
    needed = (deviation * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / 0.005) ** 2
    assert first.num_works == second.num_works == np.ceil(needed)
    expected = stats.norm.sf(stats.norm.ppf(0.975) - 0.005 / deviation * 50**0.5)
    assert first.power == pytest.approx(expected, abs=1e-3)


def test_power_grows_with_seeds_and_may_be_out_of_reach():
    board = make_board()
    rows = power(board["e0"], board["e1"], 0.012, SHARE)
    assert [row.num_seeds for row in rows] == [1, 3, 5, 10]
    assert [row.power for row in rows] == sorted(row.power for row in rows)
    assert rows[0].num_works is None  # the seeds alone differ by 0.007
    assert rows[-1].num_works > 40
    same = power(board["e0"][:1], board["e0"][:1], 0.005, SHARE)
    assert {(row.num_works, row.power) for row in same} == {(2, 1.0)}


def test_power_is_that_of_compare():
    rng = np.random.default_rng(3)
    size = np.ones(40)
    spread = {"of_works": 0.03, "of_seeds": 0.005, "both": 0.02}
    told, delta = 0, 0.02
    foreseen = []
    for seed in range(300):
        share = rng.beta(7.2, 0.8, 40)
        a = make_entry(rng, (size, share), delta, **spread)
        b = make_entry(rng, (size, share), **spread)
        told += compare(a, b, SHARE, num_resamples=199, seed=seed).p_value <= 0.05
        foreseen.append(power(a, b, delta, SHARE, num_seeds=(5,))[0].power)
    assert told / 300 == pytest.approx(np.mean(foreseen), abs=0.07)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: compare(x, x[:, :5], SHARE), r"entries have \{'a': 40, 'b': 5\} works"),
        (lambda x: compare(x, np.zeros_like(x), SHARE), "entry 'b' has no share; only entries"),
        (lambda x: compare(x, x, PEARSON), r"Pearson r takes \(num_seeds, num_works, 6\)"),
        (lambda x: compare(x, x, SHARE, level=95), "level is 95; it must lie between 0 and 1"),
        (lambda x: rank({"x": x}, SHARE, num_resamples=0), "num_resamples is 0; at least 1"),
        (lambda x: rank({"x": x, "y": 0 * x}, SHARE), "entry 'y' has no share"),
        (lambda x: holm([0.1, np.nan]), r"shape \(2,\); they must be a row of numbers from 0 to 1"),
        (lambda x: holm([[0.1]]), r"shape \(1, 1\); they must be a row"),
        (lambda x: letters("ab", [("a", "c")]), r"\('a', 'c'\) is not a pair of the entries a, b"),
        (lambda x: letters("ab", [("a", "a")]), "is not a pair"),
        (lambda x: power(x, x, 0, SHARE), "delta 0 and the numbers of seeds"),
        (lambda x: power(x, x, 0.1, SHARE, num_seeds=(0,)), r"seeds \(0,\) must be above 0"),
        (lambda x: power(x[:, :1], x[:, :1], 0.1, SHARE), "there are 1 works with sums"),
        (lambda x: simulate_coverage(1), "num_works 1, num_seeds 1, .* at least two works"),
        (lambda x: WorkModel(deviation=0.4), "deviation 0.4 have no beta distribution"),
        (lambda x: WorkModel(seed_deviation=-1), "is below 0"),
    ],
)
def test_wrong_arguments_are_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(make_board()["e0"])


def test_too_many_letters(monkeypatch):
    monkeypatch.setattr(ranking, "LETTERS", "ab")
    with pytest.raises(ValueError, match="3 groups of entries need letters; there are 2"):
        letters("xyz", combinations("xyz", 2))


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_coverage_at_28_works(num_seeds):
    options = {"num_seeds": num_seeds, "num_boards": 400, "num_resamples": 500}
    coverage = simulate_coverage(28, **options)
    assert 0.9 <= coverage <= 0.98
    assert simulate_coverage(28, **options) == coverage


def test_made_up_boards_are_as_stated():
    model = WorkModel()
    sums = draw_sums(model, 20_000, 5, np.random.default_rng(0))
    share = sums[..., 0] / sums[..., 1]
    assert share.mean() == pytest.approx(0.9, abs=0.02)
    assert share.mean(axis=0).std() == pytest.approx(0.1, rel=0.05)
    assert np.log(sums[0, :, 1]).std() == pytest.approx(0.8, rel=0.05)
    assert (share - share[:1]).std(axis=1)[1:] == pytest.approx([0.02 * 2**0.5] * 4, rel=0.05)
