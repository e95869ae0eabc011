"""Majority: the most frequent spelling of each pitch class; every model should beat it."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.models.rules.rule import Classes, Rule, register_rule
from musebench.score import NoteTable

MIDDLE = 2 - pitch.MIN_TPC  # class of D, the middle of the white keys on the line of fifths


@register_rule("majority", "pitch-spelling")
class Majority(Rule):
    """Gives each pitch class its most frequent spelling, and all notes one key signature.

    Both are counted over the notes of the training split. In a tie, and for a pitch class without
    training notes, the spelling nearest to D wins.
    """

    needs_training: ClassVar[bool] = True

    def __init__(
        self, spelling: NDArray[np.int64] | None = None, key_signature: int | None = None
    ) -> None:
        self.spelling = spelling
        self.key_signature = key_signature

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "Majority":
        """Count spellings and key signatures; see ``Rule.fit``."""
        pitches = np.concatenate([table.pitch for table in tables])
        known = {head: np.concatenate([piece[head] for piece in labels]) for head in labels[0]}
        classes = np.arange(len(pitch.SPELLING_CLASSES))
        sounding = np.array(pitch.SPELLING_CLASS_TO_PITCH_CLASS)
        has_class = known["spelling"] != IGNORE_LABEL
        counts = np.zeros((12, len(classes)))
        np.add.at(counts, (pitches[has_class] % 12, known["spelling"][has_class]), 1)
        counts -= np.abs(classes - MIDDLE) / 100  # less than a note: it only breaks ties
        counts[np.arange(12)[:, None] != sounding] = -np.inf
        keys = known["key_signature"][known["key_signature"] != IGNORE_LABEL]
        return Majority(counts.argmax(axis=1), int(np.bincount(keys).argmax()))

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``spelling`` and ``key_signature``."""
        if self.spelling is None or self.key_signature is None:
            msg = "majority needs training: call fit(tables, labels) first."
            raise InputError(msg)
        return {
            "spelling": self.spelling[notes.pitch % 12],
            "key_signature": np.full(len(notes), self.key_signature, dtype=np.int64),
        }
