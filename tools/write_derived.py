"""Write the committed files that follow from declarations and standings: stubs and tables.

Run it after a board was added, its texts have changed, or its standings were rendered; a test
compares the files.
"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import musebench
from musebench.boards import BOARDS, Board
from musebench.card import markdown_table
from musebench.leaderboard import (
    MISSING,
    STANDINGS,
    Measure,
    Standing,
    boards_in,
    measure_of,
    read_standings,
)
from musebench.splits import SPLITS, split_of_pieces

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "musebench"
HEAD = "# Written by tools/write_derived.py from the declarations; change those.\n"
TABLE = re.compile(r"(?<=## Datasets\n\n).*?(?=\n\n)", re.DOTALL)
RESULTS = re.compile(r"(?<=<!-- results -->\n\n).*?(?=\n\n<!-- end of results -->)", re.DOTALL)
KINDS = ("rule", "shortcut", "trees", "learned")


def stub_of_package() -> str:
    """The stub of ``musebench``: where each public name comes from."""
    homes = dict(musebench.HOMES)
    homes |= {board.dataset: "musebench.datasets.classes" for board in BOARDS.values()}
    lines = sorted(f"from {home} import {name} as {name}" for name, home in homes.items())
    return HEAD + "\n".join(lines) + "\n\nHOMES: dict[str, str]\n__version__: str\n"


def stub_of_classes() -> str:
    """The stub of ``musebench.datasets.classes``: the classes with their docstrings."""
    parts = [
        f"{HEAD}from musebench.boards import Board\n"
        "from musebench.datasets.base import ScoreGraphDataset\n\n"
        "def dataset_class(board: Board) -> type[ScoreGraphDataset]: ...\n"
    ]
    for board in BOARDS.values():
        docstring = textwrap.indent(f'"""{board.docstring}\n"""', " " * 4)
        parts.append(f"class {board.dataset}(ScoreGraphDataset):\n{docstring}\n")
    return "\n".join(parts)


def readme() -> str:
    """The README with the tables of the datasets and of the boards."""
    columns = ["dataset", "what it asks", "train / valid / test", "notes", "labels", "licence"]
    rows = (_row(board) for board in BOARDS.values())
    text = (ROOT / "README.md").read_text("utf-8")
    text = TABLE.sub(lambda _: markdown_table(columns, rows), text, count=1)
    return RESULTS.sub(lambda _: results(with_intervals=False), text, count=1)


def baselines() -> str:
    """The page of the baselines with the table of results."""
    text = (ROOT / "docs" / "baselines.md").read_text("utf-8")
    return RESULTS.sub(lambda _: results(with_intervals=True), text, count=1)


def results(*, with_intervals: bool) -> str:
    """The best entry of each kind on each board, by the first main metric."""
    rows = []
    for name in boards_in(ROOT / "leaderboards"):
        board = read_standings(ROOT / "leaderboards" / name / STANDINGS)
        measure = measure_of(board, board.main_metrics[0])
        row = [name, measure.title]
        for kind in KINDS:
            found = [entry for entry in board.entries if entry.kind == kind and entry.place]
            row.append(
                _result(found[0], measure, with_intervals=with_intervals) if found else MISSING
            )
        rows.append(row)
    columns = ["board", "metric", "best rule", "shortcut", "trees", "best learned"]
    return markdown_table(columns, rows, numbers_from=2)


def _result(entry: Standing, measure: Measure, *, with_intervals: bool) -> str:
    found = entry.metrics[measure.name]
    parts = [] if entry.kind in ("shortcut", "trees") else [entry.method]
    parts.append(measure.text(found.mean))
    if with_intervals:
        parts.append(measure.interval(found.low, found.high))
    return " ".join(parts)


def _row(board: Board) -> tuple[str, ...]:
    task, pieces = board.task, split_of_pieces(board.name).value_counts()
    heads = (
        f"{head.replace('_', ' ')}{f' ({len(classes)})' if classes else ''}"
        for head, classes in task.heads.items()
    )
    return (
        f"`{board.dataset}`",
        board.about,
        " / ".join(str(pieces[split]) for split in SPLITS),
        _num_notes(board),
        f"per {task.unit}: {', '.join(heads)}".replace("per graph", "per piece"),
        board.corpus.license.removeprefix("LicenseRef-"),
    )


def _num_notes(board: Board) -> str:
    """Notes of all splits, as ``docs/statistics.md`` counts them in the data."""
    text = (ROOT / "docs" / "statistics.md").read_text("utf-8")
    rows = text.split(f"\n## {board.name}\n")[1].split("**Composers**")[0].splitlines()
    cells = [[cell.strip() for cell in row.split("|")] for row in rows if row.startswith("|")]
    column = cells[0].index("notes")
    counts = (int(row[column].replace(",", "")) for row in cells if row[1] in SPLITS)
    return f"{sum(counts):,}"


DERIVED: dict[Path, Callable[[], str]] = {
    PACKAGE / "__init__.pyi": stub_of_package,
    PACKAGE / "datasets" / "classes.pyi": stub_of_classes,
    ROOT / "README.md": readme,
    ROOT / "docs" / "baselines.md": baselines,
}

if __name__ == "__main__":
    for file, write in DERIVED.items():
        file.write_text(write(), "utf-8")
