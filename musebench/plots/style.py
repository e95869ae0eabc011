"""How all pictures look and how they are written: one palette, the same bytes for the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from musebench.files import check_suffix, check_target, make_folder, printable, writing_whole

# Okabe and Ito's, which colour-blind people tell apart, less the yellow that is lost on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
LINES = ("-", "--", ":")  # once the colours are used up
INK, MUTED, GRID = "#222222", "#767676", "#dddddd"
SMALL, NORMAL = 7.5, 9  # points
SHORT_AXIS = 50  # ratio of the ends of a log axis
ROW = 0.22  # inches of a name and what is drawn beside it

# What a file says of itself less the date and the version of matplotlib.
SUFFIXES: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
WRITTEN = "a picture (.svg, .png or .pdf)"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # the one that comes with matplotlib
    "font.size": NORMAL,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.titlesize": 10,
    "figure.titleweight": "bold",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "savefig.dpi": 150,
    "svg.fonttype": "path",  # the same with whatever fonts the reader has
    "svg.hashsalt": "musebench",
}
_OWN = ("backend", "backend_fallback", "interactive", "toolbar", "timezone")  # left to the user


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of musebench, whatever the user's own settings are; also a decorator."""
    default: Any = {key: value for key, value in mpl.rcParamsDefault.items() if key not in _OWN}
    with mpl.rc_context(default | _STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty picture of this size in inches, whose parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained")


def colour_of(index: int) -> str:
    """The colour of the ``index``-th of several things, from 0."""
    return PALETTE[index % len(PALETTE)]


def line_of(index: int) -> str:
    """The line style of the ``index``-th of several things: another one when colours come again."""
    return LINES[index // len(PALETTE) % len(LINES)]


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write names beside rows 0, 1, ..., the first one on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")


def write_beside(axes: Axes, texts: Sequence[str], title: str = "", right: float = 40) -> None:
    """Write a column of texts beside rows 0, 1, ..., which ends ``right`` points from the axes."""
    look: Any = {"ha": "right", "textcoords": "offset points", "fontsize": SMALL}
    for row, text in enumerate(texts):
        place = axes.get_yaxis_transform()
        axes.annotate(text, (1, row), (right, 0), xycoords=place, va="center", **look)
    axes.annotate(title, (1, 1), (right, 3), xycoords="axes fraction", color=MUTED, **look)


def thousands(value: float, _: int | None = None) -> str:
    """A tick as text, such as ``12,000`` or ``0.05``."""
    return f"{value:,.10g}"


def label_log_axis(axis: XAxis | YAxis) -> None:
    """Write the ticks of a log axis as plain numbers: powers of ten; of a short one 2 and 5 too."""
    low, high = axis.get_view_interval()
    axis.set_major_formatter(FuncFormatter(thousands))
    if high > SHORT_AXIS * low:
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
        axis.set_minor_formatter(FuncFormatter(thousands))


def write_below(figure: Figure, text: str) -> None:
    """Write a note below a picture."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=SMALL, color=MUTED)


def save(figure: Figure, file: str | Path) -> Path:
    """Write a picture, whole or not at all; the suffix says in which format.

    Args:
        figure: The picture.
        file: Name that ends in ``.svg``, ``.png`` or ``.pdf``; its folder is made.

    Returns:
        The file.

    Raises:
        InputError: If it has another suffix, or cannot be written.
        StorageError: If the disk is full.
    """
    path = check_picture(file)
    suffix = path.suffix.lower()
    with writing_whole(path) as unfinished, styled():
        figure.savefig(unfinished, format=suffix[1:], metadata=SUFFIXES[suffix])
    return path


def check_picture(file: str | Path) -> Path:
    """Refuse a picture that could not be written, before anything is computed; make its folder.

    Raises:
        InputError: If its name has another suffix, or it cannot be written.
    """
    check_suffix(file, tuple(SUFFIXES), WRITTEN)
    make_folder(Path(file).parent)
    return check_target(file)


def tell_apart(files: Sequence[str | Path]) -> list[str]:
    """Short names of files: of their paths, the parts in which they differ.

    >>> tell_apart(["boards/mlp/test.npz", "boards/note-gnn/test.npz"])
    ['mlp', 'note-gnn']
    """
    parts = [Path(printable(str(file))).with_suffix("").parts for file in files]
    if len(parts) == 1:
        return [parts[0][-1]]
    if len({len(path) for path in parts}) > 1:
        return [str(Path(*path)) for path in parts]
    differing = [i for i, column in enumerate(zip(*parts, strict=True)) if len(set(column)) > 1]
    return ["/".join(path[i] for i in differing) or path[-1] for path in parts]
