"""A board: a corpus seen through a task, at a version, declared once with all its texts.

A board is all that is needed to know the labels of a dataset and to score predictions on it,
without torch. The datasets are the same boards as graphs.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

from musebench.corpora import AnyCorpus
from musebench.errors import InputError
from musebench.registry import Registry
from musebench.splits import TABLES
from musebench.tasks import TASKS, Task

DOCSTRING_WIDTH = 96


@dataclass(frozen=True, kw_only=True)
class Board:
    """A benchmark: which pieces, which question, which version.

    Attributes:
        name: Registered name, such as ``asap-pitch-spelling``.
        dataset: Name of the class in ``musebench.datasets``; empty: the name in camel case.
        corpus: Where the scores come from.
        task: What is asked.
        annotation: Kind of annotation, of those that the format of the corpus reads, that gives the
            labels; empty: they stand in the score (``Task.read_labels``), or, of whole pieces, in a
            column of the table that is named as the head.
        version: Raised when pieces, labels or splits change.
        about: What it is, in a line.
        labels: What the labels are and where they stand in a graph; the docstring of its dataset.
        source: Whom to cite for the scores, in a sentence.
        pitfalls: What to bear in mind beside the task's own pitfalls, for people.
        settings: What differs from the reference configuration of learned models
            (``musebench.models.read_config``); in a table named after a model, and in that after a
            convolution, what differs for these.
        models: Learned models whose entries stand on the board, beside all rules.
        seeds: Seeds of their runs.
        convs: Convolutions of NoteGNN that stand on it, too, with the first seed.
        table: The pieces with work, composer, title, splits and exclusions; None:
            ``musebench/splits/<name>.csv``.

    Raises:
        InputError: If nothing says where the labels stand.
    """

    name: str
    dataset: str = ""
    corpus: AnyCorpus
    task: Task
    annotation: str = ""
    version: str
    about: str
    labels: str = ""
    source: str = ""
    pitfalls: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ("mlp", "note-gnn")
    seeds: tuple[int, ...] = (0, 1, 2)
    convs: tuple[str, ...] = ()
    table: Traversable | None = None

    def __post_init__(self) -> None:
        """Derive the name of the class; check that there are labels."""
        if not self.dataset:
            camel = "".join(word.capitalize() for word in self.name.split("-"))
            object.__setattr__(self, "dataset", camel)
        if not (self.annotation or self.task.read_labels or self.task.kind == "graph"):
            msg = (
                f"the board {self.name} has no labels: name its annotation, or give its task "
                "read_labels."
            )
            raise InputError(msg)

    @property
    def docstring(self) -> str:
        """What its dataset is, as the docstring of the class."""
        about, labels, source = (
            _fill(text) for text in (f"{self.title}.", self.labels, self.source)
        )
        parts = [about, labels, source and f"Source:\n{textwrap.indent(source, '    ')}"]
        return "\n\n".join(filter(None, parts))

    @property
    def title(self) -> str:
        """What it is, in a line that starts with a capital."""
        return self.about[0].upper() + self.about[1:]


def _fill(text: str) -> str:
    return textwrap.fill(text, DOCSTRING_WIDTH - 4, break_on_hyphens=False)


BOARDS: Registry[Board] = Registry("board", "musebench.boards")
find_board = BOARDS.find


def register_board(board: Board) -> None:
    """Make a board known by its name, and with it its task and its table of pieces.

    Raises:
        InputError: If the name is taken.
    """
    BOARDS.add(board.name, board)
    if board.table is not None:
        TABLES.add(board.name, board.table)
    if board.task.name not in TASKS:
        TASKS.add(board.task.name, board.task)
