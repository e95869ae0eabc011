"""Node features from note tables, by a whitelist per task.

A task names the *groups* of features its models may see; a group names its columns. Columns outside
a task's groups cannot reach its graphs.

Conventions:
    ``pitch``: the pitch class as 12 columns of 0 and 1, and the octaves above middle C.
    ``duration``: log2(1 + quarter notes), and whether the duration is 0.
    ``metrical_position``: place in the measure as a point on a circle (sine, cosine; one turn per
    measure), place in the beat (0 to 1), and whether the note starts on a beat or on a downbeat.
    ``spelling``: the letter as 7 columns of 0 and 1, and the alteration in semitones.
    ``time_signature``: upper number / 12, log2(lower number) / 4, whether the meter is compound.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.errors import InputError
from musebench.score import BeatTable, MeasureTable, NoteTable

Features = NDArray[np.float32]
Columns = Iterable[NDArray[Any]]

FEATURES_VERSION = "2"  # raise it when the values of an existing column change

PITCH_CLASS_COLUMNS = tuple(f"pitch_class_{k}" for k in range(12))
LETTERS = tuple(pitch.STEPS)
LETTER_COLUMNS = tuple(f"letter_{letter}" for letter in LETTERS)
GROUP_COLUMNS: dict[str, tuple[str, ...]] = {
    "pitch": (*PITCH_CLASS_COLUMNS, "octaves_from_middle_c"),
    "duration": ("log_duration_quarter", "has_zero_duration"),
    "metrical_position": (
        "measure_sine",
        "measure_cosine",
        "beat_fraction",
        "is_on_beat",
        "is_downbeat",
    ),
    "time_signature": ("beats", "log_beat_type", "is_compound"),
    "spelling": (*LETTER_COLUMNS, "alter"),
}
BEAT_COLUMNS = ("measure_sine", "measure_cosine", "is_downbeat", *GROUP_COLUMNS["time_signature"])
MEASURE_COLUMNS = ("log_duration_quarter", *GROUP_COLUMNS["time_signature"])


def feature_names(groups: Iterable[str]) -> tuple[str, ...]:
    """Names of the columns of these groups, in order.

    Raises:
        InputError: If a group is unknown.
    """
    names: list[str] = []
    for group in groups:
        if group not in GROUP_COLUMNS:
            msg = f"{group!r} is not a group of features; accepted are {', '.join(GROUP_COLUMNS)}."
            raise InputError(msg)
        names.extend(GROUP_COLUMNS[group])
    return tuple(names)


def note_features(notes: NoteTable, groups: Iterable[str]) -> Features:
    """Features of the notes of a score.

    Args:
        notes: A note table.
        groups: Names of groups, see the module.

    Returns:
        One row per note. Shape ``(num_notes, len(feature_names(groups)))``, float32.

    Raises:
        InputError: If a group is unknown.
    """
    groups = tuple(groups)
    num_columns = len(feature_names(groups))
    columns = (column for group in groups for column in _GROUPS[group](notes))
    return _join(columns, len(notes), num_columns)


def beat_features(beats: BeatTable, measures: MeasureTable, of_measures: Features) -> Features:
    """Features of the beats.

    Args:
        beats: The beats.
        measures: Their measures.
        of_measures: Features of the measures; each beat gets its measure's time signature.

    Returns:
        One row per beat. Shape ``(num_beats, len(BEAT_COLUMNS))``, float32.
    """
    signature = of_measures[:, -len(GROUP_COLUMNS["time_signature"]) :]
    of_beat = measures.beats.take(beats.measure_index)
    highest = max(of_beat.max(initial=0), beats.number.max(initial=0))
    if highest < NUM_TURNS:
        turns = _TURNS.take(of_beat * NUM_TURNS + beats.number, axis=0)
    else:
        turns = _turns(of_beat, beats.number)
    return np.concatenate([turns, signature.take(beats.measure_index, axis=0)], axis=1)


def _turns(beats: NDArray[np.int64], number: NDArray[np.int64]) -> Features:
    """Sine, cosine and downbeat of each beat, from its number and the beats of its measure."""
    turn = 2 * np.pi * number / np.maximum(beats, 1)
    return np.stack([np.sin(turn), np.cos(turn), number == 0], axis=1).astype(np.float32)


NUM_TURNS = 32  # turns are precomputed for measures with fewer beats
_TURNS = _turns(*np.divmod(np.arange(NUM_TURNS**2), NUM_TURNS))


def measure_features(measures: MeasureTable, divs_pq: int) -> Features:
    """Features of the measures. Shape ``(num_measures, len(MEASURE_COLUMNS))``, float32.

    Their length is that of their time signature: a measure that is cut short shows a repeat.
    """
    columns = [
        np.log2(1 + measures.nominal_div(divs_pq) / divs_pq),
        *_time_signature(measures.beats, measures.beat_type),
    ]
    return _join(columns, len(measures), len(MEASURE_COLUMNS))


def _join(columns: Columns, num_rows: int, num_columns: int) -> Features:
    """Join columns, or tables of them, side by side; each is freed before the next is computed."""
    features = np.empty((num_rows, num_columns), dtype=np.float32)
    end = 0
    for column in columns:
        begin, end = end, end + (column.shape[1] if column.ndim == 2 else 1)
        features[:, begin:end] = column.reshape(num_rows, end - begin)
    return features


_PITCH = np.arange(128)
_PITCH_ROWS = np.column_stack([np.eye(12)[_PITCH % 12], (_PITCH - 60) / 12]).astype(np.float32)


def _pitch(notes: NoteTable) -> Columns:
    yield _PITCH_ROWS.take(notes.pitch, axis=0)


def _duration(notes: NoteTable) -> Columns:
    yield np.log2(1 + notes.duration_quarter)
    yield notes.duration_div == 0


def _metrical_position(notes: NoteTable) -> Columns:
    turn = 2 * np.pi * notes.beat_position / np.maximum(notes.beats, 1)
    yield np.sin(turn)
    yield np.cos(turn)
    # Integers decide what is on a beat: floats would miss tuplets.
    in_beat = (notes.measure_position_div * notes.beat_type) % (4 * notes.divs_pq)
    yield in_beat / (4 * notes.divs_pq)
    yield in_beat == 0
    yield notes.measure_position_div == 0


def _spelling(notes: NoteTable) -> Columns:
    for letter in LETTERS:
        yield notes.step == letter
    yield notes.alter


def _note_time_signature(notes: NoteTable) -> Columns:
    return _time_signature(notes.beats, notes.beat_type)


def _time_signature(beats: NDArray[np.int64], beat_type: NDArray[np.int64]) -> Columns:
    yield beats / 12
    yield np.log2(beat_type) / 4
    yield (beats % 3 == 0) & (beats > 3)


_GROUPS: dict[str, Callable[[NoteTable], Columns]] = {
    "pitch": _pitch,
    "duration": _duration,
    "metrical_position": _metrical_position,
    "time_signature": _note_time_signature,
    "spelling": _spelling,
}
