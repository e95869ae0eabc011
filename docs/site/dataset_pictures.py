"""Notes of each composer and split, as ``docs/statistics.md`` counts them in the data."""

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from matplotlib.figure import Figure

from drawing import INK, SPLIT_COLORS, bare
from musebench.boards import BOARDS

STATISTICS = Path(__file__).parent.parent / "statistics.md"
Counts = dict[str, list[int]]  # row -> train, valid, test


@cache
def counted(board: str, table: str) -> Counts:
    """A table of a board in ``docs/statistics.md``: name of the row -> train, valid, test."""
    section = STATISTICS.read_text("utf-8").split(f"\n## {board}\n")[1].split("\n## ")[0]
    rows = section.split(f"**{table}**\n\n")[1].split("\n\n")[0].splitlines()[2:]
    cells = [re.findall(r"[^|]+", row) for row in rows]
    return {
        row[0].strip(): [int(cell.replace(",", "")) for cell in row[1:4]]
        for row in cells
        if row[0].strip()
    }


def composers(board: str) -> Figure:
    """Notes by composer, the largest twelve, coloured by split."""
    counts = sorted(counted(board, "Composers").items(), key=lambda row: -sum(row[1]))
    shown = counts[:12]
    figure = Figure(figsize=(8, 1 + 0.24 * len(shown)), layout="constrained")
    axes = figure.subplots()
    labels = [name for name, _ in shown]
    left = [0] * len(shown)
    for i, (split, color) in enumerate(SPLIT_COLORS.items()):
        values = [row[i] for _, row in shown]
        axes.barh(labels, values, left=left, color=color, label=split, height=0.75)
        left = [a + b for a, b in zip(left, values, strict=True)]
    axes.invert_yaxis()
    rest = f"; {len(counts) - len(shown)} composers have fewer" if counts[len(shown) :] else ""
    axes.set_xlabel(f"notes{rest}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    figure.legend(loc="outside upper left", frameon=False, labelcolor=INK, fontsize=8, ncols=3)
    bare(axes, "bottom")
    return figure


PICTURES: dict[str, Callable[[], Figure]] = {
    f"composers-{board}": partial(composers, board) for board in BOARDS
}
