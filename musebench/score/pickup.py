"""The pickup of a MIDI file that does not say where its barlines are.

A file from a sequencer begins with its first note and counts measures from there, so that a pickup
shifts every barline. Barlines are looked for where the music is heavy: a conditional logit model
weighs every place of a measure, and a pickup is assumed only where the model is nearly sure.

Conventions:
    Places are 16th notes, counted from the start. Seen from a candidate for the barline a place has
    a *level*: 0 the barline, 1 the strongest beats after it, 2 other beats, 3 eighths, 4 16ths.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.score.assemble import measure_table, row_at
from musebench.score.signatures import is_compound
from musebench.score.table import Ints, NoteTable

Floats = NDArray[np.float64]

LEAST_PROBABILITY = 0.9  # that a pickup needs to be assumed
LEAST_ONSETS, LEAST_MEASURES = 20, 4  # under the first time signature; with fewer nothing is clear
ROUNDING = 0.01  # of a quarter note, of a pickup that is given: .333 is a third
MOST_PLACES = 64  # in a measure
MOST_MEASURES = 60  # that count as evidence; more of them are no more independent
LOW = 0.25  # share of the notes that are low
NUM_LEVELS = 3  # that are weighed
# Fitted by `python tools pickups`, which prints them, to 2,604 scores. For each level bass, notes
# that sound on, longest notes; then the start, a beat, an eighth, a 16th, late, last onset, end.
WEIGHTS = (
    1.36, -5.64, 7.65, 1.01, -3.24, 0.36, -0.34, -0.28, -1.63,
    0.64, -0.13, 0.14, -0.65, -3.31, 0.15, 0.55,
)  # fmt: skip


@dataclass(frozen=True)
class _Section:
    """What happens under the first time signature: times in divisions, a quarter note is 4 places.

    Attributes:
        onset: Onset of the notes that last, sorted.
        duration: Their durations, cut at the end.
        pitch: Their pitches.
        place: Length of a place.
        length: Length of a measure.
        end: End of the section.
        meter: Upper and lower number of the time signature.
    """

    onset: Ints
    duration: Ints
    pitch: Ints
    place: int
    length: int
    end: int
    meter: tuple[int, int]


def estimate_pickup(notes: NoteTable) -> Fraction:
    """Estimate the pickup of a score whose measures are counted from its first note.

    Args:
        notes: A note table, as MIDI is read.

    Returns:
        Its length in quarter notes; 0 if there is none, or none is evident.
    """
    if notes.measures.position_div[0]:  # it says so itself
        return Fraction(0)
    weighed = features_of_places(notes)
    if weighed is None:
        return Fraction(0)
    score = weighed @ np.array(WEIGHTS)
    probability = np.exp(score - score.max())
    best = int(score.argmax())
    is_evident = probability[best] > LEAST_PROBABILITY * probability.sum()
    return Fraction(best if is_evident else 0, 4)


def set_pickup(notes: NoteTable, quarters: float | Fraction) -> NoteTable:
    """Let the first measure be a pickup, and count the others from its end.

    Measures are counted again from each later time signature, as before.

    Args:
        notes: A note table, as MIDI is read.
        quarters: Length of the pickup, quarter notes; less than a measure.

    Raises:
        InputError: If this score cannot have a pickup of that length.
    """
    signatures, divs = notes.time_signatures, notes.divs_pq
    length = signatures.beats * (4 * divs // signatures.beat_type)
    wanted = float(quarters) * divs
    pickup = round(wanted) if math.isfinite(wanted) else -1
    if not 0 <= pickup < length[0] or abs(pickup - wanted) > ROUNDING * divs:
        msg = (
            f"a pickup of {quarters} quarter notes does not fit a score in {signatures.beats[0]}/"
            f"{signatures.beat_type[0]}; give 0 or more, and less than {length[0] / divs:g}."
        )
        raise InputError(msg)
    last = int(notes.measures.end_div[-1])
    ends = [*signatures.onset_div[1:].tolist(), last]
    starts = [0] if pickup else []
    for row, (begin, end) in enumerate(zip(signatures.onset_div.tolist(), ends, strict=True)):
        first = begin + (0 if row else pickup)
        starts += range(first, end, int(length[row]))
    end_of_last = max(last, starts[-1] + int(length[-1]))
    measures = measure_table(
        np.array(starts, dtype=np.int64),
        np.array([*starts[1:], end_of_last], dtype=np.int64),
        [str(number) for number in range(0 if pickup else 1, len(starts) + bool(not pickup))],
        signatures,
        divs,
    )
    index = row_at(measures.start_div, notes.onset_div)
    since = notes.onset_div - measures.start_div[index]
    return replace(
        notes,
        measures=measures,
        measure_index=index,
        measure_position_div=measures.position_div[index] + since,
    )


def features_of_places(notes: NoteTable) -> Floats | None:
    """What the model knows of each place of a measure as a candidate for the first barline.

    Returns:
        For each candidate: how much of the bass, of notes that sound on, and of the longest notes
        is at each level; what kind of place it is; whether the last onset and the end fit. Shape
        ``(num_places, num_features)``. None if the music is too short, or begins with a rest.
    """
    section = _first_section(notes)
    if section is None:
        return None
    num_places = section.length // section.place
    level = _levels(num_places, *section.meter)
    profiles = _profiles(section, num_places)
    profiles = profiles / np.maximum(profiles.sum(axis=1, keepdims=True), 1)
    weight = np.sqrt(min(section.end / section.length, MOST_MEASURES))
    # Seen from candidate c, place p has the level of the place p - c.
    seen = level[(np.arange(num_places) - np.arange(num_places)[:, np.newaxis]) % num_places]
    shares = [
        weight * np.where(seen == wanted, profile, 0).sum(axis=1)
        for wanted in range(NUM_LEVELS)
        for profile in profiles
    ]
    place = np.arange(num_places)
    start = place * section.place
    kinds = [
        place == 0,
        (place > 0) & (level <= 2),
        level == 3,
        level == 4,
        place > num_places // 2,
        start == section.onset[-1] % section.length,
        start == section.end % section.length,
    ]
    return np.stack([*shares, *(kind.astype(np.float64) for kind in kinds)], axis=1)


def _first_section(notes: NoteTable) -> _Section | None:
    """The music under the first time signature, if it is long enough and begins at the start."""
    signatures, scale = notes.time_signatures, 4  # so that a place is a whole number
    meter = int(signatures.beats[0]), int(signatures.beat_type[0])
    length = scale * meter[0] * (4 * notes.divs_pq // meter[1])
    lasts = notes.duration_div > 0
    onset, offset = notes.onset_div * scale, (notes.onset_div + notes.duration_div) * scale
    end = int(signatures.onset_div[1]) * scale if len(signatures) > 1 else int(offset.max())
    rows = np.flatnonzero(lasts & (onset < end))
    place = notes.divs_pq
    if len(rows) < LEAST_ONSETS or onset[0] or end < LEAST_MEASURES * length:
        return None
    if length % place or length > MOST_PLACES * place:
        return None
    onset, offset = onset[rows], np.minimum(offset[rows], end)
    return _Section(onset, offset - onset, notes.pitch[rows], place, length, end, meter)


def _profiles(section: _Section, num_places: int) -> Floats:
    """How much there is at each place of a measure.

    Returns:
        The length of low notes that are the lowest of their onset; the number of notes that sound
        on over the place; the length of the longest note of each onset. Lengths are counted as the
        logarithm of places. Shape ``(3, num_places)``.
    """
    onset, place = section.onset, section.place
    times, first = np.unique(onset, return_index=True)
    is_placed = times % place == 0
    index = times // place % num_places
    long = np.log2(1 + np.minimum(section.duration, section.length) / place)
    longest = np.maximum.reduceat(long, first)
    is_low = section.pitch[first] <= np.quantile(section.pitch, LOW)
    profiles = np.zeros((3, num_places))
    bass = is_placed & is_low
    np.add.at(profiles[0], index[bass], long[first][bass])
    np.add.at(profiles[2], index[is_placed], longest[is_placed])
    before = onset // place  # the last place that is not inside the note, and the last that is
    inside = -(-(onset + section.duration) // place) - 1
    for number in range(num_places):
        passed = (inside - number) // num_places - (before - number) // num_places
        profiles[1, number] = np.maximum(passed, 0).sum()
    return profiles


def _levels(num_places: int, beats: int, beat_type: int) -> Ints:
    """Level of each place of a measure that begins at its barline."""
    place = np.arange(num_places)
    beat = max(16 // beat_type, 1)
    has_threes = is_compound((beats, beat_type))
    level = np.where(place % 2 == 0, 3, 4)
    if not has_threes:
        level[place % beat == 0] = 2
    strong = 3 if has_threes else 2
    if has_threes or (beats % 2 == 0 and beats > 2):
        level[place % (strong * beat) == 0] = 1
    level[0] = 0
    return level
