"""Rules of phrase ends: silences, and the local boundary detection model."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.models.rules.rule import Classes, Rule, register_rule
from musebench.models.sounding import sounding_notes
from musebench.score import NoteTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WEIGHTS = {"pitch": 0.25, "onset": 0.5, "rest": 0.25}


@register_rule("rests", "phrase")
class Rests(Rule):
    """Ends a phrase at each onset group before a silence, and at the last of the score."""

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``phrase_end``; shape ``(num_onsets,)``."""
        onset, first = np.unique(notes.onset_div, return_index=True)
        ends = np.maximum.accumulate(notes.onset_div + notes.duration_div)
        ends_of_groups = ends[np.append(first[1:], len(notes)) - 1]
        is_last = np.append(ends_of_groups[:-1] < onset[1:], True)
        return {"phrase_end": is_last.astype(np.int64)}


@register_rule("long-notes", "phrase")
class LocalBoundaries(Rule):
    """Ends a phrase at the peaks of the local boundary strength of the top line, and at its end.

    The top line is, at each onset group whose highest note is not below one that still sounds, that
    note. The strength of the step from a note to the next is 0.25 s(pitch) + 0.5 s(time between
    onsets) + 0.25 s(rest between them), each s the size of the step times how much it differs from
    the steps before and after it, divided by the maximum of the score. A phrase ends at the note
    before each step that is stronger than both its neighbours and at least a threshold: the one
    with the best F1 on the training split. The last onset also ends a phrase. ``phrase_end_score``
    is the strength of such a step, 1 at the last onset; elsewhere it is 0.

    Source:
        Cambouropoulos, "The Local Boundary Detection Model (LBDM) and its Application in the Study
        of Expressive Timing", ICMC 2001.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "LocalBoundaries":
        """Choose the threshold; see ``Rule.fit``."""
        from musebench.evaluation import choose_thresholds

        scores = np.concatenate([_scores(notes) for notes in tables])
        target = np.concatenate([classes["phrase_end"] for classes in labels])
        return LocalBoundaries(float(choose_thresholds(scores, target)[0]))

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict ``phrase_end``, ``(num_onsets,)``, and ``phrase_end_score``, two columns."""
        if self.threshold is None:
            msg = "long-notes needs a threshold: call fit(tables, labels) first."
            raise InputError(msg)
        scores = _scores(notes)
        ends = scores[:, 1] >= self.threshold
        return {"phrase_end": ends.astype(np.int64), "phrase_end_score": scores}


def _scores(notes: NoteTable) -> Floats:
    """What speaks against and for a boundary after each onset group: ``(num_onsets, 2)``."""
    strengths = np.zeros(int(notes.onset_index[-1]) + 1)
    line = _top_line(notes)
    strength = boundary_strength(
        notes.pitch[line], notes.onset_div[line], (notes.onset_div + notes.duration_div)[line]
    )
    beside = np.concatenate([[0.0], strength, [0.0]])
    is_peak = (strength > beside[:-2]) & (strength >= beside[2:])
    strengths[notes.onset_index[line[:-1]]] = np.where(is_peak, strength, 0.0)
    strengths[-1] = 1.0
    return np.stack([1 - strengths, strengths], axis=1)


def _top_line(notes: NoteTable) -> Ints:
    """The notes of the top line, in order of time."""
    sounding = sounding_notes(notes)
    highest = np.maximum.reduceat(notes.pitch[sounding.note], sounding.begin)
    first = np.unique(notes.onset_div, return_index=True)[1]
    last = np.append(first[1:], len(notes)) - 1  # the highest of its group, sorted by pitch
    line: Ints = last[notes.pitch[last] == highest]
    return line


def boundary_strength(pitch: Ints, onset: Ints, offset: Ints) -> Floats:
    """Return the strength of the boundary between each note of a line and the next.

    Args:
        pitch: MIDI pitch of each note. Shape ``(num_notes,)``.
        onset: Onset, ascending.
        offset: End, in the same unit.

    Returns:
        Strengths from 0 to 1. Shape ``(num_notes - 1,)``.
    """
    steps = {
        "pitch": np.abs(np.diff(pitch)),
        "onset": np.diff(onset),
        "rest": np.maximum(onset[1:] - offset[:-1], 0),
    }
    total = np.zeros(max(len(pitch) - 1, 0))
    for name, size in steps.items():
        sums = size[1:] + size[:-1]
        change = np.divide(np.abs(np.diff(size)), sums, out=np.zeros(len(sums)), where=sums > 0)
        beside = np.concatenate([[0.0], change, [0.0]]) if len(size) else np.zeros(1)
        strength = size * (beside[1:] + beside[:-1])
        greatest = strength.max(initial=0.0)
        total += WEIGHTS[name] * (strength / greatest if greatest > 0 else strength)
    return total
