"""The tables of docs/baselines.md are those of the leaderboards."""

from pathlib import Path

import pytest

from musebench.boards import BOARDS
from musebench.leaderboard.render.numbers import measure_of
from musebench.leaderboard.standings import read_standings

ROOT = Path(__file__).parents[1]


def rows_of_boards(page):
    return {
        cells[0]: cells[1:]
        for line in (ROOT / page).read_text("utf-8").splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] in BOARDS
    }


ROWS = rows_of_boards("docs/baselines.md")


@pytest.mark.parametrize("board", ROWS)
def test_a_row_of_the_results_is_that_of_the_board(board):
    standings = read_standings(ROOT / "leaderboards" / board / "standings.json")
    measure = measure_of(standings, standings.main_metrics[0])

    def mean(entry):
        return entry.metrics[measure.name].mean

    def cell(entry):
        found = entry.metrics[measure.name]
        return f"{measure.text(found.mean)} {measure.interval(found.low, found.high)}"

    def relation(ours, theirs):
        if set(ours.letters) & set(theirs.letters):
            return "="
        return ">" if mean(ours) > mean(theirs) else "<"

    best = max((entry for entry in standings.entries if entry.kind == "rule"), key=mean)
    suffix = "-fifths" if board.endswith("pitch-spelling") else ""
    by_id = {entry.id: entry for entry in standings.entries}
    mlp, gnn = (by_id[model + suffix] for model in ("mlp", "note-gnn"))
    assert ROWS[board] == [
        measure.label,
        f"{best.method} {cell(best)}",
        cell(mlp),
        cell(gnn),
        relation(gnn, best),
        relation(gnn, mlp),
    ]


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
