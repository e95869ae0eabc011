"""The tables of docs/baselines.md are those of the leaderboards."""

import re
from pathlib import Path

import pytest

from musebench.boards import BOARDS
from musebench.leaderboard.render.numbers import measure_of
from musebench.leaderboard.standings import read_standings

ROOT = Path(__file__).parents[1]
OTHER_MODEL = re.compile(r"\| (\w+) on ([a-z-]+) \| (.*) \|")


def rows_of_boards(page):
    return {
        cells[0]: cells[1:]
        for line in (ROOT / page).read_text("utf-8").splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] in BOARDS
    }


ROWS = rows_of_boards("docs/baselines.md")


def cell_of(standings, entry):
    measure = measure_of(standings, standings.main_metrics[0])
    found = entry.metrics[measure.name]
    return f"{measure.text(found.mean)} {measure.interval(found.low, found.high)}"


def relation(standings, ours, theirs):
    (pair,) = (p for p in standings.pairs if {p.first, p.second} == {ours.id, theirs.id})
    if pair.adjusted_p_value > 0.05:
        return "="
    metric = measure_of(standings, standings.main_metrics[0]).name
    return ">" if ours.metrics[metric].mean > theirs.metrics[metric].mean else "<"


def entries_of(board):
    """The standings of a board, and its learned entries by the names of their models."""
    standings = read_standings(ROOT / "leaderboards" / board / "standings.json")
    suffix = "-fifths" if board.endswith("pitch-spelling") else ""
    return standings, {
        entry.id.removesuffix(suffix): entry
        for entry in standings.entries
        if entry.id.endswith(suffix)
    }


@pytest.mark.parametrize("board", ROWS)
def test_a_row_of_the_results_is_that_of_the_board(board):
    standings, by_model = entries_of(board)
    measure = measure_of(standings, standings.main_metrics[0])
    rules = (entry for entry in standings.entries if entry.kind == "rule")
    best = max(rules, key=lambda entry: entry.metrics[measure.name].mean)
    mlp, gnn = by_model["mlp"], by_model["note-gnn"]
    assert ROWS[board] == [
        measure.label,
        f"{best.method} {cell_of(standings, best)}",
        cell_of(standings, mlp),
        cell_of(standings, gnn),
        relation(standings, gnn, best),
        relation(standings, gnn, mlp),
    ]


def test_the_rows_of_other_models_are_those_of_their_boards():
    rows = OTHER_MODEL.findall((ROOT / "docs" / "baselines.md").read_text("utf-8"))
    shown = {(board, name): [c.strip() for c in cells.split("|")] for name, board, cells in rows}
    expected = {}
    for board in ROWS:
        standings, by_model = entries_of(board)
        for model in by_model.keys() & {"bi-gru", "metrical-gnn", "hybrid-gnn"}:
            entry = by_model[model]
            expected[board, entry.method.partition(",")[0]] = [
                str(entry.num_seeds),
                cell_of(standings, entry),
                relation(standings, entry, by_model["mlp"]),
                relation(standings, entry, by_model["note-gnn"]),
            ]
    assert shown == expected


def test_no_board_with_both_models_is_left_out():
    with_both = {
        folder.parent.name.removesuffix("-fifths")
        for folder in ROOT.glob("leaderboards/*/note-gnn*")
        if (folder.parent / folder.name.replace("note-gnn", "mlp")).is_dir()
    }
    assert set(ROWS) == with_both


def test_the_table_of_the_readme_is_that_of_the_baselines():
    def mean(cell):
        return cell.partition(" [")[0]

    assert rows_of_boards("README.md") == {
        board: [
            metric,
            mean(rule),
            mean(mlp),
            f"**{mean(gnn)}**" if to_rule == ">" else mean(gnn),
        ]
        for board, (metric, rule, mlp, gnn, to_rule, _) in ROWS.items()
    }


def test_the_table_of_the_page_on_reproduction_is_that_of_the_board():
    standings, by_model = entries_of("asap-pitch-spelling")
    by_model |= {entry.id: entry for entry in standings.entries if entry.kind == "rule"}
    columns = (
        "accuracy",
        "accuracy_up_to_shift",
        "accuracy_altered",
        "key_signature_accuracy",
    )
    text = (ROOT / "docs" / "reproduce.md").read_text("utf-8")
    for name, model in (("ps13s1", "ps13s1"), ("MLP", "mlp"), ("NoteGNN", "note-gnn")):
        found = by_model[model].metrics
        cells = [
            f"{100 * value.mean:.2f} [{100 * value.low:.1f}, {100 * value.high:.1f}]"
            if (value := found.get(column))
            else "-"
            for column in columns
        ]
        assert f"| {name} | {' | '.join(cells)} | " in text
