"""Rule estimators that partitura ships: they know music theory and no training data."""

import warnings

import numpy as np

from musebench.score.table import Ints, Names, NoteTable


def estimate_spelling(notes: NoteTable) -> tuple[Names, Ints]:
    """Spell the notes of a score from their pitches in order.

    Args:
        notes: A note table; only onset, duration and pitch are looked at.

    Returns:
        Letter and alteration of each note, each of shape ``(num_notes,)``.

    Source:
        Meredith, "The ps13 Pitch Spelling Algorithm", Journal of New Music Research 35, 2006: stage
        1 (ps13s1), with the context of partitura (10 notes before, 40 after).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # partitura's own imports are not up to date
        from partitura.musicanalysis import estimate_spelling as estimate

    fields = [("onset_div", "i8"), ("duration_div", "i8"), ("pitch", "i8"), ("onset_quarter", "f8")]
    array = np.zeros(len(notes), dtype=[*fields, ("duration_quarter", "f8"), ("id", "U16")])
    for name in ("onset_div", "duration_div", "pitch", "onset_quarter", "duration_quarter"):
        array[name] = getattr(notes, name)
    array["id"] = np.arange(len(notes))
    spelling = estimate(array, method="ps13s1")
    return spelling["step"].astype("U1"), spelling["alter"].astype(np.int64)
