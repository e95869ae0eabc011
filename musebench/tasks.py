"""Tasks: questions about the notes of a score, as declarations.

A task says what is predicted (``heads``), what a model may see (``inputs``, a whitelist of groups
of ``musebench.features``) and which metrics rank an entry. It computes nothing: labels come from
``musebench.annotations`` or from the note table, metrics from ``musebench.evaluation``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from musebench import pitch

Kind = Literal["note", "onset", "link", "graph", "multi-head", "regression"]

UNITS: Mapping[Kind, str] = {
    "note": "note",
    "onset": "onset",
    "link": "note",
    "graph": "graph",
    "multi-head": "onset",
    "regression": "note",
}


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

    @property
    def unit(self) -> str:
        """What one prediction belongs to: ``note``, ``onset`` or ``graph``."""
        return UNITS[self.kind]

    def label_field(self, head: str) -> str:
        """Name of a head's labels in a graph: ``y`` for the main head, else ``y_<head>``."""
        return "y" if head == self.main_head else f"y_{head}"


PITCH_SPELLING = Task(
    name="pitch-spelling",
    kind="note",
    heads={
        "spelling": pitch.SPELLING_CLASSES,
        "key_signature": pitch.KEY_SIGNATURE_CLASSES,
    },
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("accuracy", "accuracy_up_to_shift"),
    optional_heads=("key_signature",),
    meanings={
        "spelling": "letter and accidentals of the note, as the edition writes it; octaves do not "
        "count. A note with more than two accidentals has no class.",
        "key_signature": "the key signature that stands above the note in its part, as a number of "
        "flats (b) or sharps (#). More than seven have no class.",
    },
    pitfalls=(
        "Pitch alone does not tell C sharp major from D flat major. A piece spelled right but for "
        "a shift of the whole by 12 fifths scores 0 in `accuracy` and 1 in `accuracy_up_to_shift`.",
        "A key signature is that of the edition, not the key: Baroque minor often lacks a flat, "
        "modulations mostly change nothing, major and relative minor share one.",
        "Labels are the decisions of editors and engravers; where theory allows two spellings, "
        "one counts as wrong.",
    ),
)
