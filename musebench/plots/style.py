"""The style of all pictures, and how they are written: one palette, reproducible bytes."""

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

# By Okabe and Ito, distinguishable with colour blindness, without yellow, invisible on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
LINES = ("-", "--", ":")  # for further lines, when colours repeat
INK, MUTED, GRID = "#222222", "#767676", "#dddddd"
SMALL, NORMAL = 7.5, 9  # points
SHORT_AXIS = 50  # ratio of the ends of a log axis
ROW = 0.22  # inches per row of a name and its drawing

# Metadata of a file, without the date and the version of matplotlib.
SUFFIXES: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
WRITTEN = "a picture (.svg, .png or .pdf)"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # included in matplotlib
    "font.size": NORMAL,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is not math
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
    "svg.fonttype": "path",  # independent of the reader's fonts
    "svg.hashsalt": "musebench",
}
_OWN = ("backend", "backend_fallback", "interactive", "toolbar", "timezone")  # left to the user


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of musebench, independent of the user's settings; also a decorator."""
    default: Any = {key: value for key, value in mpl.rcParamsDefault.items() if key not in _OWN}
    with mpl.rc_context(default | _STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, with constrained layout."""
    return Figure(figsize=(width, height), layout="constrained")


def colour_of(index: int) -> str:
    """The colour of the ``index``-th of several things, from 0."""
    return PALETTE[index % len(PALETTE)]


def line_of(index: int) -> str:
    """The line style of the ``index``-th of several things: it changes when colours repeat."""
    return LINES[index // len(PALETTE) % len(LINES)]


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write names next to rows 0, 1, ..., the first one on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")


def write_beside(axes: Axes, texts: Sequence[str], title: str = "", right: float = 40) -> None:
    """Write a column of texts next to rows 0, 1, ..., ending ``right`` points from the axes."""
    look: Any = {"ha": "right", "textcoords": "offset points", "fontsize": SMALL}
    for row, text in enumerate(texts):
        place = axes.get_yaxis_transform()
        axes.annotate(text, (1, row), (right, 0), xycoords=place, va="center", **look)
    axes.annotate(title, (1, 1), (right, 3), xycoords="axes fraction", color=MUTED, **look)


def thousands(value: float, _: int | None = None) -> str:
    """A tick as text, such as ``12,000`` or ``0.05``."""
    return f"{value:,.10g}"


def label_log_axis(axis: XAxis | YAxis) -> None:
    """Write ticks of a log axis as plain numbers: powers of ten, and 2 and 5 on a short axis."""
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
    """Write a picture, whole or not at all; the suffix sets the format.

    Args:
        figure: The picture.
        file: Name that ends in ``.svg``, ``.png`` or ``.pdf``; its folder is created.

    Returns:
        The file.

    Raises:
        InputError: If its suffix is not accepted, or it cannot be written.
        StorageError: If the disk is full.
    """
    path = check_picture(file)
    suffix = path.suffix.lower()
    with writing_whole(path) as unfinished, styled():
        figure.savefig(unfinished, format=suffix[1:], metadata=SUFFIXES[suffix])
    return path


def check_picture(file: str | Path) -> Path:
    """Refuse a picture that could not be written, before anything is computed; create its folder.

    Raises:
        InputError: If its suffix is not accepted, or it cannot be written.
    """
    check_suffix(file, tuple(SUFFIXES), WRITTEN)
    make_folder(Path(file).parent)
    return check_target(file)


def tell_apart(files: Sequence[str | Path]) -> list[str]:
    """Short names of files: the parts in which their paths differ.

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
