"""A task: what is predicted about the notes of a score, as a declaration.

A task declares what is predicted (``heads``), what a model may see (``inputs``, a whitelist of
groups of ``musebench.features``) and which metrics rank an entry. It computes nothing: labels come
from ``musebench.annotations`` or from the note table, metrics from ``musebench.evaluation``.
``TASKS`` contains all tasks by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.pitch import MINOR_TONIC
from musebench.registry import Registry
from musebench.score import NoteTable
from musebench.shown import Shown

Kind = Literal["note", "onset", "link", "graph", "multi-head", "regression"]

ReadColumns: TypeAlias = Callable[[NoteTable], Mapping[str, NDArray[Any]]]
Unite: TypeAlias = Callable[[NoteTable], NoteTable]
ReadCounts: TypeAlias = Callable[[NoteTable], Mapping[str, tuple[int, int]]]

UNITS: Mapping[Kind, str] = {
    "note": "note",
    "onset": "onset",
    "link": "note",
    "graph": "graph",
    "multi-head": "onset",
    "regression": "note",
}


LISTS = ("inputs", "main_metrics", "metrics", "optional_heads", "ranked_classes")  # of names


def no_columns(notes: NoteTable) -> Mapping[str, NDArray[Any]]:  # noqa: ARG001
    """No columns: the metrics need only the predictions."""
    return {}


class Place(NamedTuple):
    """The place of a class on the line of fifths, along which a transposition moves it.

    Attributes:
        fifths: Fifths above C; for a key signature, its sharps.
        mode: ``major`` or ``minor`` for a key, ``major`` for a key signature, empty for a note.
    """

    fifths: int
    mode: str = ""

    @property
    def signature(self) -> int:
        """Number of sharps in the key signature of a key; flats are negative."""
        return self.fifths - MINOR_TONIC * (self.mode == "minor")


@dataclass(frozen=True, repr=False)
class Task(Shown):
    """What is predicted about a score.

    Attributes:
        name: Registered name, such as ``pitch-spelling``.
        kind: What one prediction belongs to.
        heads: Head -> names of its classes, empty for links and numbers; the first head is the main
            one.
        inputs: Groups of features a model may see, in order.
        main_metrics: Names of the metrics that rank an entry, the first one first.
        optional_heads: Heads that predictions may omit.
        ranked_classes: Classes of the main head that ``macro_f1`` and ``average_precision``
            average; empty for all classes, of events for all but the first.
        places: Head -> place of each class, for heads that a transposition of the score moves.
        family: Name that alike tasks share, over whose boards the overall table averages first;
            empty: that of the task.
        metrics: Names of further metrics, from ``musebench.evaluation.METRICS`` like the main ones.
        writes: What the predictions write into a score; empty if only marks.
        by_onset: Heads of numbers that all notes of an onset group share, judged once there.
        has_events: Whether the first class of the main head means that nothing happens at an onset
            group; the others are events, which are marked in a score.
        decoding: How a learned model chooses the classes of a score jointly, one of
            ``musebench.models.heads.HEADS``; empty to choose them independently, by the kind.
        aliases: Other names for ``musebench.apply``.
        unite: Note table -> the same with one note for those that are equal in onset and pitch;
            None if each note counts. The result has the notes of graphs, labels, predictions and
            metrics.
        read_labels: Note table -> labels of each head, if they are in the score itself; None if
            they are annotated, or are in the table of the pieces.
        read_context: Note table -> further columns that the metrics need.
        read_counts: Note table -> name -> (count, total): a section of the card, by split.
        meanings: Meanings of the classes of each head, for people.
        pitfalls: Points to bear in mind, for people.
    """

    name: str
    kind: Kind
    heads: Mapping[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    main_metrics: tuple[str, ...]
    optional_heads: tuple[str, ...] = ()
    ranked_classes: tuple[str, ...] = ()
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    family: str = ""
    metrics: tuple[str, ...] = ()
    writes: Literal["", "spelling", "staff", "voice"] = ""
    by_onset: tuple[str, ...] = ()
    has_events: bool = False
    decoding: str = ""
    aliases: tuple[str, ...] = ()
    unite: Unite | None = None
    read_labels: ReadColumns | None = None
    read_context: ReadColumns = no_columns
    read_counts: ReadCounts | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)
    pitfalls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is written easily instead of a tuple or a kind.

        Raises:
            InputError: If the kind is unknown, or a text stands where names are listed.
        """
        if self.kind not in UNITS:
            msg = f"the kind of {self.name} is {self.kind!r}; accepted are {', '.join(UNITS)}."
            raise InputError(msg)
        lists = {name: getattr(self, name) for name in LISTS} | dict(self.heads)
        for name, given in lists.items():
            if isinstance(given, str):
                msg = f"{name} of {self.name} is {given!r}; it must be a tuple, ({given!r},)."
                raise InputError(msg)

    def nodes(self, notes: NoteTable) -> NoteTable:
        """The notes that count, each once; for most tasks all notes."""
        return notes if self.unite is None else self.unite(notes)

    @property
    def main_head(self) -> str:
        """Name of the first head."""
        return next(iter(self.heads))

    @property
    def required_heads(self) -> tuple[str, ...]:
        """Names of the heads that must be predicted."""
        return tuple(head for head in self.heads if head not in self.optional_heads)

    @property
    def scores(self) -> Mapping[str, str]:
        """Columns that predictions may add, each with its head: a score per class."""
        return {f"{head}_score": head for head, classes in self.heads.items() if classes}

    @property
    def ranked(self) -> tuple[int, ...]:
        """Numbers of the ranked classes of the main head."""
        classes = self.heads[self.main_head]
        names = self.ranked_classes or (classes[1:] if self.has_events else classes)
        return tuple(classes.index(name) for name in names)

    @property
    def event_names(self) -> tuple[str, ...]:
        """Text that is written for each class of events; empty for the first class."""
        names = self.heads[self.main_head] if self.has_events else ("",)
        return ("", self.main_head.replace("_", " ")) if len(names) == 2 else ("", *names[1:])

    @property
    def unit(self) -> str:
        """What one prediction belongs to: ``note``, ``onset`` or ``graph``."""
        return UNITS[self.kind]

    def num_units(self, notes: NoteTable) -> int:
        """Number of predictions about a score: of its notes, its onset groups, or one."""
        num_onsets = int(notes.onset_index[-1]) + 1 if len(notes) else 0
        return {"note": len(notes), "onset": num_onsets, "graph": 1}[self.unit]

    @property
    def has_notes_alike(self) -> bool:
        """Whether labels are those of notes, of which some sound alike; links mind them."""
        return self.unit == "note" and self.kind != "link"

    @property
    def hidden_label(self) -> float:
        """The value that replaces a hidden label: -100, or -2 for links and NaN for numbers."""
        return {"link": -2, "regression": float("nan")}.get(self.kind, IGNORE_LABEL)

    def meaning_of(self, head: str) -> str:
        """Meaning of the classes of a head, for people."""
        return self.meanings.get(head, "its task does not describe it.")

    def label_field(self, head: str) -> str:
        """Name of a head's labels in a graph: ``y`` or ``onset_y``, others add ``_<head>``."""
        field = "onset_y" if self.unit == "onset" else "y"
        return field if head == self.main_head else f"{field}_{head}"


TASKS: Registry[Task] = Registry("task", "musebench.tasks")


def register_task(*tasks: Task) -> None:
    """Register tasks by their names; registering a board also registers its task.

    Raises:
        InputError: If a name is taken.
    """
    for task in tasks:
        TASKS.add(task.name, task)
