"""A task: a question about the notes of a score, as a declaration.

A task says what is predicted (``heads``), what a model may see (``inputs``, a whitelist of groups
of ``musebench.features``) and which metrics rank an entry. It computes nothing: labels come from
``musebench.annotations`` or from the note table, metrics from ``musebench.evaluation``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from musebench.pitch import MINOR_TONIC

Kind = Literal["note", "onset", "link", "graph", "multi-head", "regression"]

MAX_SCORE = 255

UNITS: Mapping[Kind, str] = {
    "note": "note",
    "onset": "onset",
    "link": "note",
    "graph": "graph",
    "multi-head": "onset",
    "regression": "note",
}


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
        higher_is_better: Whether more of the first main metric is better.
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
    higher_is_better: bool = True
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
    def unit(self) -> str:
        """What one prediction belongs to: ``note``, ``onset`` or ``graph``."""
        return UNITS[self.kind]

    @property
    def hidden_label(self) -> float:
        """What stands in place of a label that is not shown: -100, of links -2, of numbers NaN."""
        return {"link": -2, "regression": float("nan")}.get(self.kind, -100)

    def label_field(self, head: str) -> str:
        """Name of a head's labels in a graph: ``y`` or ``onset_y``, of others with ``_<head>``."""
        field = "onset_y" if self.unit == "onset" else "y"
        return field if head == self.main_head else f"{field}_{head}"
