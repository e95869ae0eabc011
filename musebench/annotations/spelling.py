"""Labels of pitch spelling, from the score itself.

Conventions:
    Head ``spelling``: spelling class of the note (35, see ``musebench.pitch``). Head
    ``key_signature``: class of the current key signature of the note's part (15). A note with more
    than two accidentals, or a signature of more than seven, has no class: ``IGNORE_LABEL``.
"""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations.labels import IGNORE_LABEL
from musebench.score import NoteTable


def spelling_labels(notes: NoteTable) -> dict[str, NDArray[np.int64]]:
    """Read spelling and key signature of each note.

    Returns:
        Head -> class of each note. Shape ``(num_notes,)``, int64.
    """
    tpc = pitch.spellings_to_tpc(notes.step, notes.alter)
    return {
        "spelling": _classes(tpc, pitch.MIN_TPC, pitch.MAX_TPC),
        "key_signature": _classes(notes.key_fifths, pitch.MIN_FIFTHS, pitch.MAX_FIFTHS),
    }


def _classes(fifths: NDArray[np.int64], lowest: int, highest: int) -> NDArray[np.int64]:
    inside = (fifths >= lowest) & (fifths <= highest)
    return np.where(inside, fifths - lowest, IGNORE_LABEL)
