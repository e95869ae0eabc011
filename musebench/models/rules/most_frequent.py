"""Majority: the most frequent class of each head; every model should beat it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.models.rules.rule import Classes, Rule, register_rule
from musebench.score import NoteTable
from musebench.tasks import Task


@register_rule(
    "majority",
    "augmentednet-roman-numeral",
    "cadence",
    "composer",
    "melody",
    "roman-numeral",
    "staff-separation",
)
class MostFrequent(Rule):
    """Predicts, for each head, the most frequent class of the training split.

    Missing labels are not counted; in a tie the first class wins.

    Args:
        task: The task; it says whether a prediction belongs to a note, an onset or a piece.
        class_of: Head -> class; None before ``fit``.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, task: Task, class_of: Mapping[str, int] | None = None) -> None:
        self.task = task
        self.class_of = class_of

    @classmethod
    def for_task(cls, task: Task) -> "MostFrequent":
        """The rule before it is fitted."""
        return cls(task)

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "MostFrequent":  # noqa: ARG002
        """Count the classes; see ``Rule.fit``."""
        known = {head: np.concatenate([piece[head] for piece in labels]) for head in labels[0]}
        return MostFrequent(
            self.task,
            {
                head: int(np.bincount(classes[classes != IGNORE_LABEL]).argmax())
                for head, classes in known.items()
            },
        )

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict all heads."""
        if self.class_of is None:
            msg = "majority needs training: call fit(tables, labels) first."
            raise InputError(msg)
        size = self.task.num_units(notes)
        return {head: np.full(size, found, np.int64) for head, found in self.class_of.items()}
