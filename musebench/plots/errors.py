"""Errors of predictions: the main metric by composer, precision and recall by class."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from musebench.errors import InputError
from musebench.evaluation import ClassScore, Confusion
from musebench.leaderboard import shown_as
from musebench.plots.style import GRID, PALETTE, ROW, name_rows, new_figure, styled, write_beside


@styled()
def draw_errors(
    result: Mapping[str, Any], metric: str, confusion: Confusion | None = None, title: str = ""
) -> Figure:
    """Draw a metric by composer and, below, precision and recall of the classes of a head.

    Args:
        result: The result of ``Evaluator.eval``.
        metric: One of the main metrics.
        confusion: The head, from ``Evaluator.confusions``; None for a task without classes.
        title: Title.

    Raises:
        InputError: If the result has no such metric by composer.
    """
    composers: Mapping[str, Mapping[str, Any]] = result["by_composer"]
    known = [name for name in next(iter(composers.values())) if not name.startswith("num_")]
    if metric not in known:
        msg = f"there is no {metric!r} by composer; there is {', '.join(known)}."
        raise InputError(msg)
    scores = confusion.by_class() if confusion else []
    rows = [len(composers), *([len(scores)] if scores else [])]
    heights = [ROW * number + 0.75 for number in rows]
    figure = new_figure(6.5, sum(heights) + 0.3)
    panels: list[Axes] = list(
        figure.subplots(len(rows), squeeze=False, height_ratios=heights)[:, 0]
    )
    _draw_composers(panels[0], composers, metric)
    if confusion and scores:
        _draw_classes(panels[1], scores, confusion)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _draw_composers(axes: Axes, composers: Mapping[str, Mapping[str, Any]], metric: str) -> None:
    name_rows(axes, list(composers))
    factor = shown_as(metric).factor
    for row, found in enumerate(composers.values()):
        if found[metric] is not None:
            axes.plot(factor * found[metric], row, "o", color=PALETTE[0], markersize=6)
    words = metric.replace("_", " ")
    axes.set_xlabel(f"{words}, %" if factor == 100 else words)
    unit = next(name for name in next(iter(composers.values())) if name.startswith("num_"))
    counts = [f"{found[unit]:,}" for found in composers.values()]
    write_beside(axes, counts, unit.removeprefix("num_"))


def _draw_classes(axes: Axes, scores: list[ClassScore], confusion: Confusion) -> None:
    """Draw precision and recall of each class as two points of a line."""
    name_rows(axes, confusion.classes)
    for row, score in enumerate(scores):
        ends = [v for v in (score.precision, score.recall) if v is not None]
        axes.plot([100 * end for end in ends], [row] * len(ends), color=GRID, linewidth=3)
    for name, colour, marker in (("precision", PALETTE[0], ">"), ("recall", PALETTE[1], "<")):
        values = [getattr(score, name) for score in scores]
        there = [row for row, value in enumerate(values) if value is not None]
        shown = [100 * values[row] for row in there]
        axes.plot(shown, there, marker, color=colour, markersize=5.5, label=name)
    axes.set_xlabel(f"precision and recall of {confusion.head.replace('_', ' ')}, %")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)
    write_beside(axes, [f"{score.num_true:,}" for score in scores], f"{confusion.unit}s")
