"""Charts of the benchmarks, as SVG that is the same for the same figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

OURS, THEIRS = "#1f6f8b", "#b8b8b8"

mpl.use("Agg")
mpl.rcParams |= {
    "svg.hashsalt": "musebench",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_bars(
    file: Path, panels: Mapping[str, Mapping[str, float]], unit: str, ours: Sequence[str]
) -> None:
    """Draw horizontal bars with their values, one panel a comparison.

    Args:
        file: Where the SVG goes.
        panels: Title -> name -> value.
        unit: What the values are.
        ours: Names that are drawn in colour.
    """
    height = 0.9 * len(panels) + 0.32 * sum(map(len, panels.values()))
    sizes = [len(values) + 1.5 for values in panels.values()]
    figure, axes = plt.subplots(
        len(panels), figsize=(7, height), squeeze=False, height_ratios=sizes, layout="constrained"
    )
    for axis, (title, values) in zip(axes[:, 0], panels.items(), strict=True):
        _draw_panel(axis, title, values, ours)
    axes[-1, 0].set_xlabel(unit)
    _save(figure, file)


def _draw_panel(axis: Axes, title: str, values: Mapping[str, float], ours: Sequence[str]) -> None:
    names = list(values)
    colours = [OURS if name in ours else THEIRS for name in names]
    bars = axis.barh(names, list(values.values()), color=colours)
    labels = [f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in values.values()]
    axis.bar_label(bars, labels, padding=3)
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.set_title(title, loc="left", fontsize=10, fontweight="bold")


def draw_growth(
    file: Path, lines: Mapping[str, Mapping[int, float]], x_label: str, y_label: str
) -> None:
    """Draw lines of points in log-log axes.

    Args:
        file: Where the SVG goes.
        lines: Name -> size -> value.
        x_label: What the sizes are.
        y_label: What the values are.
    """
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, points in lines.items():
        axis.loglog(list(points), list(points.values()), marker="o", markersize=4, label=name)
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False)
    _save(figure, file)


def _save(figure: plt.Figure, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(figure)
