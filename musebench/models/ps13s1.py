"""ps13s1: the rule baseline of pitch spelling; no training, no key signature."""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.score import NoteTable, estimate_spelling


def predict_spelling(notes: NoteTable) -> dict[str, NDArray[np.int64]]:
    """Spell the notes of a score by stage 1 of ps13.

    Returns:
        ``spelling``: class of each note. Shape ``(num_notes,)``. A spelling with more than two
        accidentals is replaced by the one on the same key with fewer.
    """
    step, alter = estimate_spelling(notes)
    tpc = np.array([pitch.STEP_TO_TPC[s] for s in step.tolist()], dtype=np.int64) + 7 * alter
    tpc = np.where(tpc > pitch.MAX_TPC, tpc - pitch.ENHARMONIC, tpc)
    tpc = np.where(tpc < pitch.MIN_TPC, tpc + pitch.ENHARMONIC, tpc)
    return {"spelling": tpc - pitch.MIN_TPC}
