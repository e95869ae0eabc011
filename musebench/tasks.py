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


@dataclass(frozen=True)
class Task:
    """A question about a score.

    Attributes:
        name: Registered name, such as ``pitch-spelling``.
        kind: What one prediction belongs to.
        heads: Names of the classes of each predicted quantity; the first head is the main one.
        inputs: Groups of features a model may see, in order.
        main_metrics: Names of the metrics that rank an entry, the first one first.
        meanings: What the classes of each head mean, for people.
        pitfalls: What to bear in mind, for people.
    """

    name: str
    kind: Kind
    heads: Mapping[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    main_metrics: tuple[str, ...]
    meanings: Mapping[str, str] = field(default_factory=dict)
    pitfalls: tuple[str, ...] = ()

    @property
    def main_head(self) -> str:
        """Name of the head that must be predicted; the others may be left out."""
        return next(iter(self.heads))

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
