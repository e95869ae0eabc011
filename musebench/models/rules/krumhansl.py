"""Krumhansl: one key for the whole score, and every note spelled in it; no training."""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.models.rules.rule import Rule, nearest_spelling, register_rule
from musebench.score import NoteTable, estimate_key


@register_rule("krumhansl", "pitch-spelling")
class Krumhansl(Rule):
    """Finds the key by the profiles of Krumhansl and Kessler; spells by its chromatic scale.

    Every note gets the key signature of the key. A note is spelled within the twelve fifths from 5
    below the tonic to 6 above, the harmonic chromatic scale: in C from D flat to F sharp.

    Source:
        See ``musebench.score.estimate_key``.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``spelling`` and ``key_signature``."""
        fifths, mode = estimate_key(notes)
        tonic = pitch.tonic_of_key(fifths, mode)
        return {
            "spelling": nearest_spelling(notes.pitch, tonic),
            "key_signature": np.full(len(notes), fifths - pitch.MIN_FIFTHS, dtype=np.int64),
        }
