"""estimate-voices: the rule baseline for voice separation by contigs; no training."""

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import follow_chains
from musebench.models.rules.rule import Rule, register_rule
from musebench.score import NoteTable, estimate_voices


@register_rule("estimate-voices", "voice-separation")
class EstimateVoices(Rule):
    """Links the notes of each voice that partitura's contig mapping finds.

    Source:
        See ``musebench.score.estimate_voices``.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``next_note``; notes of duration 0 are in no link."""
        voice = estimate_voices(notes)
        return {"next_note": follow_chains(voice, voice > 0)}
