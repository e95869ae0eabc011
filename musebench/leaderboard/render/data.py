"""The numbers of the web site as files for programs, at addresses that stay."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from musebench.boards import BOARDS
from musebench.leaderboard.frozen import Frozen
from musebench.leaderboard.overall import Overall, overall
from musebench.leaderboard.render.croissant import croissant, registry
from musebench.leaderboard.render.entry_page import compare_data
from musebench.leaderboard.render.rows import page_of
from musebench.leaderboard.standings import Standing, Standings, to_json
from musebench.leaderboard.works import works_to_csv
from musebench.splits import table_of_pieces
from musebench.tables import rows_to_text

if TYPE_CHECKING:
    import pandas as pd

DATA_FILES = (
    ("data/all.csv", "every metric of every entry of all boards"),
    ("data/overall.csv", "the methods that stand on all boards of the front page"),
    ("data/archive.csv", "entries of earlier versions of the boards"),
    ("data/<board>/standings.csv", "every metric of every entry of a board"),
    ("data/<board>/standings.json", "the same with all pairs of entries"),
    ("data/<board>/works.csv", "each entry on each work"),
    ("data/registry.json", "the boards: what they ask, their licences, sources, pages and files"),
    ("data/<board>/croissant.json", "the board as Croissant metadata (MLCommons)"),
)
FACTS = (
    *("method", "family", "kind", "division", "trust", "place", "best_rank", "worst_rank"),
    *("num_seeds", "num_parameters", "train_seconds", "predict_seconds", "data_licenses"),
    *("flips_transposed", "external_data", "code_url", "code_commit", "submitted"),
)
COLUMNS = ("board", "version", "entry", *FACTS, "folds", "metric", "mean", "low", "high", "page")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def data_files(
    boards: Sequence[Standings], frozen: Mapping[str, Frozen], archive: "pd.DataFrame"
) -> dict[str, str]:
    """Path -> text of every file; the texts of entries are clean."""
    front = [board for board in boards if not board.is_smoke_test]
    files = {
        "data/all.csv": _csv(COLUMNS, (row for board in boards for row in _rows(board))),
        "data/overall.csv": _overall(overall(front, frozen), [board.board for board in front]),
        "data/registry.json": registry(list(boards)),
        "data/archive.csv": archive.to_csv(index=False, lineterminator="\n"),
    }
    for board in boards:
        folder = f"data/{board.board}"
        files[f"{folder}/standings.csv"] = _csv(COLUMNS, _rows(board))
        files[f"{folder}/standings.json"] = to_json(board)
        files[f"{folder}/works.csv"] = works_to_csv(board.works)
        files[f"{folder}/compare.js"] = compare_data(board)
        if board.board in BOARDS and table_of_pieces(board.board).is_file():
            files[f"{folder}/croissant.json"] = croissant(BOARDS[board.board], board)
    return files


def _rows(board: Standings) -> Iterable[tuple[Any, ...]]:
    for position, entry in enumerate(board.rows):
        facts = [_fact(entry, name) for name in FACTS]
        for view, estimates in (("all", entry.metrics), ("0", entry.official)):
            for metric, found in estimates.items():
                if view == "all" and len(entry.folds) == 1:
                    continue  # it is the official view
                numbers = (found.mean, found.low, found.high)
                yield (
                    *(board.board, board.version, entry.id, *facts, view, metric, *numbers),
                    page_of(board, position),
                )


def _fact(entry: Standing, name: str) -> Any:
    value = getattr(entry, name)
    return "; ".join(value) if isinstance(value, tuple) else value


def _overall(rows: Sequence[Overall], boards: Sequence[str]) -> str:
    families = [*rows[0].by_family] if rows else []
    columns = ("method", "score", "low", "high", "mean_rank", *families, *boards)
    return _csv(
        columns,
        (
            (
                *(row.method, row.score, row.low, row.high, row.mean_rank),
                *row.by_family.values(),
                *(row.shares.get(board) for board in boards),
            )
            for row in rows
        ),
    )


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return rows_to_text(columns, (map(_safe, row) for row in rows))


def _safe(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
