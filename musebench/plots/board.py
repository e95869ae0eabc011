"""The chart of a board: every entry with its interval, in order."""

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from musebench.errors import InputError
from musebench.leaderboard import (
    Measure,
    Standing,
    Standings,
    measure_of,
    rank_text,
    rank_words,
    shorten,
)
from musebench.plots.style import (
    MUTED,
    PALETTE,
    ROW,
    name_rows,
    new_figure,
    styled,
    write_below,
    write_beside,
)

NAME_LENGTH = 34  # characters of a method's name
NOTE_WIDTH = 88  # characters of a line of the note


@styled()
def draw_board(standings: Standings, metric: str | None = None) -> Figure:
    """Draw the entries of a board as points with 95 % intervals, in the order of the board.

    Learned models are filled, rules are hollow; entries without a value of the main metric are
    grey.

    Args:
        standings: The board, from ``musebench.leaderboard.standings.read_standings``.
        metric: One of its metrics; None for the first main metric. An entry without a value keeps
            its row.

    Raises:
        InputError: If the board has no entry or no such metric.
    """
    if not standings.entries:
        msg = f"{standings.board} has no entries; there is nothing to draw."
        raise InputError(msg)
    name = metric or standings.main_metrics[0]
    if name not in standings.metrics:
        msg = f"{standings.board} has no metric {name!r}; it has {', '.join(standings.metrics)}."
        raise InputError(msg)
    measure, entries = measure_of(standings, name), standings.entries
    figure = new_figure(7.5, 1.3 + 1.15 * ROW * len(entries))
    axes = figure.subplots()
    name_rows(axes, [_name(entry) for entry in entries])
    for row, entry in enumerate(entries):
        _draw_entry(axes, row, entry, measure)
    ceiling = measure.shown(standings.ceiling) if name == standings.main_metrics[0] else None
    if ceiling is not None:
        axes.axvline(ceiling, color=MUTED, linewidth=1.2, linestyle="--")
        axes.annotate(
            "people",
            xy=(ceiling, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3, -9),
            textcoords="offset points",
            ha="right",
            color=MUTED,
        )
    axes.set_title(f"{standings.board} {standings.version}", x=0)
    axes.set_xlabel(
        measure.title if measure.higher_is_better else f"{measure.title} (lower is better)"
    )
    axes.margins(x=0.04)
    write_beside(axes, [_value(entry, measure) for entry in entries], measure.unit)
    write_beside(axes, [rank_text(entry) for entry in entries], "rank", right=84)
    write_below(figure, _note(standings, entries))
    return figure


def _name(entry: Standing) -> str:
    return shorten(entry.method, NAME_LENGTH)


def _value(entry: Standing, measure: Measure) -> str:
    estimate = entry.metrics.get(measure.name)
    return measure.text(estimate.mean if estimate else None)


def _draw_entry(axes: Axes, row: int, entry: Standing, measure: Measure) -> None:
    estimate = entry.metrics.get(measure.name)
    if estimate is None:
        return
    mean, low, high = (measure.shown(v) for v in (estimate.mean, estimate.low, estimate.high))
    if mean is None:
        return
    learned = entry.kind == "learned"
    colour = MUTED if entry.place is None else PALETTE[0] if learned else PALETTE[1]
    if low is not None and high is not None:
        axes.plot([low, high], [row, row], color=colour, linewidth=2, solid_capstyle="butt")
    face = colour if learned else "white"
    axes.plot(mean, row, "o", markersize=7, color=colour, markerfacecolor=face, markeredgewidth=1.6)


def _note(standings: Standings, entries: Sequence[Standing]) -> str:
    lines = [
        f"95 % intervals over the {standings.num_works} works of the test split and the seeds.",
        "Filled: learned models; hollow: rules; grey: no value of the first main metric.",
        *textwrap.wrap(rank_words(entries), NOTE_WIDTH),
    ]
    return "\n".join(lines)
