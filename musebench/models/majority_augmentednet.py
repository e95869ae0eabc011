"""Majority: the most frequent class of each head at every onset."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.models.rule import Classes, Rule
from musebench.score import NoteTable


class MajorityOfHeads(Rule):
    """Gives every onset the class of each head that most onsets of the training split have.

    Among equals the first class wins.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, class_of: Mapping[str, int] | None = None) -> None:
        self.class_of = class_of

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "MajorityOfHeads":  # noqa: ARG002
        """Count the classes; see ``Rule.fit``."""
        known = {head: np.concatenate([piece[head] for piece in labels]) for head in labels[0]}
        return MajorityOfHeads(
            {
                head: int(np.bincount(classes[classes != IGNORE_LABEL]).argmax())
                for head, classes in known.items()
            }
        )

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict all heads."""
        if self.class_of is None:
            msg = "majority counts training onsets: call fit(tables, labels) first."
            raise ValueError(msg)
        size = notes.onset_index[-1] + 1
        return {head: np.full(size, one, dtype=np.int64) for head, one in self.class_of.items()}
