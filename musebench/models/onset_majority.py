"""Majority for onsets: the most frequent class of each head, at every onset."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.models.rule import Classes, Rule
from musebench.score import NoteTable


class OnsetMajority(Rule):
    """Gives all onsets the class that is most frequent in the training split, head by head.

    Onsets without a label are not counted; of equals the first class wins.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, most_frequent: Mapping[str, int] | None = None) -> None:
        self.most_frequent = most_frequent

    def fit(
        self,
        tables: Sequence[NoteTable],  # noqa: ARG002 (the labels say it all)
        labels: Sequence[Classes],
    ) -> "OnsetMajority":
        """Count the classes; see ``Rule.fit``."""
        known = {head: np.concatenate([piece[head] for piece in labels]) for head in labels[0]}
        return OnsetMajority(
            {
                head: int(np.bincount(classes[classes != IGNORE_LABEL]).argmax())
                for head, classes in known.items()
            }
        )

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict all heads; shape ``(num_onsets,)`` each."""
        if self.most_frequent is None:
            msg = "majority counts training onsets: call fit(tables, labels) first."
            raise ValueError(msg)
        num_onsets = int(notes.onset_index[-1]) + 1
        return {
            head: np.full(num_onsets, class_, dtype=np.int64)
            for head, class_ in self.most_frequent.items()
        }
