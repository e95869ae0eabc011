"""A table of notes, as dilemmadata publishes AugmentedNet's scores -> note table.

Conventions:
    Only the columns of the score are read, never those of the analysis. Heads that continue a tie
    (``s_isOnset`` is False) are joined to the note of their pitch that ends where they start, if
    one does (all but 50 of 20,206), of several to that of their voice. The table names the same
    part at every note: there is one part, without a name; voices are as written. A measure starts
    at the barline that its first note tells. A barline repeated from further back is a fault of
    the table (7 of 353 scores) and not followed; where more than a measure lies between two
    barlines, those in between are those of the time signature. Time and key signatures change with
    measures.
"""

from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from musebench import pitch
from musebench.errors import ScoreError
from musebench.score.assemble import (
    FoundNotes,
    assemble,
    key_signature_table,
    measure_table,
    row_at,
)
from musebench.score.errors import Refusal, naming
from musebench.score.limits import (
    check_division,
    check_length,
    check_measure_count,
    check_meter,
    check_note_count,
    common_divisions,
)
from musebench.score.table import Ints, MeasureTable, NoteTable, PartTable, TimeSignatureTable
from musebench.score.tsv import Columns, fractions, numbers, read_columns

AUGMENTEDNET_PARSER_VERSION = "2"  # raise it when the same table gives another note table
NUMBERS = ("onset_div", "duration_div", "ts_beats", "ts_beat_type", "ks_fifths", "s_midi")
NOTE_COLUMNS = (
    *NUMBERS,
    *("s_alter", "s_voice_id", "s_step", "s_isOnset", "s_offset_frac", "s_duration_frac"),
    *("mn_onset", "measureNumberWithSuffix"),
)


def read_augmentednet(file: str | Path) -> NoteTable:
    """Read a score of AugmentedNet.

    Args:
        file: ``<piece>_joint.tsv``, one row per note head.

    Returns:
        Its note table. Identifiers of notes are ``n`` and the row of their first head, from 0.

    Raises:
        ScoreError: If the table is missing, lacks a column, has a broken cell, is not in order of
            onset, or is out of bounds (``musebench.score.limits``).

    Source:
        Hentschel and Karystinaios, "Dilemmadata", 2026, from the scores of Napoles Lopez et al.,
        "AugmentedNet", ISMIR 2021.
    """
    with naming(file, ScoreError):
        columns = read_columns(file, NOTE_COLUMNS)
        check_note_count(len(columns["onset_div"]))
        found = {name: numbers(columns, name) for name in (*NUMBERS, "s_alter", "s_voice_id")}
        written = _check(columns, found)
        for beats, beat_type in set(zip(found["ts_beats"], found["ts_beat_type"], strict=True)):
            check_meter(int(beats), int(beat_type))
        divs_pq = common_divisions([written], set(found["ts_beat_type"].tolist()))
        for name in ("onset_div", "duration_div"):
            found[name] = found[name] * (divs_pq // written)
        return _to_table(columns, found, divs_pq)


def _check(columns: Columns, found: dict[str, Ints]) -> int:
    """The divisions of a quarter note that the table counts in, once it is seen to be sound."""
    if np.any(np.diff(found["onset_div"]) < 0) or np.any(found["onset_div"] < 0):
        msg = "its notes are not in order of onset_div, from 0"
        raise Refusal(msg)
    if unknown := set(columns["s_isOnset"]) - {"True", "False"}:
        msg = f"the column s_isOnset has {min(unknown)[:30]!r}, and True and False are read"
        raise Refusal(msg)
    if unknown := set(columns["s_step"]) - pitch.STEP_TO_PITCH_CLASS.keys():
        msg = f"a note has the step {min(unknown)[:30]!r}"
        raise Refusal(msg)
    onsets, lengths = fractions(columns, "s_offset_frac"), fractions(columns, "s_duration_frac")
    pairs = [*zip(found["onset_div"].tolist(), onsets, strict=True)]
    pairs += zip(found["duration_div"].tolist(), lengths, strict=True)
    divisions = {div / quarters if quarters else Fraction(-div) for div, quarters in pairs} - {0}
    if len(divisions) != 1 or min(divisions).denominator != 1:
        msg = "its onsets and durations in divisions do not agree with those in quarter notes"
        raise Refusal(msg)
    written = int(min(divisions))
    check_division(written)
    check_length(float(max(onsets) + max(lengths)))
    return written


def _to_table(columns: Columns, found: dict[str, Ints], divs_pq: int) -> NoteTable:
    """Make the note table of rows whose numbers have been read."""
    onset, offset = found["onset_div"], found["onset_div"] + found["duration_div"]
    starts, rows = _barlines(columns, found, divs_pq)
    end = max(int(offset.max()), starts[-1] + _length(found, rows[-1], divs_pq))
    changes = _changes([(int(found["ts_beats"][r]), int(found["ts_beat_type"][r])) for r in rows])
    signatures = TimeSignatureTable(
        onset_div=np.array([starts[i] for i in changes], dtype=np.int64),
        beats=found["ts_beats"][[rows[i] for i in changes]],
        beat_type=found["ts_beat_type"][[rows[i] for i in changes]],
    )
    fifths = [int(found["ks_fifths"][row]) for row in rows]
    keys = [(0, starts[i], fifths[i], "") for i in _changes(fifths)]
    first, ends = _join_ties(columns, found, offset)
    names = [columns["measureNumberWithSuffix"][row] for row in rows]
    return assemble(
        _found_notes(columns, found, onset, ends, first),
        divs_pq,
        PartTable(name=np.array([""])),
        fill_measures(starts, end, names, signatures, divs_pq),
        signatures,
        key_signature_table(keys),
    )


def _length(found: dict[str, Ints], row: int, divs_pq: int) -> int:
    """Length of a measure under the time signature of a note, divisions."""
    return int(found["ts_beats"][row]) * (4 * divs_pq // int(found["ts_beat_type"][row]))


def _barlines(
    columns: Columns, found: dict[str, Ints], divs_pq: int
) -> tuple[list[int], list[int]]:
    """Start of each measure that is told, and the row of the first note behind it."""
    starts: list[int] = []
    rows: list[int] = []
    positions = fractions(columns, "mn_onset")
    for row, (onset, whole) in enumerate(zip(found["onset_div"].tolist(), positions, strict=True)):
        position = 4 * divs_pq * whole
        if position.denominator != 1:
            msg = f"row {row + 1}: mn_onset is {whole}, which is not a whole number of divisions"
            raise Refusal(msg)
        barline = max(onset - int(position), 0)
        if not starts or barline > starts[-1]:
            starts.append(barline if starts else 0)
            rows.append(row)
    return starts, rows


def fill_measures(
    starts: list[int], end: int, names: list[str], signatures: TimeSignatureTable, divs_pq: int
) -> MeasureTable:
    """The measures; where several fit between two barlines they are of the nominal length.

    Raises:
        Refusal: If they are absurdly many.
    """
    rows = row_at(signatures.onset_div, np.array(starts))
    nominals = signatures.beats[rows] * (4 * divs_pq // signatures.beat_type[rows])
    counts = [
        max(1, round((following - start) / nominal))
        for start, following, nominal in zip(
            starts, [*starts[1:], end], nominals.tolist(), strict=True
        )
    ]
    check_measure_count(sum(counts))
    filled: list[int] = []
    named: list[str] = []
    for start, nominal, count, name in zip(starts, nominals.tolist(), counts, names, strict=True):
        filled += [start + i * nominal for i in range(count)]
        named += [name, *[""] * (count - 1)]
    begin = np.array(filled, dtype=np.int64)
    return measure_table(begin, np.append(begin[1:], end), named, signatures, divs_pq)


def _changes(values: list[int] | list[tuple[int, int]]) -> list[int]:
    """Places at which a value differs from the one before; the first is one."""
    return [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]


def _join_ties(columns: Columns, found: dict[str, Ints], offset: Ints) -> tuple[Ints, Ints]:
    """Rows that are notes, not continuations, and where each row's note ends."""
    ends = offset.copy()
    ending: dict[tuple[int, int], list[int]] = defaultdict(list)  # (pitch, end) -> first heads
    first = np.ones(len(ends), dtype=np.bool_)
    onset, midi, voice = found["onset_div"], found["s_midi"], found["s_voice_id"]
    for row, is_onset in enumerate(columns["s_isOnset"]):
        head = row
        waiting = ending[int(midi[row]), int(onset[row])] if is_onset == "False" else []
        if waiting:
            head = max(waiting, key=lambda one: (voice[one] == voice[row], -one))
            waiting.remove(head)
            first[row], ends[head] = False, offset[row]
        ending[int(midi[row]), int(offset[row])].append(head)
    return np.flatnonzero(first), ends


def _found_notes(
    columns: Columns, found: dict[str, Ints], onset: Ints, ends: Ints, rows: Ints
) -> FoundNotes:
    """The notes that begin in these rows; onsets and ends of all rows in divisions."""
    step = np.array(columns["s_step"], dtype="U1")[rows]
    natural = np.array([pitch.STEP_TO_PITCH_CLASS[letter] for letter in step], dtype=np.int64)
    alter = found["s_alter"][rows]
    octave, remainder = np.divmod(found["s_midi"][rows] - natural - alter, 12)
    if remainder.any():
        row = int(rows[np.flatnonzero(remainder)[0]])
        msg = (
            f"row {row + 1}: MIDI pitch {found['s_midi'][row]} cannot be spelled as "
            f"{columns['s_step'][row]} with alteration {found['s_alter'][row]}"
        )
        raise Refusal(msg)
    zeros = np.zeros_like(rows)
    return FoundNotes(
        onset_div=onset[rows],
        offset_div=ends[rows],
        step=step,
        alter=alter,
        octave=octave - 1,
        part=zeros,
        staff=zeros,
        voice=found["s_voice_id"][rows],
        is_grace=(ends[rows] == onset[rows]).astype(np.int64),
        note_id=np.array([f"n{row}" for row in rows.tolist()], dtype=np.str_),
    )
