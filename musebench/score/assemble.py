"""Notes as a reader found them, and the tables of their score -> note table."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.score.errors import Refusal
from musebench.score.limits import MAX_ALTER, MAX_FIFTHS, check_beat_count, check_measure_count
from musebench.score.table import (
    Ints,
    KeySignatureTable,
    MeasureTable,
    Names,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)

# Twins, which are equal in these columns, follow by the others and are then shuffled.
TWIN_COLUMNS = ("onset_div", "duration_div", "is_grace", "pitch")
ORDER = (
    *("onset_div", "pitch", "duration_div", "is_grace"),
    *("step", "alter", "beats", "beat_type", "part", "staff", "voice", "note_id"),
)


@dataclass(frozen=True)
class FoundNotes:
    """Sounding notes in document order: columns of the note table before they are sorted."""

    onset_div: Ints
    offset_div: Ints
    step: Names
    alter: Ints
    octave: Ints
    part: Ints
    staff: Ints
    voice: Ints
    is_grace: Ints
    note_id: Names


def assemble(
    found: FoundNotes,
    divs_pq: int,
    parts: PartTable,
    measures: MeasureTable,
    time_signatures: TimeSignatureTable,
    key_signatures: KeySignatureTable,
    title: str = "",
) -> NoteTable:
    """Sort the notes and look up what is in force at each of them.

    Raises:
        Refusal: If there is no note, or a number is beyond music.
        InputError: If a note lies outside the MIDI pitches or before the start.
    """
    if not len(found.step):
        msg = "it has no pitched notes"
        raise Refusal(msg)
    _check_within(found.alter, MAX_ALTER, "a note is altered by", "semitones")
    _check_within(key_signatures.fifths, MAX_FIFTHS, "a key signature has", "fifths")
    _check_measures(measures, divs_pq)
    tables = (parts, measures, time_signatures, key_signatures)
    return replace(in_force(_in_order(found), divs_pq, *tables), title=title)


def in_force(
    notes: dict[str, Any],
    divs_pq: int,
    parts: PartTable,
    measures: MeasureTable,
    time_signatures: TimeSignatureTable,
    key_signatures: KeySignatureTable,
) -> NoteTable:
    """Look up what is in force at each note.

    Args:
        notes: The columns that belong to a note alone, in the order of the note table.
        divs_pq: Divisions per quarter note.
        parts: The parts of the score.
        measures: Its measures.
        time_signatures: Its time signatures.
        key_signatures: The key signatures of its parts.

    Raises:
        InputError: If a note lies outside the MIDI pitches or before the start.
    """
    onset = notes["onset_div"]
    signature = row_at(time_signatures.onset_div, onset)
    measure = row_at(measures.start_div, onset)
    return NoteTable(
        **notes,
        divs_pq=divs_pq,
        key_fifths=fifths_at(key_signatures, notes["part"], onset),
        beats=time_signatures.beats[signature],
        beat_type=time_signatures.beat_type[signature],
        measure_index=measure,
        measure_position_div=measures.position_div[measure] + onset - measures.start_div[measure],
        parts=parts,
        measures=measures,
        time_signatures=time_signatures,
        key_signatures=key_signatures,
    )


def _check_within(numbers: Ints, most: int, what: str, unit: str) -> None:
    """Refuse a column with a number beyond the largest one that is read."""
    if len(beyond := numbers[np.abs(numbers) > most]):
        msg = f"{what} {beyond[0]} {unit}, and {-most} to {most} is read"
        raise Refusal(msg)


def _check_measures(measures: MeasureTable, divs_pq: int) -> None:
    """Refuse more measures or beats than are read."""
    check_measure_count(len(measures))
    length = measures.end_div - measures.start_div + measures.position_div
    check_beat_count(float(np.sum(length * (measures.beat_type / (4 * divs_pq)))))


def _in_order(found: FoundNotes) -> dict[str, Any]:
    """The columns that belong to a note alone, in the order of a note table."""
    columns: dict[str, Any] = {
        "onset_div": found.onset_div,
        # Some editors write negative durations inside broken tuplets.
        "duration_div": np.maximum(found.offset_div - found.onset_div, 0),
        "pitch": natural_pitch(found.step) + found.alter + 12 * (found.octave + 1),
        "step": found.step,
        "alter": found.alter,
        "octave": found.octave,
        "part": found.part,
        "staff": found.staff,
        "voice": found.voice,
        "is_grace": found.is_grace.astype(np.bool_),
        "note_id": found.note_id,
    }
    order = order_of_notes(columns)
    return {name: column[order] for name, column in columns.items()}


def order_of_notes(columns: dict[str, NDArray[Any]]) -> NDArray[np.intp]:
    """Rows of the notes in the order of a note table; see ``NoteTable`` for twins.

    Args:
        columns: The columns that belong to a note alone, by name, and its meter if notes differ in
            it.
    """
    keys = [columns[name] for name in ORDER if name in columns]
    order = np.lexsort(keys[::-1])
    sound = np.stack([columns[name][order] for name in TWIN_COLUMNS], axis=1)
    is_twin = (sound[1:] == sound[:-1]).all(axis=1)
    bounds = np.flatnonzero(np.diff(np.concatenate([[0], is_twin, [0]])))
    if not len(bounds):
        return order
    piece = hashlib.sha256(_without_unit(sound).tobytes()).digest()
    for first, last in bounds.reshape(-1, 2).tolist():
        rows = range(first, last + 1)
        drawn = [hashlib.sha256(piece + row.to_bytes(8, "little")).digest() for row in rows]
        order[rows] = order[sorted(rows, key=lambda row: drawn[row - first])]
    return order


def _without_unit(sound: Ints) -> Ints:
    """Onset, duration, grace and pitch, times in the largest unit in which they are whole."""
    unit = max(int(np.gcd.reduce(sound[:, :2], axis=None)), 1)
    return np.ascontiguousarray(sound // np.array([unit, unit, 1, 1])).astype("<i8")


def natural_pitch(step: Names) -> Ints:
    """Semitones of each letter above C. Shape ``(num_notes,)``."""
    return np.array([pitch.STEP_TO_PITCH_CLASS[letter] for letter in step.tolist()], dtype=np.int64)


def measure_table(
    start: Ints,
    end: Ints,
    name: list[str],
    time_signatures: TimeSignatureTable,
    divs_pq: int,
    endings: Ints | Sequence[int] = (),
) -> MeasureTable:
    """Make the table of measures: what is in force at their start, their positions, halves joined.

    A short first measure is a pick-up and ends on the barline; every other one starts on its own.

    Args:
        start: Start of each measure as written, divisions.
        end: End.
        name: Number as printed.
        time_signatures: The time signatures of the score.
        divs_pq: Divisions per quarter note.
        endings: Where endings of repeats begin, divisions.

    Raises:
        Refusal: If there is no measure.
    """
    if not len(start):
        msg = "it has no measures that last"
        raise Refusal(msg)
    signature = row_at(time_signatures.onset_div, start)
    table = MeasureTable(
        start_div=start,
        end_div=end,
        position_div=np.zeros_like(start),
        beats=time_signatures.beats[signature],
        beat_type=time_signatures.beat_type[signature],
        name=np.array(name, dtype=np.str_),
    )
    joined = join_halves(table, divs_pq, endings)
    missing = int(joined.nominal_div(divs_pq)[0]) - int(joined.end_div[0] - joined.start_div[0])
    joined.position_div[0] = max(missing, 0)
    return joined


def join_halves(
    measures: MeasureTable, divs_pq: int, endings: Ints | Sequence[int]
) -> MeasureTable:
    """Make one measure of those that a repeat sign or a double bar divides.

    A measure belongs to the one before if both have the same time signature, it begins no ending,
    and together they last exactly as long as the time signature says, or at most as long if they
    have the same number.

    Args:
        measures: The measures as written.
        divs_pq: Divisions per quarter note.
        endings: Where endings of repeats begin, divisions.
    """
    nominal = measures.nominal_div(divs_pq)
    meter, name = measures.beats * 10**6 + measures.beat_type, measures.name
    apart = np.isin(measures.start_div, endings) | (np.diff(meter, prepend=0) != 0)
    is_start = np.ones(len(measures), dtype=np.bool_)
    first = 0
    for i in range(1, len(measures)):
        total = measures.position_div[first] + measures.end_div[i] - measures.start_div[first]
        same_number = name[i] == name[first] != ""
        fits = total == nominal[i] or (same_number and total < nominal[i])
        is_start[i] = apart[i] or not fits
        first = i if is_start[i] else first
    rows = np.flatnonzero(is_start)
    columns = {key: column[rows] for key, column in measures.columns().items()}
    ends = measures.end_div[np.append(rows[1:], len(measures)) - 1]
    return replace(measures, **(columns | {"end_div": ends}))


def key_signature_table(rows: list[tuple[int, int, int, str]]) -> KeySignatureTable:
    """Key signatures from (part, onset in divisions, fifths, mode)."""
    part, onset, fifths = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3).T
    mode = np.array([row[3] for row in rows], dtype=np.str_)
    return KeySignatureTable(part=part, onset_div=onset, fifths=fifths, mode=mode)


def row_at(start: Ints, time: Ints) -> NDArray[Any]:
    """Row of the table in force at each time; before the first row, the first."""
    return np.maximum(np.searchsorted(start, time, side="right") - 1, 0)


def fifths_at(key_signatures: KeySignatureTable, part: Ints, onset: Ints) -> Ints:
    """Key signature of the part at each onset; before the first one, that."""
    fifths = np.zeros(len(onset), dtype=np.int64)
    for index in np.unique(part):
        rows = key_signatures.part == index
        if rows.any():
            notes = part == index
            row = row_at(key_signatures.onset_div[rows], onset[notes])
            fifths[notes] = key_signatures.fifths[rows][row]
    return fifths
