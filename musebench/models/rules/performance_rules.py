"""Rules of expressive performance: one number for all notes, or one per context."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.models.rules.rule import Classes, Rule, register_rule
from musebench.score import NoteTable

PITCH_STEP = 6  # semitones: half an octave per bin
FEWEST = 50  # notes that a context needs for its own mean
UNTRAINED = "the rule needs the mean of training notes: call fit(tables, labels) first."


@register_rule("constant", "performance")
class ConstantPerformance(Rule):
    """Gives every note the mean of each parameter over the notes of the training split."""

    needs_training: ClassVar[bool] = True

    def __init__(self, means: Mapping[str, float] | None = None) -> None:
        self.means = means

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "ConstantPerformance":  # noqa: ARG002
        """Average the labels; see ``Rule.fit``."""
        return ConstantPerformance(
            {head: float(np.nanmean(_joined(labels, head), dtype=np.float64)) for head in labels[0]}
        )

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict all parameters."""
        if self.means is None:
            raise InputError(UNTRAINED)
        return {head: np.full(len(notes), mean) for head, mean in self.means.items()}


@register_rule("score-mean", "performance")
class ScoreMean(Rule):
    """Gives every note the mean of the training notes in the same context.

    The context of a note: its half octave; downbeat, other beat, or off the beat; its length,
    rounded to a power of 2 from 1/16 quarter or less to 8 quarters or more, or 0; whether it is the
    highest, the lowest, an inner or the only note of its onset. A context with fewer than 50
    training notes gets the mean of all.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, means: Mapping[str, NDArray[np.float64]] | None = None) -> None:
        self.means = means

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "ScoreMean":
        """Average the labels by context; see ``Rule.fit``."""
        context = np.concatenate([contexts(table) for table in tables])
        means = {}
        for head in labels[0]:
            values = _joined(labels, head).astype(np.float64)
            known = ~np.isnan(values)
            count = np.bincount(context[known], minlength=NUM_CONTEXTS)
            total = np.bincount(context[known], weights=values[known], minlength=NUM_CONTEXTS)
            overall = total.sum() / max(count.sum(), 1)
            means[head] = np.where(count >= FEWEST, total / np.maximum(count, 1), overall)
        return ScoreMean(means)

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict all parameters."""
        if self.means is None:
            raise InputError(UNTRAINED)
        context = contexts(notes)
        return {head: of_context[context] for head, of_context in self.means.items()}


SIZES = (
    128 // PITCH_STEP + 1,
    3,
    9,
    4,
)  # pitch, place in measure, length, place in onset
NUM_CONTEXTS = int(np.prod(SIZES))


def contexts(notes: NoteTable) -> NDArray[np.int64]:
    """Context of each note, 0 to ``NUM_CONTEXTS`` - 1. Shape ``(num_notes,)``."""
    in_beat = (notes.measure_position_div * notes.beat_type) % (4 * notes.divs_pq)
    place = np.where(notes.measure_position_div == 0, 0, np.where(in_beat == 0, 1, 2))
    quarters = np.maximum(notes.duration_quarter, 2.0**-4)
    length = 1 + np.clip(np.round(np.log2(quarters)) + 4, 0, 7).astype(np.int64)
    length = np.where(notes.duration_div == 0, 0, length)
    # Notes of an onset are sorted by pitch.
    first = np.append(True, np.diff(notes.onset_div) > 0)
    last = np.append(np.diff(notes.onset_div) > 0, True)
    in_onset = first + 2 * last  # inner, lowest, highest, alone
    bins = (notes.pitch // PITCH_STEP, place, length, in_onset)
    return np.asarray(np.ravel_multi_index(bins, SIZES), dtype=np.int64)


def _joined(labels: Sequence[Classes], head: str) -> NDArray[Any]:
    return np.concatenate([piece[head] for piece in labels])
