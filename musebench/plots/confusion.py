"""The confusion matrix of a head: which class is predicted as which."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.evaluation import Confusion
from musebench.plots.style import (
    GRID,
    MUTED,
    PALETTE,
    SMALL,
    new_figure,
    styled,
    write_below,
    write_beside,
)

NUM_LISTED = 10  # listed mistakes
MOST_WRITTEN = 12  # with up to this many classes, cells contain their shares
LIST_WIDTH, LIST_ROW = 3.3, 0.26  # inches
_NORM = PowerNorm(0.4, 0, 1)  # makes a few percent visible
_RIGHT = LinearSegmentedColormap.from_list("right", ["white", PALETTE[0]])
_WRONG = LinearSegmentedColormap.from_list("wrong", ["white", PALETTE[1]])


@styled()
def draw_confusion(confusion: Confusion, title: str = "") -> Figure:
    """Draw a confusion matrix, one row of shares per true class, and the worst mistakes.

    Blue is correct, orange is wrong. The numbers on the right are the recall and the size of the
    class. A class that is never true has an empty row.

    Args:
        confusion: The matrix of one head, from ``Evaluator.confusions``.
        title: Title; empty for the head.

    Raises:
        InputError: If no class occurs.
    """
    number = len(confusion.classes)
    if not number:
        msg = f"no prediction has a label of {confusion.head!r}; there is no matrix to draw."
        raise InputError(msg)
    cell = 0.42 if number <= MOST_WRITTEN else 0.2
    listed = min(NUM_LISTED, len(confusion.most_frequent(NUM_LISTED)))
    list_height = 1 + LIST_ROW * max(listed, 1)
    height = max(cell * number + 1.6, list_height + 0.6)
    figure = new_figure(cell * number + 2.3 + LIST_WIDTH, height)
    grid = figure.add_gridspec(
        2,
        2,
        width_ratios=[cell * number + 1.4, LIST_WIDTH],
        height_ratios=[list_height, max(height - list_height, 0.01)],
    )
    _draw_matrix(figure.add_subplot(grid[:, 0]), confusion)
    _draw_list(figure.add_subplot(grid[0, 1]), confusion)
    figure.suptitle(title or confusion.head.replace("_", " "), x=0.01, ha="left")
    write_below(figure, "Shares of each true class. Blue: correct; orange: predicted as another.")
    return figure


def _draw_matrix(axes: Axes, confusion: Confusion) -> None:
    shares, number = confusion.shares, len(confusion.classes)
    right = np.eye(number, dtype=np.bool_)
    for colours, hidden in ((_RIGHT, ~right), (_WRONG, right)):
        masked = np.ma.masked_array(shares, hidden | np.isnan(shares))
        axes.imshow(masked, cmap=colours, norm=_NORM, aspect="auto", interpolation="nearest")
    small: Any = {"fontsize": SMALL if number <= 40 else 6.5}
    turned = 0 if max(map(len, confusion.classes)) * number < 40 else 90
    axes.set_xticks(range(number), confusion.classes, rotation=turned, **small)
    axes.set_yticks(range(number), confusion.classes, **small)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    edges = np.arange(number + 1) - 0.5
    axes.hlines(edges, -0.5, number - 0.5, color=GRID, linewidth=0.4)
    axes.vlines(edges, -0.5, number - 0.5, color=GRID, linewidth=0.4)
    axes.spines[:].set_visible(False)
    scores = confusion.by_class()
    recall = ["" if score.recall is None else f"{100 * score.recall:.1f}" for score in scores]
    write_beside(axes, recall, "correct, %")
    write_beside(axes, [f"{score.num_true:,}" for score in scores], f"{confusion.unit}s", right=84)
    if number <= MOST_WRITTEN:
        _write_shares(axes, shares)


def _write_shares(axes: Axes, shares: NDArray[np.float64]) -> None:
    """Write the shares into the cells that are not empty, in whole percent."""
    for (row, column), share in np.ndenumerate(shares):
        if share > 0:
            text = f"{100 * share:.0f}" if share >= 0.005 else "<1"
            colour = "white" if share > 0.5 else None
            axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)


def _draw_list(axes: Axes, confusion: Confusion) -> None:
    """Draw the most frequent mistakes as bars."""
    mistakes = confusion.most_frequent(NUM_LISTED)
    axes.set_title("Most frequent mistakes", fontsize=9)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    axes.tick_params(length=0)
    if not mistakes:
        axes.set_yticks([])
        axes.text(0, 1, "none", va="top", color=MUTED)
        return
    names = [f"{mistake.true} as {mistake.predicted}" for mistake in mistakes]
    counts = [mistake.count for mistake in mistakes]
    bars = axes.barh(range(len(names)), counts, height=0.62, color=PALETTE[1])
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    texts = [f"{m.count:,} ({100 * m.share:.1f} % of {m.true})" for m in mistakes]
    axes.bar_label(bars, texts, padding=3, fontsize=SMALL)
    axes.set_xlim(0, 2.6 * max(counts))  # room for the texts
