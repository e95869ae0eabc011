"""The recipes: features of onset groups, notes, pairs of notes and whole pieces.

Each takes what may be seen of a score and gives a row per prediction. Pitch classes are counted
from the bass, the local tonic or the note itself; other columns tell the register.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.models.trees.seen import (
    MIDDLE_C,
    Floats,
    Ints,
    Keys,
    Seen,
    rotated,
    weights_of_groups,
    window_sums,
)

Features = NDArray[np.float32]

NEIGHBOURS = 4  # onset groups on each side
CHORDS = 2  # of them with the pitch classes that sound
WINDOWS = ((-16.0, -4.0), (-4.0, 0.0), (0.0, 4.0), (4.0, 16.0))  # quarter notes around an onset
LENGTHS = (4, 3, 2, 1.5, 1, 0.75, 0.5, 0.375, 1 / 3, 0.25, 1 / 6, 0.125, 0)  # quarter notes
LEAP = 13  # semitones; larger intervals count as this one
LINE_REACH = 4.0  # quarter notes on each side of a note, of which the line is averaged
FAR = 256  # semitones, more than between any pitches


def joined(columns: Iterable[NDArray[Any]]) -> Features:
    """Columns, or tables of them, side by side."""
    return np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])


def onset_features(seen: Seen, keys: Keys) -> Features:
    """A row per onset group: what sounds, when, in which key, and the groups around it."""
    rhythm, lines, chroma = _rhythm(seen), _lines(seen), sounding_chroma(seen)
    chords, degrees = rotated(chroma, bass_of(seen)), _degrees(seen, keys)
    moving = np.column_stack([rhythm[:, :7], degrees])
    columns = [rhythm, lines, chords, degrees]
    for step in (step for step in range(-NEIGHBOURS, NEIGHBOURS + 1) if step):
        columns += [shifted(moving, step), shifted(lines[:, :4], step) - lines[:, :4]]
        if abs(step) <= CHORDS:
            columns.append(shifted(chords, step))
    weight = weights_of_groups(seen)
    columns += [_shares(_around(seen, weight, *window), keys.tonic) for window in WINDOWS]
    return joined(columns)


def note_features(seen: Seen, keys: Keys) -> Features:
    """A row per note: its place in chord, line, measure and key, and what is around it."""
    group, tonic = seen.group, keys.tonic
    of_onset = np.column_stack([_rhythm(seen), _lines(seen), _degrees(seen, keys)])
    columns: list[NDArray[Any]] = [of_onset[group], _in_chord(seen), _in_line(seen)]
    columns.append((seen.pitch - tonic[group]) % 12)
    columns.append((seen.pitch - keys.home) % 12)
    columns.append(keys.signature[group] - keys.home_signature)
    columns.append(np.full(len(group), keys.home_signature))
    weight = weights_of_groups(seen)
    columns += [
        _shares(_around(seen, weight, *window)[group], seen.pitch % 12) for window in WINDOWS
    ]
    columns.append(_shares(np.tile(weight.sum(axis=0), (len(group), 1)), seen.pitch % 12))
    return joined(columns)


def pair_features(seen: Seen, source: Ints, target: Ints) -> Features:
    """A row per pair of notes: interval, gap, the order of candidates, and both chords."""
    time, group, pitch = seen.time, seen.group, seen.pitch
    gap = (seen.onset_div[target] - seen.end_div[source]) / seen.divs_pq
    interval = pitch[target] - pitch[source]
    place = np.column_stack([_in_chord(seen), seen.duration, seen.place, pitch - MIDDLE_C])
    between = group[target] - np.searchsorted(time, (seen.end_div / seen.divs_pq)[source] - 1e-9)
    columns = [gap, gap == 0, between, interval, np.abs(interval)]
    columns += [_rank(source, np.abs(interval) + FAR * between)]
    columns += [_rank(target, np.abs(interval) + FAR * between)]
    columns += [place[source], place[target], place[target] - place[source]]
    return joined(columns)


def piece_features(seen: Seen, keys: Keys) -> Features:
    """One row: histograms of pitches, intervals, lengths, chords and places of the piece."""
    degrees = np.bincount((seen.pitch - keys.home) % 12, weights=seen.duration, minlength=12)
    register = np.histogram(seen.pitch, bins=range(24, 109, 6))[0]
    lengths = [np.mean(np.abs(seen.duration - length) < 0.01) for length in LENGTHS]
    lines, rhythm = _lines(seen), _rhythm(seen)
    steps = [_histogram(np.diff(lines[:, i]), -LEAP, LEAP) for i in range(2)]
    counts = [_histogram(rhythm[:, i], 0, 10) for i in range(2)]
    spans = _histogram((lines[:, 3] - lines[:, 2]) % 12, 0, 11)
    places = np.histogram(seen.place / (seen.beat * np.maximum(seen.num_beats, 1)), 8, (0, 1))[0]
    chords = rotated(sounding_chroma(seen), bass_of(seen)).mean(axis=0)
    pace = np.quantile(rhythm[:, 4], (0.1, 0.5, 0.9))
    parts = [degrees / max(degrees.sum(), 1e-9), register / len(seen.pitch), lengths, *steps]
    parts += [*counts, spans, places / len(seen.pitch), chords, pace]
    parts += [rhythm.mean(axis=0), lines.std(axis=0), [keys.signature.std(), len(seen.pitch)]]
    return np.concatenate([np.ravel(part) for part in parts])[np.newaxis].astype(np.float32)


def bass_of(seen: Seen) -> Ints:
    """Pitch class of the lowest note that sounds at each group."""
    return seen.of_sounding(np.minimum, seen.pitch).astype(np.int64) % 12


def sounding_chroma(seen: Seen) -> Floats:
    """Whether each pitch class sounds at each group. Shape ``(num_onsets, 12)``."""
    chroma = np.zeros((len(seen.first), 12))
    chroma[seen.sounding.group, seen.pitch[seen.sounding.note] % 12] = 1
    return chroma


def shifted(rows: Floats, step: int) -> Floats:
    """The rows of the groups ``step`` later; NaN beyond the ends."""
    found = np.full_like(rows, np.nan)
    if abs(step) < len(rows):
        begin, end = max(-step, 0), len(rows) - max(step, 0)
        found[begin:end] = rows[begin + step : end + step]
    return found


def _rhythm(seen: Seen) -> Floats:
    """Notes that start and sound, durations, time to the next, silence, place in the measure."""
    time, first = seen.time, seen.first
    reach = np.maximum.accumulate(seen.of_groups(np.maximum, seen.onset + seen.duration))
    following = np.append(time[1:], reach[-1])
    in_beat = seen.place / seen.beat
    columns = [
        seen.size,
        np.diff(np.append(seen.sounding.begin, len(seen.sounding.note))),
        seen.of_groups(np.maximum, seen.duration),
        seen.of_groups(np.minimum, seen.duration),
        following - time,
        following - reach,
        in_beat[first],
        np.abs(in_beat - np.round(in_beat))[first] < 1e-6,
        seen.place[first] < 1e-6,
        seen.num_beats[first],
        seen.beat[first],
        reach - time,
        np.arange(len(first)) / len(first),
    ]
    return np.column_stack(columns).astype(np.float64)


def _lines(seen: Seen) -> Floats:
    """Highest and lowest pitch that sounds, that starts, and what lies between."""
    top, bottom = (seen.of_sounding(ufunc, seen.pitch) for ufunc in (np.maximum, np.minimum))
    high, low = (seen.of_groups(ufunc, seen.pitch) for ufunc in (np.maximum, np.minimum))
    return np.column_stack([top, bottom, low, high, top - bottom, top - high, low - bottom])


def _degrees(seen: Seen, keys: Keys) -> Floats:
    """Degrees of the outer voices in the local key, and the key against that of the piece."""
    lines = _lines(seen)[:, :4]
    degrees = (lines - keys.tonic[:, np.newaxis]) % 12
    return np.column_stack([degrees, keys.is_minor, (keys.tonic - keys.home) % 12])


def _in_chord(seen: Seen) -> Floats:
    """Place of each note among those that start with it."""
    group, size, pitch = seen.group, seen.size[seen.group], seen.pitch
    rank = np.arange(len(pitch)) - seen.first[group]
    together = np.append(group[1:] == group[:-1], False)
    step = np.append(np.diff(pitch), 0)
    above = np.where(together, step, FAR)
    below = np.append(FAR, above[:-1])
    top, bottom = (seen.of_groups(ufunc, pitch)[group] for ufunc in (np.maximum, np.minimum))
    mean = seen.of_groups(np.add, seen.duration)[group] / size
    cell = np.unique(np.column_stack([group, seen.end_div]), axis=0, return_inverse=True)[1]
    like = np.bincount(cell.reshape(-1))[cell.reshape(-1)]
    columns = [rank, size - 1 - rank, above, below, top - pitch, pitch - bottom, size]
    columns += [seen.duration, seen.duration - mean, like, like / size]
    return np.column_stack(columns).astype(np.float64)


def _in_line(seen: Seen) -> Floats:
    """Intervals to the nearest pitches before, after, and where the note ends."""
    pitch, group, last = seen.pitch, seen.group, len(seen.first) - 1
    starts = seen.onset_div[seen.first]
    after = np.searchsorted(starts, seen.end_div)
    goes_on = (after <= last) & (starts[np.minimum(after, last)] == seen.end_div)
    columns: list[NDArray[Any]] = [_nearest(seen, group + step) for step in (-2, -1, 1, 2)]
    columns += [_nearest(seen, after), goes_on, pitch - np.median(pitch)]
    columns += [pitch - np.quantile(pitch, 0.9), pitch - MIDDLE_C]
    tops = np.column_stack([seen.of_groups(np.maximum, pitch), seen.size, np.ones(last + 1)])
    around = window_sums(seen.time, tops, -LINE_REACH, LINE_REACH)
    mean = around[:, :2] / around[:, 2:]
    columns += [pitch - mean[group, 0], mean[group, 1]]
    shorter = np.searchsorted(np.sort(seen.duration), seen.duration) / len(pitch)
    return np.column_stack([*columns, shorter]).astype(np.float64)


def _nearest(seen: Seen, group: Ints) -> Floats:
    """Interval from each note to the nearest pitch of a group; NaN if there is no such group."""
    keys = np.sort(FAR * seen.group + seen.pitch)
    wanted = FAR * group + seen.pitch
    after = np.searchsorted(keys, wanted)
    intervals = []
    for place in (after - 1, after):
        found = keys[np.clip(place, 0, len(keys) - 1)]
        intervals.append(np.where(found // FAR == group, found - wanted, np.nan))
    low, high = intervals
    is_low = np.isnan(high) | (np.abs(low) < np.abs(high))
    return np.where(is_low, low, high)


def _around(seen: Seen, weight: Floats, begin: float, end: float) -> Floats:
    return window_sums(seen.time, weight, begin, end)


def _shares(weight: Floats, lowest: Ints) -> Floats:
    """Rows of weights of pitch classes as shares, from a pitch class of each row up."""
    total = weight.sum(axis=1, keepdims=True)
    return rotated(np.divide(weight, total, out=np.zeros_like(weight), where=total > 1e-9), lowest)


def _histogram(values: Floats, low: int, high: int) -> Floats:
    """Shares of whole numbers; those outside count as the outermost."""
    inside = np.clip(values, low, high).astype(np.int64) - low
    return np.bincount(inside, minlength=high - low + 1) / max(len(values), 1)


def _rank(owner: Ints, cost: Floats) -> Ints:
    """Place of each pair among those of its owner, the cheapest first."""
    order = np.lexsort((cost, owner))
    sorted_owner = owner[order]
    is_first = np.append(True, sorted_owner[1:] != sorted_owner[:-1])
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(owner)), 0))
    rank = np.empty(len(owner), dtype=np.int64)
    rank[order] = np.arange(len(owner)) - start
    return rank
