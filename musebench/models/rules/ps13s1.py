"""ps13s1: the rule baseline of pitch spelling; no training, no key signature."""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.models.rules.rule import Rule, register_rule, spelling_class
from musebench.score import NoteTable, estimate_spelling


@register_rule("ps13s1", "pitch-spelling")
class Ps13s1(Rule):
    """Spells the notes of a score by stage 1 of ps13.

    Source:
        See ``musebench.score.estimate_spelling``.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``spelling``; more than two accidentals are respelled with fewer."""
        step, alter = estimate_spelling(notes)
        tpc = np.array([pitch.STEP_TO_TPC[s] for s in step.tolist()], dtype=np.int64) + 7 * alter
        return {"spelling": spelling_class(tpc)}
