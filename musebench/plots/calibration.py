"""The reliability diagram: predicted probability against the share that is true."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from musebench.errors import InputError
from musebench.evaluation import Reliability
from musebench.plots.style import (
    MUTED,
    colour_of,
    label_log_axis,
    line_of,
    new_figure,
    styled,
    write_below,
)


@styled()
def draw_reliability(found: Mapping[str, Reliability], title: str = "") -> Figure:
    """Draw how often events are true against their predicted probability.

    On the diagonal, probabilities are correct; below it a model is overconfident. The legend has
    the expected calibration error. A histogram below shows the predictions per bin, on a log scale.

    Args:
        found: Name -> reliability, from ``Evaluator.reliabilities``; one line each.
        title: Title.

    Raises:
        InputError: If there is nothing to draw.
    """
    if not found:
        msg = "there is nothing to draw; a reliability diagram needs at least one prediction file."
        raise InputError(msg)
    figure = new_figure(5.2, 6.4)
    curve, histogram = figure.subplots(2, sharex=True, height_ratios=[3, 1])
    curve.plot([0, 100], [0, 100], color=MUTED, linestyle=(0, (4, 3)), linewidth=1)
    for k, (name, reliability) in enumerate(found.items()):
        look = {"color": colour_of(k), "linestyle": line_of(k)}
        filled = reliability.count > 0
        label = f"{name} (expected error {100 * reliability.expected_error:.2g} %)"
        predicted, observed = (
            100 * part[filled] for part in (reliability.predicted, reliability.observed)
        )
        curve.plot(predicted, observed, "o", **look, linewidth=1.8, markersize=5, label=label)
        edges = np.linspace(0, 100, len(reliability.count) + 1)
        ends = edges[:-1][filled], edges[1:][filled]
        histogram.hlines(reliability.count[filled], *ends, colors=colour_of(k), linewidth=2.2)
    curve.set_ylabel("true, %")
    curve.set_xlim(-1, 101)
    curve.set_ylim(-1, 101)
    curve.legend(loc="upper left")
    curve.set_title(title)
    histogram.set_yscale("log")
    label_log_axis(histogram.yaxis)
    histogram.set_ylabel("predictions")
    histogram.set_xlabel("predicted probability, %")
    for axes in (curve, histogram):
        axes.grid(visible=True)
    write_below(figure, "Below the diagonal: overconfident; above it: underconfident.")
    return figure
