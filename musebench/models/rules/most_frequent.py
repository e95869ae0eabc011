"""Majority of classes that are not tied to a pitch: the floor that every model has to beat."""

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
    """Gives everything the class that is most frequent in the training split, head by head.

    What has no label is not counted; among equals the first class wins.

    Args:
        task: Says what a prediction belongs to: a note, an onset or a piece.
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
            msg = "majority counts training labels: call fit(tables, labels) first."
            raise InputError(msg)
        sizes = {"note": len(notes), "onset": len(np.unique(notes.onset_div)), "graph": 1}
        size = sizes[self.task.unit]
        return {head: np.full(size, found, np.int64) for head, found in self.class_of.items()}
