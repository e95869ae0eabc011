"""Partitura's estimators: what they give is the same in every run, and partitura stays as it is."""

import numpy as np

from made_scores import table_of
from musebench.score import estimate_voices
from musebench.score.estimators import _own_voice_separation


def test_voices_leave_the_classes_of_partitura_as_they_are():
    voices = estimate_voices(table_of(np.repeat(np.arange(8), 2) * 2, np.full(16, 2)))
    assert (voices.min(), voices.max()) == (1, 2)
    from partitura.musicanalysis import voice_separation

    assert voice_separation.VSNote.__hash__ is object.__hash__


def test_notes_are_hashed_by_number_not_by_address():
    note = _own_voice_separation().VSNote
    notes = [note(60, 0, 1, note_id=number) for number in range(100)]
    assert [each.id for each in set(notes)] == list(range(100))
