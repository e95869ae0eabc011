"""Majority of classes that are not tied to a pitch: the floor that every model has to beat."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.models.rule import Classes, Rule
from musebench.score import NoteTable
from musebench.tasks import Task


class MostFrequent(Rule):
    """Gives every note, or every piece, the class that is most frequent in the training split.

    Among equals the first class wins.

    Args:
        task: Its main head is predicted; of kind ``note`` or ``graph``.
        found: The class; None before ``fit``.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, task: Task, found: int | None = None) -> None:
        self.task = task
        self.found = found

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "MostFrequent":  # noqa: ARG002
        """Count the classes; see ``Rule.fit``."""
        known = np.concatenate([piece[self.task.main_head] for piece in labels])
        return MostFrequent(self.task, int(np.bincount(known[known != IGNORE_LABEL]).argmax()))

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict the main head."""
        if self.found is None:
            msg = "majority counts training labels: call fit(tables, labels) first."
            raise ValueError(msg)
        size = 1 if self.task.kind == "graph" else len(notes)
        return {self.task.main_head: np.full(size, self.found, dtype=np.int64)}
