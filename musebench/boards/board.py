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
from musebench.shown import Shown
from musebench.splits import TABLES, read_column, read_pieces, table_of_pieces
from musebench.tasks import TASKS, Task

DOCSTRING_WIDTH = 96
NUM_NAMED = 3  # pieces that a message names


@dataclass(frozen=True, kw_only=True, repr=False)
class Board(Shown):
    """A benchmark: which pieces, which question, which version.

    Attributes:
        name: Registered name, such as ``asap-pitch-spelling``.
        dataset: Name of the class in ``musebench.datasets``; empty: the name in camel case.
        corpus: Where the scores come from.
        task: What is asked.
        annotation: Kind of annotation, of those that the format of the corpus reads, that gives the
            labels; empty: they stand in the score (``Task.read_labels``), or, of whole pieces, in a
            column of the table that is named as the head.
        opinions: Kind of annotation that gives the labels of each of several people (players), one
            after the other, of which the labels are the mean; empty if there is none.
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
        earlier_fingerprints: Of the data before a change that left pieces, notes and labels of this
            version as they were: predictions of those data still count.
        is_smoke_test: Whether rules solve it nearly, so that it shows whether a method works, not
            which is better; it stands on no front page.
        is_lite: Whether it is one of the lite set, a first try on fold 0: a board per kind.
        table: The pieces with work, composer, title, splits and exclusions; None:
            ``musebench/splits/<name>.csv``.

    Raises:
        InputError: If the task is none, or nothing says where the labels stand.
    """

    name: str
    dataset: str = ""
    corpus: AnyCorpus
    task: Task
    annotation: str = ""
    opinions: str = ""
    version: str
    about: str
    labels: str = ""
    source: str = ""
    pitfalls: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ("note-gnn", "onset-gnn", "onset-rnn")
    seeds: tuple[int, ...] = (0, 1)
    earlier_fingerprints: tuple[str, ...] = ()
    is_smoke_test: bool = False
    is_lite: bool = False
    table: Traversable | None = None

    def __post_init__(self) -> None:
        """Derive the name of the class; check that there are labels."""
        if not isinstance(self.task, Task):
            msg = (
                f"the task of {self.name} is a {type(self.task).__name__}; give a Task, TASKS[...]."
            )
            raise InputError(msg)
        if not self.dataset:
            camel = "".join(word.capitalize() for word in self.name.split("-"))
            object.__setattr__(self, "dataset", camel)
        if self.has_labels_in_table and self.task.kind != "graph":
            msg = (
                f"the board {self.name} has no labels: name its annotation, or give its task "
                "read_labels."
            )
            raise InputError(msg)

    def check_pieces(self) -> None:
        """Compare the table of pieces with the corpus.

        Raises:
            InputError: If it has a piece that the corpus lacks, or of a class that the task lacks.
        """
        known = {piece.piece_id for piece in self.corpus.pieces}
        pieces = read_pieces(self.name)["piece_id"]
        unknown = [name for name in pieces if name not in known]
        if unknown:
            named = ", ".join(map(repr, unknown[:NUM_NAMED]))
            more = f" and {len(unknown) - NUM_NAMED} more" if len(unknown) > NUM_NAMED else ""
            msg = (
                f"{table_of_pieces(self.name)} has {named}{more}; the corpus {self.corpus.name} "
                "has no such piece."
            )
            raise InputError(msg)
        for head, classes in self.task.heads.items() if self.has_labels_in_table else ():
            column = read_column(self.name, head)
            for name, value in zip(pieces, column, strict=True):
                if value not in classes:
                    where = f"{table_of_pieces(self.name)}: the {head} of {name!r} is {value!r}"
                    msg = f"{where}; accepted are {', '.join(classes)}."
                    raise InputError(msg)

    @property
    def has_labels_in_table(self) -> bool:
        """Whether the labels are columns of the table of pieces."""
        return not self.annotation and self.task.read_labels is None

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
