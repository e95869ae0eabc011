"""Write the committed files that follow from declarations: stubs, and the README's table.

Run it after a board was added or its texts have changed; a test compares the files.
"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import musebench
from musebench.boards import BOARDS, Board
from musebench.card import markdown_table
from musebench.splits import SPLITS, split_of_pieces

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "musebench"
HEAD = "# Written by tools/write_derived.py from the declarations; change those.\n"
TABLE = re.compile(r"(?<=## Datasets\n\n).*?(?=\n\n)", re.DOTALL)


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
    """The README with the table of the datasets."""
    columns = ["dataset", "what it asks", "train / valid / test", "notes", "labels", "licence"]
    rows = (_row(board) for board in BOARDS.values())
    text = (ROOT / "README.md").read_text("utf-8")
    return TABLE.sub(lambda _: markdown_table(columns, rows), text, count=1)


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
}

if __name__ == "__main__":
    for file, write in DERIVED.items():
        file.write_text(write(), "utf-8")
