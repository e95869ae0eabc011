"""A task: a question about the notes of a score, as a declaration.

A task says what is predicted (``heads``), what a model may see (``inputs``, a whitelist of groups
of ``musebench.features``) and which metrics rank an entry. It computes nothing: labels come from
``musebench.annotations`` or from the note table, metrics from ``musebench.evaluation``.
``TASKS`` holds all tasks by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.pitch import MINOR_TONIC
from musebench.registry import Registry
from musebench.score import NoteTable

Kind = Literal["note", "onset", "link", "graph", "multi-head", "regression"]

ReadColumns: TypeAlias = Callable[[NoteTable], Mapping[str, NDArray[Any]]]
ReadCounts: TypeAlias = Callable[[NoteTable], Mapping[str, tuple[int, int]]]

MAX_SCORE = 255

UNITS: Mapping[Kind, str] = {
    "note": "note",
    "onset": "onset",
    "link": "note",
    "graph": "graph",
    "multi-head": "onset",
    "regression": "note",
}


def no_columns(notes: NoteTable) -> Mapping[str, NDArray[Any]]:  # noqa: ARG001
    """Nothing: the metrics need the predictions only."""
    return {}


class Place(NamedTuple):
    """Where a class is on the line of fifths: a transposition moves it along the line.

    Attributes:
        fifths: Fifths above C; of a key signature, its sharps.
        mode: ``major`` or ``minor`` of a key, ``major`` of a key signature, empty of a note.
    """

    fifths: int
    mode: str = ""

    @property
    def signature(self) -> int:
        """Sharps of the key signature of a key, flats as negative."""
        return self.fifths - MINOR_TONIC * (self.mode == "minor")


@dataclass(frozen=True)
class Task:
    """A question about a score.

    Attributes:
        name: Registered name, such as ``pitch-spelling``.
        kind: What one prediction belongs to.
        heads: Names of the classes of each predicted quantity, empty of links and numbers; the
            first head is the main one.
        inputs: Groups of features a model may see, in order.
        main_metrics: Names of the metrics that rank an entry, the first one first.
        optional_heads: Heads that predictions may leave out.
        scores: Names of columns without labels that predictions may add: how sure the model is, as
            integers 0 to ``MAX_SCORE``.
        places: Place of each class, of the heads that a transposition of the score moves.
        metrics: Names of further metrics, of ``musebench.evaluation.METRICS`` as the main ones.
        writes: What the predictions write into a score; empty if nothing but marks.
        has_events: Whether the first class of the main head means that nothing happens at an onset
            group; the other ones are events, which are marked in a score.
        decoding: How a learned model chooses the classes of a score together, one of
            ``musebench.models.heads.HEADS``; empty: each by itself, as the kind says.
        aliases: Other names that ``musebench.apply`` knows.
        read_labels: Note table -> labels of each head, where they stand in the score itself; None
            where they are annotated, or stand in the table of the pieces.
        read_context: Note table -> further columns that the metrics need.
        read_counts: Note table -> name -> (count, of how many): a section of the card, by split.
        meanings: What the classes of each head mean, for people.
        pitfalls: What to bear in mind, for people.
    """

    name: str
    kind: Kind
    heads: Mapping[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    main_metrics: tuple[str, ...]
    optional_heads: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    writes: Literal["", "spelling", "staff", "voice"] = ""
    has_events: bool = False
    decoding: str = ""
    aliases: tuple[str, ...] = ()
    read_labels: ReadColumns | None = None
    read_context: ReadColumns = no_columns
    read_counts: ReadCounts | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)
    pitfalls: tuple[str, ...] = ()

    @property
    def main_head(self) -> str:
        """Name of the first head."""
        return next(iter(self.heads))

    @property
    def required_heads(self) -> tuple[str, ...]:
        """Names of the heads that must be predicted."""
        return tuple(head for head in self.heads if head not in self.optional_heads)

    def highest(self, column: str) -> int:
        """Greatest class of a head, or value of a score."""
        return MAX_SCORE if column in self.scores else len(self.heads[column]) - 1

    @property
    def event_names(self) -> tuple[str, ...]:
        """What is written of each class where there are events; nothing of the first."""
        names = self.heads[self.main_head] if self.has_events else ("",)
        return ("", self.main_head.replace("_", " ")) if len(names) == 2 else ("", *names[1:])

    @property
    def unit(self) -> str:
        """What one prediction belongs to: ``note``, ``onset`` or ``graph``."""
        return UNITS[self.kind]

    @property
    def hidden_label(self) -> float:
        """What stands in place of a label that is not shown: -100, of links -2, of numbers NaN."""
        return {"link": -2, "regression": float("nan")}.get(self.kind, IGNORE_LABEL)

    def label_field(self, head: str) -> str:
        """Name of a head's labels in a graph: ``y`` or ``onset_y``, of others with ``_<head>``."""
        field = "onset_y" if self.unit == "onset" else "y"
        return field if head == self.main_head else f"{field}_{head}"


TASKS: Registry[Task] = Registry("task", "musebench.tasks")


def register_task(*tasks: Task) -> None:
    """Make tasks known by their names; the task of a board is, once the board is.

    Raises:
        InputError: If a name is taken.
    """
    for task in tasks:
        TASKS.add(task.name, task)
