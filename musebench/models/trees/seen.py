"""What a task lets its models see of a score, as columns for the recipes of the trees.

Conventions:
    Only what a graph of the task holds: onset and duration, of which its edges are made, and the
    groups of ``Task.inputs``. What is hidden is constant, so it cannot tell anything. Times are
    quarter notes. A *fifth* is a place on the line of fifths: C = 0, G = 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.models.sounding import Sounding, keys_of, sounding_notes
from musebench.pitch import MINOR_TONIC, nearest_tpc, spellings_to_tpc
from musebench.score import NoteTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MIDDLE_C = 60
KEY_REACH = 8.0  # quarter notes on each side of an onset from which its key is estimated
SCALE_CENTRE = 2  # fifths from the signature of a key to the middle of its scale: C major, D


@dataclass(frozen=True, eq=False)
class Seen:
    """Columns of the notes of a score, and its onset groups.

    Attributes:
        onset_div: Onset, divisions. Shape ``(num_notes,)``.
        end_div: End, divisions.
        divs_pq: Divisions per quarter note.
        pitch: MIDI pitch; 60 if hidden.
        place: Position in the measure; 0 if hidden.
        beat: Length of a notated beat; 1 if hidden.
        num_beats: Upper number of the time signature; 0 if hidden.
        fifth: Place of the name on the line of fifths; None if hidden.
        group: Onset group of each note.
        first: First note of each onset group. Shape ``(num_onsets,)``.
        sounding: Which notes sound at which onset group.
    """

    onset_div: Ints
    end_div: Ints
    divs_pq: int
    pitch: Ints
    place: Floats
    beat: Floats
    num_beats: Ints
    fifth: Ints | None
    group: Ints
    first: Ints
    sounding: Sounding

    @property
    def onset(self) -> Floats:
        """Onset of each note."""
        return self.onset_div / self.divs_pq

    @property
    def duration(self) -> Floats:
        """Duration of each note."""
        return (self.end_div - self.onset_div) / self.divs_pq

    @property
    def time(self) -> Floats:
        """Onset of each group. Shape ``(num_onsets,)``."""
        return self.onset[self.first]

    @property
    def size(self) -> Ints:
        """Number of notes that start in each group."""
        return np.diff(np.append(self.first, len(self.pitch)))

    def of_groups(self, reduce: np.ufunc, column: NDArray[Any]) -> Floats:
        """A column of notes reduced over those that start in each group."""
        return np.asarray(reduce.reduceat(column, self.first), dtype=np.float64)

    def of_sounding(self, reduce: np.ufunc, column: NDArray[Any]) -> Floats:
        """A column of notes reduced over those that sound at each group."""
        found = reduce.reduceat(column[self.sounding.note], self.sounding.begin)
        return np.asarray(found, dtype=np.float64)


def see(notes: NoteTable, inputs: Iterable[str]) -> Seen:
    """Look at a score with the eyes of a task.

    Args:
        notes: A note table.
        inputs: The groups of features that its models may see, ``Task.inputs``.
    """
    inputs, size = set(inputs), len(notes)
    has_meter = "time_signature" in inputs
    place = notes.measure_position_div / notes.divs_pq
    return Seen(
        onset_div=notes.onset_div,
        end_div=notes.onset_div + notes.duration_div,
        divs_pq=notes.divs_pq,
        pitch=notes.pitch if "pitch" in inputs else np.full(size, MIDDLE_C),
        place=place if "metrical_position" in inputs else np.zeros(size),
        beat=4 / notes.beat_type if has_meter else np.ones(size),
        num_beats=notes.beats if has_meter else np.zeros(size, dtype=np.int64),
        fifth=spellings_to_tpc(notes.step, notes.alter) if "spelling" in inputs else None,
        group=notes.onset_index,
        first=np.unique(notes.onset_div, return_index=True)[1],
        sounding=sounding_notes(notes),
    )


@dataclass(frozen=True, eq=False)
class Keys:
    """Estimated keys of a score, by profiles of pitch classes.

    Attributes:
        home: Pitch class of the tonic of the whole score.
        home_signature: Its signature in fifths, of few accidentals or near the names of the notes.
        tonic: Pitch class of the tonic around each onset group. Shape ``(num_onsets,)``.
        is_minor: Whether that key is minor.
        signature: Its signature in fifths, the nearest to that of the whole.
    """

    home: int
    home_signature: int
    tonic: Ints
    is_minor: Ints
    signature: Ints

    @property
    def tonic_fifth(self) -> Ints:
        """The local tonic on the line of fifths."""
        return self.signature + MINOR_TONIC * self.is_minor

    @property
    def centre(self) -> Ints:
        """The middle of the local scale on the line of fifths."""
        return self.signature + SCALE_CENTRE


def estimate_keys(seen: Seen) -> Keys:
    """Estimate the key of the score, and that around each onset group."""
    weight = weights_of_groups(seen)
    key = int(keys_of(weight.sum(axis=0, keepdims=True))[0])
    home, minor = key // 2, key % 2
    middle = 0 if seen.fifth is None else round(float(seen.fifth.mean())) - SCALE_CENTRE
    signature = int(nearest_tpc(7 * home - MINOR_TONIC * minor, middle))
    local = keys_of(window_sums(seen.time, weight, -KEY_REACH, KEY_REACH))
    tonic, is_minor = local // 2, local % 2
    near = nearest_tpc(7 * tonic - MINOR_TONIC * is_minor, np.asarray(signature))
    return Keys(home, signature, tonic, is_minor, near)


def weights_of_groups(seen: Seen) -> Floats:
    """Duration of each pitch class that starts in each group. Shape ``(num_onsets, 12)``."""
    cells = 12 * seen.group + seen.pitch % 12
    counts = np.bincount(cells, weights=seen.duration, minlength=12 * len(seen.first))
    return np.asarray(counts.reshape(-1, 12), dtype=np.float64)


def window_sums(time: Floats, rows: Floats, begin: float, end: float) -> Floats:
    """Sums of the rows of the groups that start from ``begin`` to before ``end`` of each group.

    Args:
        time: Onset of each group, ascending. Shape ``(num_onsets,)``.
        rows: A row per group.
        begin: Begin of the window, relative to the onset.
        end: Its end.
    """
    so_far = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    low, high = np.searchsorted(time, time + begin), np.searchsorted(time, time + end)
    return np.asarray(so_far[np.maximum(high, low)] - so_far[low])


def rotated(rows: Floats, lowest: Ints) -> Floats:
    """Rows of twelve pitch classes, each from its own lowest one up."""
    order = (np.arange(12) + lowest[:, np.newaxis]) % 12
    return np.asarray(np.take_along_axis(rows, order, axis=1), dtype=np.float64)
