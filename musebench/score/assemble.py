"""Notes as a reader found them, and the tables of their score -> note table."""

from dataclasses import dataclass
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
    document_order: Ints
    note_id: Names


def assemble(
    found: FoundNotes,
    divs_pq: int,
    parts: PartTable,
    measures: MeasureTable,
    time_signatures: TimeSignatureTable,
    key_signatures: KeySignatureTable,
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
    return in_force(_in_order(found), divs_pq, parts, measures, time_signatures, key_signatures)


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
    if len(beyond := numbers[np.abs(numbers) > most]):
        msg = f"{what} {beyond[0]} {unit}, and {-most} to {most} is read"
        raise Refusal(msg)


def _check_measures(measures: MeasureTable, divs_pq: int) -> None:
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
    order = order_of_notes(columns, found.document_order)
    return {name: column[order] for name, column in columns.items()}


def order_of_notes(columns: dict[str, NDArray[Any]], document_order: Ints) -> NDArray[np.intp]:
    """Rows of the notes in the order of a note table."""
    by = [columns[name] for name in ("voice", "part", "duration_div", "pitch", "onset_div")]
    return np.lexsort([document_order, *by])


def natural_pitch(step: Names) -> Ints:
    """Semitones of each letter above C. Shape ``(num_notes,)``."""
    return np.array([pitch.STEP_TO_PITCH_CLASS[letter] for letter in step.tolist()], dtype=np.int64)


def measure_table(
    start: Ints, end: Ints, name: list[str], time_signatures: TimeSignatureTable, divs_pq: int
) -> MeasureTable:
    """Complete the measures by what is in force at their start and by their positions.

    Raises:
        Refusal: If there is no measure.
    """
    if not len(start):
        msg = "it has no measures that last"
        raise Refusal(msg)
    signature = row_at(time_signatures.onset_div, start)
    beats = time_signatures.beats[signature]
    beat_type = time_signatures.beat_type[signature]
    return MeasureTable(
        start_div=start,
        end_div=end,
        position_div=_start_positions(end - start, beats * (4 * divs_pq // beat_type)),
        beats=beats,
        beat_type=beat_type,
        name=np.array(name, dtype=np.str_),
    )


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


def _start_positions(length: Ints, nominal: Ints) -> Ints:
    """Position at which each measure starts, in divisions.

    A short first measure is a pick-up and ends on the barline. A short measure that makes up a
    complete one with the short measure in front of it (a repeat sign inside a measure) goes on
    where that one ends. Every other measure starts on its barline.
    """
    position = np.zeros_like(length)
    short = length < nominal
    position[:1] = np.where(short[:1], nominal[:1] - length[:1], 0)
    for i in np.flatnonzero(short[1:]) + 1:
        reached = position[i - 1] + length[i - 1]
        if short[i - 1] and reached < nominal[i] and reached + length[i] == nominal[i]:
            position[i] = reached
    return position
