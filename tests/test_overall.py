"""The overall table, on made-up entries: headroom, families, the interval, ranks; frozen rules."""

from dataclasses import replace

import numpy as np
import pytest

from made_standings import ENTRIES, FULL
from musebench.boards import BOARDS
from musebench.errors import InputError
from musebench.evaluation import SHARE, Estimate
from musebench.leaderboard.frozen import Frozen, freeze, frozen_of, frozen_to_csv, read_frozen
from musebench.leaderboard.overall import family_of, overall, share_of
from musebench.leaderboard.works import (
    WorkScore,
    read_works,
    settle_works,
    work_scores,
    works_to_csv,
)

SPELLING = ("asap-pitch-spelling", "openscore-pitch-spelling")
PHRASE = "dcml-phrase"
WORKS = [f"work-{k}" for k in range(40)]


def entry(name, mean, place, kind="learned", deviation=0.0):
    estimate = Estimate(mean, None, None, deviation)
    return replace(
        ENTRIES[0], id=name.lower(), method=name, kind=kind, place=place, num_seeds=4,
        metrics={"accuracy": estimate}, official={"accuracy": estimate},
    )  # fmt: skip


def made_board(name, values, *, higher=True, spread=0.1, ceiling=None, works=WORKS, **options):
    """A board whose entries have these values, each in order of its place; R is the rule."""
    order = sorted(values, key=lambda method: (-1 if higher else 1) * values[method])
    entries = [
        entry(m, values[m], 1 + k, "rule" if m == "R" else "learned", **options)
        for k, m in enumerate(order)
    ]
    waves = np.sin(np.arange(len(works)))
    waves = spread * (waves - waves.mean()) / len(works)
    by_work = tuple(WorkScore(w, 0, 0.5, float(x)) for w, x in zip(works, waves, strict=True))
    return replace(
        FULL, board=name, version="2.0", main_metrics=("accuracy",), higher_is_better=higher,
        ceiling=ceiling, entries=tuple(entries), pairs=(), works={e.id: by_work for e in entries},
    )  # fmt: skip


def table(*boards):
    return {row.method: row for row in overall(boards, frozen_of(boards, freeze(boards, [])))}


def test_the_share_of_the_headroom():
    frozen = Frozen("b", "1.0", "accuracy", "rule", 0.6, 0.9)
    assert share_of(0.75, frozen) == pytest.approx(0.5)
    assert share_of(0.6, frozen) == 0
    assert share_of(1.0, frozen) == 1
    assert share_of(-5, frozen) == -1
    lower = replace(frozen, rule_value=0.6, ceiling=0.0)
    assert share_of(0.15, lower) == pytest.approx(0.75)


def test_families_count_once():
    """Two boards of spelling and one of phrases: each family is a half."""
    found = table(
        made_board(SPELLING[0], {"R": 0.5, "A": 0.75}),
        made_board(SPELLING[1], {"R": 0.8, "A": 1.0}),
        made_board(PHRASE, {"R": 0.2, "A": 0.2}),
    )
    assert found["A"].shares == pytest.approx({SPELLING[0]: 0.5, SPELLING[1]: 1.0, PHRASE: 0.0})
    assert found["A"].by_family == pytest.approx({"pitch-spelling": 0.75, "phrase": 0.0})
    assert found["A"].score == pytest.approx(0.375)
    assert found["R"].score == 0
    assert [*found] == ["A", "R"]


def test_alike_tasks_are_one_family():
    names = [n for n, board in BOARDS.items() if "roman" in board.task.name]
    assert len(names) == 2
    assert {family_of(name) for name in names} == {"roman-numeral"}


def test_a_method_stands_on_all_boards_or_not_at_all():
    found = table(
        made_board(SPELLING[0], {"R": 0.5, "A": 0.7, "B": 0.9}),
        made_board(PHRASE, {"R": 0.5, "A": 0.7}),
    )
    assert {*found} == {"R", "A"}
    board = made_board(PHRASE, {"R": 0.5, "A": 0.7})
    without = replace(board, entries=(board.entries[1], replace(board.entries[0], place=None)))
    assert {*table(without)} == {"R"}


def test_a_name_is_known_however_it_is_written():
    found = table(
        made_board(SPELLING[0], {"R": 0.5, "Note-GNN": 0.7}),
        made_board(PHRASE, {"R": 0.5, "note gnn": 0.9}),
    )
    assert found["Note-GNN"].score == pytest.approx(0.6)


def test_the_interval_is_that_of_works_drawn_together():
    """On two boards with the same works and influences, the mean varies as each does."""
    one = table(made_board(SPELLING[0], {"R": 0.0, "A": 0.5}))["A"]
    same = table(
        made_board(SPELLING[0], {"R": 0.0, "A": 0.5}), made_board(PHRASE, {"R": 0.0, "A": 0.5})
    )["A"]
    other_works = [f"other-{k}" for k in range(40)]
    apart = table(
        made_board(SPELLING[0], {"R": 0.0, "A": 0.5}),
        made_board(PHRASE, {"R": 0.0, "A": 0.5}, works=other_works),
    )["A"]
    assert one.low < 0.5 < one.high
    assert same.high - same.low == pytest.approx(one.high - one.low, rel=0.1)
    assert apart.high - apart.low == pytest.approx((one.high - one.low) / 2**0.5, rel=0.1)
    influence = 0.1 * np.sin(np.arange(40)) / 40
    expected = 2 * 1.96 * np.sqrt(((influence - influence.mean()) ** 2).sum())
    assert one.high - one.low == pytest.approx(expected, rel=0.1)


def test_runs_widen_the_interval():
    calm = table(made_board(PHRASE, {"R": 0.0, "A": 0.5}, spread=0))["A"]
    assert (calm.low, calm.high) == pytest.approx((0.5, 0.5))
    wild = table(made_board(PHRASE, {"R": 0.0, "A": 0.5}, spread=0, deviation=0.1))["A"]
    assert wild.high - wild.low == pytest.approx(2 * 1.96 * 0.1 / 4**0.5, rel=0.1)


def test_the_mean_rank_is_among_the_methods_of_the_table():
    found = table(
        made_board(SPELLING[0], {"R": 0.5, "A": 0.7, "B": 0.9, "only here": 0.95}),
        made_board(PHRASE, {"R": 0.5, "A": 0.9, "B": 0.7}),
    )
    assert found["A"].mean_rank == found["B"].mean_rank == 1.5
    assert found["R"].mean_rank == 3


def test_the_same_boards_give_the_same_table():
    boards = [made_board(PHRASE, {"R": 0.5, "A": 0.7}, deviation=0.01)]
    assert table(*boards) == table(*boards)
    assert table() == {}
    assert table(made_board(PHRASE, {})) == {}


def test_what_is_frozen_stays_when_a_better_rule_comes():
    before = made_board(PHRASE, {"R": 0.5, "A": 0.7})
    rows = freeze([before], [])
    assert rows == [Frozen(PHRASE, "2.0", "accuracy", "r", 0.5, 1.0)]
    better = made_board(PHRASE, {"R": 0.65, "A": 0.7})
    assert freeze([better], rows) == rows
    raised = replace(better, version="3.0")
    assert [row.rule_value for row in freeze([raised], rows)] == [0.5, 0.65]
    assert frozen_of([raised], freeze([raised], rows))[PHRASE].rule_value == 0.65


def test_the_ceiling_is_that_of_people_where_it_was_measured():
    (row,) = freeze([made_board(PHRASE, {"R": 0.5}, ceiling=0.8)], [])
    assert row.ceiling == 0.8
    (row,) = freeze([made_board(PHRASE, {"R": 0.5, "X": 0.1}, higher=False)], [])
    assert (row.rule_value, row.ceiling) == (0.5, 0.0)
    assert freeze([made_board(PHRASE, {"R": 0.9}, ceiling=0.8)], []) == []
    assert freeze([made_board(PHRASE, {"A": 0.9})], []) == []


def test_lower_can_be_better():
    found = table(made_board(PHRASE, {"R": 0.8, "A": 0.2}, higher=False))
    assert found["A"].score == pytest.approx(0.75)
    assert found["A"].low < 0.75 < found["A"].high


def test_frozen_rows_are_read_as_written(tmp_path):
    rows = freeze([made_board(PHRASE, {"R": 1 / 3, "A": 0.7})], [])
    (tmp_path / "frozen.csv").write_text(frozen_to_csv(rows))
    assert read_frozen(tmp_path) == rows
    assert read_frozen(tmp_path / "nowhere") == []
    for text in ("", "a,b\n", frozen_to_csv(rows) + "x,y\n", frozen_to_csv(rows) + "a,b,c,d,e,f\n"):
        (tmp_path / "frozen.csv").write_text(text)
        with pytest.raises(InputError, match=r"frozen\.csv"):
            read_frozen(tmp_path)


def test_works_are_read_as_written(tmp_path):
    rng = np.random.default_rng(0)
    sums = np.stack([rng.integers(0, 50, (2, 12)), np.full((2, 12), 50)], axis=-1).astype(float)
    sums[:, 3] = 0  # a work without labels
    works = {f"work-{k:02}": k % 5 for k in range(12)}
    scores = work_scores(works, sums, SHARE)
    assert scores[3].value is None
    assert scores[0].value == pytest.approx(sums[:, 0, 0].mean() / 50)
    assert sum(score.influence for score in scores) == pytest.approx(0, abs=1e-6)
    file = tmp_path / "works.csv"
    file.write_text(works_to_csv({"b": scores, "a": scores[:2]}))
    assert read_works(file) == {"a": scores[:2], "b": scores}
    assert read_works(tmp_path / "none") == {}
    for text in ("", "x\n", "entry,work_id,fold,value,influence\na,b\n"):
        file.write_text(text)
        with pytest.raises(InputError, match=r"works\.csv"):
            read_works(file)


def test_an_influence_is_what_a_work_moves():
    """To first order, twice a work moves the value by its influence."""
    sums = np.array([[[30.0, 50.0], [45.0, 50.0], [20.0, 100.0]] * 20])
    scores = work_scores({str(k): 0 for k in range(60)}, sums, SHARE)
    total = sums[0].sum(axis=0)
    moved = SHARE.value(total + sums[0, 1]) - SHARE.value(total)
    assert scores[1].influence == pytest.approx(float(moved), rel=0.05)


def test_rounding_of_another_machine_changes_nothing():
    stored = {"a": (WorkScore("w", 0, 0.123456, 1e-5), WorkScore("x", 1, None, -1e-5))}
    again = {"a": (WorkScore("w", 0, 0.123457, 1.00001e-5), WorkScore("x", 1, None, -1e-5))}
    assert settle_works(again, stored) == stored
    for other in (
        (WorkScore("w", 0, 0.1235, 1e-5), stored["a"][1]),
        (WorkScore("w", 0, None, 1e-5), stored["a"][1]),
        (WorkScore("v", 0, 0.123456, 1e-5), stored["a"][1]),
        stored["a"][:1],
    ):
        assert settle_works({"a": other}, stored) == {"a": other}
