"""Charts of a dataset, from the tables that ``musebench stats`` prints."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from musebench.plots.style import (
    GRID,
    INK,
    PALETTE,
    ROW,
    SMALL,
    colour_of,
    label_log_axis,
    name_rows,
    new_figure,
    styled,
    thousands,
    write_beside,
)

if TYPE_CHECKING:
    import pandas as pd

MARKERS = "osD"  # of train, valid, test
_THOUSANDS = FuncFormatter(thousands)


@styled()
def draw_statistics(board: str, tables: "dict[str, pd.DataFrame]") -> dict[str, Figure]:
    """Draw the composers, the sizes of pieces, and the classes of each head.

    Args:
        board: Name of the board, for the titles.
        tables: From ``musebench.datasets.statistics.dataset_statistics``.

    Returns:
        Name of the table -> picture: ``composers``, ``sizes`` and ``classes_<head>``.
    """
    figures = {
        "composers": _draw_composers(tables["composers"]),
        "sizes": _draw_sizes(tables["sizes"]),
    }
    for name, table in tables.items():
        if name.startswith("classes_"):
            figures[name] = _draw_classes(table)
    for name, figure in figures.items():
        words = name.replace("classes_", "classes of ").replace("_", " ")
        figure.suptitle(f"{board}: {words}", x=0.01, ha="left")
    return figures


def _draw_composers(table: "pd.DataFrame") -> Figure:
    """Notes of each composer, stacked by split, most notes first."""
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    figure = new_figure(7, 1.1 + ROW * len(table))
    axes = figure.subplots()
    name_rows(axes, [str(name) for name in table.index])
    left = np.zeros(len(table))
    for k, split in enumerate(table.columns):
        width = table[split].to_numpy(np.float64)
        axes.barh(range(len(table)), width, left=left, color=colour_of(k), height=0.7, label=split)
        left += width
    axes.set_xlabel("notes")
    axes.xaxis.set_major_formatter(_THOUSANDS)
    axes.legend(loc="lower right")
    write_beside(axes, [f"{total:,.0f}" for total in left])
    return figure


def _draw_classes(table: "pd.DataFrame") -> Figure:
    """Share of each class in the labels of each split, on a log scale to show rare ones."""
    figure = new_figure(7, 1.2 + ROW * len(table))
    axes = figure.subplots()
    name_rows(axes, [str(name) for name in table.index])
    shares = 100 * table / table.sum(axis=0)
    for row, values in enumerate(shares.to_numpy()):
        ends = values[values > 0]
        axes.plot([ends.min(), ends.max()], [row, row], color=GRID, linewidth=3)
    for k, split in enumerate(table.columns):
        there = np.flatnonzero(table[split] > 0)
        values = shares[split].to_numpy()[there]
        look: Any = {"color": colour_of(k), "markersize": 4.5 if k else 6}
        axes.plot(values, there, MARKERS[k % len(MARKERS)], **look, label=split)
    axes.set_xscale("log")
    label_log_axis(axes.xaxis)
    axes.set_xlabel("share of the split's labels, %, log scale")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)
    write_beside(axes, [f"{total:,.0f}" for total in table.sum(axis=1)], "labels")
    return figure


def _draw_sizes(table: "pd.DataFrame") -> Figure:
    """Minimum, quartiles and maximum of the sizes of pieces, each on its own scale."""
    figure = new_figure(7, 0.4 + 0.75 * len(table))
    panels: list[Axes] = list(figure.subplots(len(table), squeeze=False)[:, 0])
    for axes, (name, row) in zip(panels, table.iterrows(), strict=True):
        low, first, median, third, high = row.to_numpy(np.float64)
        axes.plot([low, high], [0, 0], color=PALETTE[0], linewidth=1.2)
        axes.plot([first, third], [0, 0], color=PALETTE[0], linewidth=8, solid_capstyle="butt")
        axes.plot(median, 0, "|", color="white", markersize=8, markeredgewidth=2)
        for value, side in ((low, "right"), (median, "center"), (high, "left")):
            axes.annotate(
                f"{value:,.6g}",
                (value, 0),
                (0, 7),
                textcoords="offset points",
                ha=side,
                fontsize=SMALL,
                color=INK,
            )
        axes.set_ylim(-1, 1.6)
        axes.set_yticks([0], [str(name).removeprefix("num_").replace("_", " ")])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(_THOUSANDS)
    return figure
