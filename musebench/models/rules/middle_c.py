"""Middle C divides the staves, as the two clefs suggest."""

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import STAVES
from musebench.models.rules.rule import Rule, register_rule
from musebench.score import NoteTable

MIDDLE_C = 60


@register_rule("pitch-60", "staff-separation")
class MiddleC(Rule):
    """Puts notes from middle C (MIDI pitch 60) up on the upper staff, the others on the lower."""

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``staff``."""
        upper, lower = (STAVES.index(name) for name in ("upper", "lower"))
        return {"staff": np.where(notes.pitch >= MIDDLE_C, upper, lower).astype(np.int64)}
