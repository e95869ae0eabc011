"""Pitch-class profile: how much a composer uses each degree of the scale."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.errors import InputError
from musebench.models.rules.logistic import LogisticRegression, fit_logistic
from musebench.models.rules.rule import Classes, Rule, register_rule
from musebench.score import NoteTable, estimate_key
from musebench.tasks import Task


@register_rule("pitch-class-profile", "composer")
class PitchClassProfile(Rule):
    """Identifies the composer by how long each degree of the chromatic scale sounds.

    A piece becomes twelve shares: the durations of its pitch classes, counted from the tonic of the
    key that ``estimate_key`` returns, divided by their sum; a piece whose notes all have duration 0
    has equal shares. Multinomial logistic regression with penalty 1, fitted on the training pieces,
    predicts the composer. Pitch classes counted from C do worse on the validation pieces.

    Args:
        task: The task; its main head has the classes of a piece.
        regression: The fitted regression; None before ``fit``.
    """

    needs_training: ClassVar[bool] = True

    def __init__(self, task: Task, regression: LogisticRegression | None = None) -> None:
        self.task = task
        self.regression = regression

    @classmethod
    def for_task(cls, task: Task) -> "PitchClassProfile":
        """The rule before it is fitted."""
        return cls(task)

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "PitchClassProfile":
        """Fit the regression; see ``Rule.fit``."""
        profiles = np.stack([tonic_profile(table) for table in tables])
        head = self.task.main_head
        target = np.concatenate([piece[head] for piece in labels])
        fitted = fit_logistic(profiles, target, len(self.task.heads[head]))
        return PitchClassProfile(self.task, fitted)

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``composer``, shape ``(1,)``."""
        if self.regression is None:
            msg = "pitch-class-profile needs training: call fit(tables, labels) first."
            raise InputError(msg)
        return {self.task.main_head: self.regression.predict(tonic_profile(notes)[np.newaxis])}


def tonic_profile(notes: NoteTable) -> NDArray[np.float64]:
    """Share of duration of each pitch class, from the estimated tonic up. Shape ``(12,)``."""
    tonic = pitch.tpc_to_pitch_class(pitch.tonic_of_key(*estimate_key(notes)))
    weights = notes.duration_quarter
    profile = np.bincount((notes.pitch - tonic) % 12, weights=weights, minlength=12)
    total = profile.sum()
    return profile / total if total > 0 else np.full(12, 1 / 12)
