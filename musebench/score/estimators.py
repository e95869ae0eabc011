"""Rule estimators that partitura ships: they know music theory and no training data."""

import functools
import importlib.util
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.pitch import key_of_name
from musebench.score.table import Ints, NoteTable


def estimate_key(notes: NoteTable) -> tuple[int, str]:
    """Estimate the one key of a score from how long its pitch classes sound.

    Args:
        notes: A note table; only duration and pitch are looked at.

    Returns:
        Key signature in fifths, sharps positive, and ``major`` or ``minor``.

    Source:
        Krumhansl, "Cognitive Foundations of Musical Pitch", Oxford University Press 1990: the
        profiles of Krumhansl and Kessler, correlated with the durations of the pitch classes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # also of a correlation with notes that all sound alike
        from partitura.musicanalysis import estimate_key as estimate

        return key_of_name(estimate(_note_array(notes)))


def estimate_voices(notes: NoteTable) -> Ints:
    """Separate the notes of a score into voices of one note at a time.

    Args:
        notes: A note table; only onset, duration and pitch are looked at.

    Returns:
        Voice of each note, from 1; 0 of notes of duration 0. Shape ``(num_notes,)``, int64.

    Source:
        Chew and Wu, "Separating Voices in Polyphonic Music: A Contig Mapping Approach", CMMR 2004.
    """
    lasts = notes.duration_div > 0
    voice = np.zeros(len(notes), dtype=np.int64)
    if lasts.any():
        array = _note_array(notes)[lasts]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimate = _own_voice_separation().estimate_voices
            voice[lasts] = estimate(array, monophonic_voices=True)
    return voice


@functools.cache
def _own_voice_separation() -> Any:
    """A copy of partitura's module in which notes are hashed by their number.

    By address, as objects are hashed, sets of notes and with them unisons would come in another
    order in every run. Partitura's own module stays as it is.
    """
    spec = importlib.util.find_spec("partitura.musicanalysis.voice_separation")
    assert spec is not None  # a part of partitura
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.VSNote.__hash__ = lambda note: int(note.id)
    return module


def _note_array(notes: NoteTable) -> NDArray[np.void]:
    """A structured array as partitura's estimators take it. Shape ``(num_notes,)``."""
    fields = [("onset_div", "i8"), ("duration_div", "i8"), ("pitch", "i8"), ("onset_quarter", "f8")]
    array = np.zeros(len(notes), dtype=[*fields, ("duration_quarter", "f8"), ("id", "U16")])
    for name in ("onset_div", "duration_div", "pitch", "onset_quarter", "duration_quarter"):
        array[name] = getattr(notes, name)
    array["id"] = np.arange(len(notes))
    return array
