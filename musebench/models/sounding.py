"""Notes that sound at each onset group of a score, for the rules of cadences and harmony.

Conventions:
    A note sounds at its own onset group and at later ones that start before it ends; a note of
    duration 0 at its own only. Only onset, duration, pitch and the measures are used.

Source:
    The key profiles: Krumhansl, "Cognitive Foundations of Musical Pitch", Oxford University Press
    1990, p. 30 (Krumhansl and Kessler).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.score import NoteTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
STRONGEST = 3


@dataclass(frozen=True, eq=False)
class Sounding:
    """Pairs of an onset group and a note that sounds there, ordered by group.

    Attributes:
        note: Note of each pair. Shape ``(num_pairs,)``.
        group: Onset group of each pair, not decreasing.
        begin: Where the pairs of each group begin. Shape ``(num_onsets,)``; no group is empty.
    """

    note: Ints
    group: Ints
    begin: Ints


def sounding_notes(notes: NoteTable) -> Sounding:
    """Find which notes sound at which onset group."""
    first = notes.onset_index
    offset = notes.onset_div + notes.duration_div
    last = np.maximum(np.searchsorted(np.unique(notes.onset_div), offset), first + 1)
    spans = last - first
    note = np.repeat(np.arange(len(notes)), spans)
    group = np.arange(len(note)) - np.repeat(np.cumsum(spans) - spans - first, spans)
    order = np.argsort(group, kind="stable")
    note, group = note[order], group[order]
    return Sounding(note, group, np.searchsorted(group, np.arange(first[-1] + 1)))


def chroma_at_onsets(notes: NoteTable, sounding: Sounding) -> Ints:
    """Number of notes of each pitch class that sound at each onset. Shape ``(num_onsets, 12)``."""
    cells = 12 * sounding.group + notes.pitch[sounding.note] % 12
    return np.bincount(cells, minlength=12 * len(sounding.begin)).reshape(-1, 12)


def metrical_strength(notes: NoteTable) -> Ints:
    """Strength of each note's place: 3 downbeat, 2 half of a measure, 1 beat, 0 elsewhere."""
    beat_div = 4 * notes.divs_pq
    place = notes.measure_position_div * notes.beat_type
    is_beat = place % beat_div == 0
    is_half = 2 * place == notes.beats * beat_div
    return np.where(place == 0, STRONGEST, np.where(is_half, 2, is_beat.astype(np.int64)))


def keys_of_measures(notes: NoteTable, reach: int) -> Ints:
    """Key of each measure from the notes that start in it and in its neighbours.

    The durations of the pitch classes are correlated with the profiles of Krumhansl and Kessler.

    Args:
        notes: A note table.
        reach: Number of measures to include on each side.

    Returns:
        ``2 * pitch class of the tonic + is_minor`` of each measure, shape ``(num_measures,)``; C
        major if nothing sounds.
    """
    num_measures = len(notes.measures)
    cells = 12 * notes.measure_index + notes.pitch % 12
    lasting = np.bincount(cells, weights=notes.duration_quarter, minlength=12 * num_measures)
    so_far = np.zeros((num_measures + 1, 12))
    np.cumsum(lasting.reshape(-1, 12), axis=0, out=so_far[1:])
    place = np.arange(num_measures)
    window = (
        so_far[np.minimum(place + reach + 1, num_measures)] - so_far[np.maximum(place - reach, 0)]
    )
    return keys_of(window)


def keys_of(chroma: Floats) -> Ints:
    """Key of each row of twelve weights of pitch classes, by Krumhansl and Kessler's profiles.

    Returns:
        ``2 * pitch class of the tonic + is_minor`` of each row; C major if all weights are equal.
    """
    profiles = [np.roll(profile, tonic) for tonic in range(12) for profile in (MAJOR, MINOR)]
    standard = _standardise(np.array(profiles))
    return np.asarray((_standardise(chroma) @ standard.T).argmax(axis=1))


def _standardise(rows: Floats) -> Floats:
    """Rows scaled to mean 0 and length 1; constant rows become 0."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = np.zeros_like(centred)
    return np.asarray(np.divide(centred, length, out=flat, where=length > 1e-9))
