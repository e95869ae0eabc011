"""What the pictures share: the toy score, its piano roll, panels of text, and the arrow between."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from musebench import read_score
from musebench.score import NoteTable

TOY = Path(__file__).parent / "toy.krn"
INK = "#010203"  # stands for the colour of the text
GREY = "#8a9096"
PALE = "#b9bec4"
RELATION_COLORS = {"onset": "#3b8ede", "consecutive": "#e04b45", "during": "#35a04c"}
RELATION_COLORS |= {"rest": "#c99700"}
SPLIT_COLORS = {"train": "#3b8ede", "valid": "#c99700", "test": "#e04b45"}
HOP_COLORS = ("#e8743b", "#3b8ede", "#9cc7ef")  # targets, one hop, two hops
TEXT = {"color": INK, "fontsize": 9}
CODE = {**TEXT, "family": "monospace", "fontsize": 8}


@cache
def toy_score() -> NoteTable:
    """The score of the pictures."""
    return read_score(TOY)


def names(notes: NoteTable) -> list[str]:
    """Names of the notes without octaves, such as ``C#``."""
    columns = (notes.step.tolist(), notes.alter.tolist())
    return [f"{s}{'#' * a if a > 0 else 'b' * -a}" for s, a in zip(*columns, strict=True)]


def in_and_out(
    height: float = 2.6, widths: tuple[float, float] = (1, 1)
) -> tuple[Figure, Axes, Axes]:
    """A figure of what enters and what leaves, with an arrow between them."""
    figure = Figure(figsize=(8.6, height), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(widths[0], 0.09, widths[1]))
    middle.axis("off")
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 2}
    middle.annotate(
        "",
        (1.3, 0.5),
        (-0.3, 0.5),
        xycoords="axes fraction",
        arrowprops=arrow,
        annotation_clip=False,
    )
    title(left, "enters")
    title(right, "leaves")
    return figure, left, right


def title(axes: Axes, words: str) -> None:
    """Words above a panel."""
    axes.set_title(words, loc="left", color=GREY, fontsize=9)


def bare(axes: Axes, *kept: str) -> None:
    """Take the frame away but for these sides, and use the colour of the text."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in kept)
        spine.set_color(GREY)
    axes.tick_params(colors=INK, labelsize=8, length=0 if not kept else 3)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=9)


def text_panel(axes: Axes, lines: Sequence[str], *, size: float = 8, step: float = 0.0) -> None:
    """Lines of code or of a table, from the top."""
    axes.axis("off")
    step = step or 1 / max(len(lines), 9)
    for row, line in enumerate(lines):
        axes.text(0, 1 - (row + 0.5) * step, line, **CODE | {"fontsize": size}, va="center")


def roll(
    axes: Axes, colors: Sequence[str] | None = None, labels: Sequence[str] | None = None
) -> None:
    """The toy score as bars: time to the right, pitch upwards."""
    notes = toy_score()
    bars = [
        Rectangle((on, pitch - 0.5), 0.92 * length, 1)
        for on, length, pitch in zip(
            notes.onset_quarter, notes.duration_quarter, notes.pitch, strict=True
        )
    ]
    axes.add_collection(PatchCollection(bars, color=colors or [PALE] * len(notes)))
    end = notes.measures.end_div[-1] / notes.divs_pq
    for start in notes.measures.start_div / notes.divs_pq:
        axes.axvline(start - 0.04, color=GREY, lw=0.5, alpha=0.5, zorder=0)
    axes.set(xlim=(-0.2, end), ylim=(notes.pitch.min() - 3, notes.pitch.max() + 4))
    axes.set(xticks=[], yticks=[])
    bare(axes)
    for i, label in enumerate(labels or ()):
        place = (notes.onset_quarter[i], notes.pitch[i] + 0.7)
        axes.text(*place, label, **TEXT | {"fontsize": 7})
