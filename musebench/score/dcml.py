"""Tables of notes and measures, as DCML publishes them -> note table.

Conventions:
    Time is score order: measures follow one another as they are written, first endings before
    second ones, repeats once. A tie goes on over barlines, into other voices and staves, and over a
    gap that does not reach beyond the next measure. A continuation of nothing is a note of its own
    (49 of 32,144 in DCML's corpora). Graces last 0 and stand at the onset of the note that they
    lean on; a grace note tied to a longer note is that note. A voice of the n-th staff of a part is
    counted from 4 (n - 1) + 1, as MuseScore does in MusicXML. DCML's tables name no instruments:
    parts have no names, except the rest of a staff that doubles another (``DOUBLING_PART``).
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.errors import ScoreError
from musebench.score.assemble import FoundNotes, assemble, join_halves, key_signature_table
from musebench.score.errors import Refusal, naming
from musebench.score.limits import (
    check_division,
    check_key_count,
    check_length,
    check_meter,
    check_note_count,
    check_part_count,
    common_divisions,
)
from musebench.score.table import Ints, MeasureTable, NoteTable, PartTable, TimeSignatureTable
from musebench.score.ties import Heads, merge_ties
from musebench.score.tsv import Columns, fractions, numbers, read_columns

DCML_PARSER_VERSION = "3"  # raise it when the same tables give another note table
VOICES_PER_STAFF = 4
DOUBLING_PART = "doubling"  # name of the part of a doubling staff: fragments, no voice
TIED = {"", "1", "0", "-1"}  # not, first head, head in the middle, last head
NOTE_COLUMNS = ("mc", "mc_onset", "duration", "tpc", "midi", "staff", "voice")
MEASURE_COLUMNS = ("mc", "act_dur", "timesig", "keysig")


@dataclass(frozen=True)
class _Measures:
    """The table of measures; times in quarter notes."""

    start: list[Fraction]
    length: list[Fraction]
    position: list[Fraction]
    beats: Ints
    beat_type: Ints
    fifths: Ints
    name: list[str]
    begins_ending: NDArray[np.bool_]


def read_dcml(
    notes: str | Path,
    measures: str | Path,
    *,
    staff_is_part: bool = False,
    doubling_staff: int = 0,
) -> NoteTable:
    """Read a score from DCML's tables of its notes and measures.

    Args:
        notes: ``<piece>.notes.tsv``, one row per note head.
        measures: ``<piece>.measures.tsv``, one row per measure.
        staff_is_part: Each staff is a part (ensembles); otherwise all are one (keyboard).
        doubling_staff: A staff whose notes are left out where the staff above it sounds the same
            (onset, duration, pitch); what is left is the part ``DOUBLING_PART``; 0: none.

    Returns:
        Its note table.

    Raises:
        ScoreError: If a table is missing, lacks a column, has a broken cell, does not fit the
            other, or is out of bounds (``musebench.score.limits``).

    Source:
        Hentschel et al., "A corpus and a modular infrastructure for the empirical study of
        (an)notated music", Scientific Data 12, 2025: the tables that ms3 extracts from MuseScore.
    """
    with naming(measures, ScoreError):
        found = _read_measures(measures)
    with naming(notes, ScoreError):
        columns = read_columns(notes, NOTE_COLUMNS, ("gracenote", "tied"))
        check_note_count(len(columns["mc"]))
        heads, divs_pq = _read_heads(columns, found)
        sounding = _sounding_notes(heads, columns["tied"], doubling_staff)
        num_parts = int(sounding.staff.max(initial=1)) if staff_is_part else 1
        check_part_count(num_parts)
        is_doubling = np.arange(1, num_parts + 1) == doubling_staff
        parts = PartTable(name=np.where(is_doubling, DOUBLING_PART, "").astype(np.str_))
        return _to_table(sounding, found, divs_pq, parts)


def _read_measures(file: str | Path) -> _Measures:
    """Read the table of measures; times in quarter notes."""
    columns = read_columns(file, MEASURE_COLUMNS, ("mn", "mc_offset", "volta"))
    counts = numbers(columns, "mc")
    if not len(counts):
        msg = "it has no measures"
        raise Refusal(msg)
    if not np.array_equal(counts, np.arange(1, len(counts) + 1)):
        msg = "its measures are not counted 1, 2, 3 and so on in the column mc"
        raise Refusal(msg)
    length = [4 * whole for whole in fractions(columns, "act_dur")]
    if min(length) == 0:
        msg = f"row {length.index(Fraction(0)) + 1}: a measure lasts 0"
        raise Refusal(msg)
    check_length(float(sum(length)))
    start, time = [], Fraction(0)
    for quarters in length:
        start.append(time)
        time += quarters
    beats, beat_type = np.array([_meter(cell) for cell in columns["timesig"]], dtype=np.int64).T
    offset = fractions(columns, "mc_offset", empty=Fraction(0))
    return _Measures(
        start=start,
        length=length,
        position=[4 * whole for whole in offset],
        beats=beats,
        beat_type=beat_type,
        fifths=numbers(columns, "keysig"),
        name=columns["mn"],
        begins_ending=np.array(
            [bool(here) and here != before for before, here in pairwise(["", *columns["volta"]])]
        ),
    )


def read_measure_starts(file: str | Path) -> list[Fraction]:
    """Read where the measures of DCML's table start, in quarter notes, by their count ``mc``.

    Raises:
        ScoreError: As ``read_dcml`` does.
    """
    with naming(file, ScoreError):
        return _read_measures(file).start


def _meter(cell: str) -> tuple[int, int]:
    """Both numbers of a time signature."""
    beats, _, beat_type = cell.partition("/")
    if not (beats.isdecimal() and beat_type.isdecimal() and len(cell) < 20):
        msg = f"it has the time signature {cell[:30]!r}, and such as 3/4 are read"
        raise Refusal(msg)
    check_meter(int(beats), int(beat_type))
    return int(beats), int(beat_type)


def _read_heads(columns: Columns, measures: _Measures) -> tuple[Heads, int]:
    """The note heads in order of onset, and the divisions of a quarter that all times need."""
    measure = numbers(columns, "mc") - 1
    if len(outside := np.flatnonzero((measure < 0) | (measure >= len(measures.start)))):
        row = int(outside[0])
        msg = f"row {row + 1} is in measure {measure[row] + 1} of {len(measures.start)}"
        raise Refusal(msg)
    in_measure = [4 * whole for whole in fractions(columns, "mc_onset")]
    onset = [measures.start[m] + q for m, q in zip(measure.tolist(), in_measure, strict=True)]
    duration = [4 * whole for whole in fractions(columns, "duration")]
    check_length(float(max(onset, default=0)))
    check_length(float(max(duration, default=0)))
    times = (onset, duration, measures.start, measures.length, measures.position)
    denominators = {quarters.denominator for column in times for quarters in column}
    for denominator in denominators:
        check_division(denominator)
    divs_pq = common_divisions(denominators, measures.beat_type.tolist())
    onset_div = _to_div(onset, divs_pq)
    heads = Heads(
        row=np.arange(len(onset)),
        measure=measure,
        onset_div=onset_div,
        offset_div=onset_div + _to_div(duration, divs_pq),
        tpc=numbers(columns, "tpc"),
        pitch=numbers(columns, "midi"),
        staff=_counted_from_1(columns, "staff", None),
        voice=_counted_from_1(columns, "voice", VOICES_PER_STAFF),
        is_grace=np.array([cell != "" for cell in columns["gracenote"]], dtype=np.bool_),
    )
    return heads, divs_pq


def _to_div(quarters: list[Fraction], divs_pq: int) -> Ints:
    """Times in divisions. Shape ``(num_times,)``."""
    return np.array([int(time * divs_pq) for time in quarters], dtype=np.int64)


def _counted_from_1(columns: Columns, name: str, highest: int | None) -> Ints:
    """A column of whole numbers from 1 to the highest, or without a bound."""
    found = numbers(columns, name)
    if len(found) and (found.min() < 1 or (highest is not None and found.max() > highest)):
        wrong = found.min() if found.min() < 1 else found.max()
        msg = f"it has a note in {name} {wrong}, and {name} 1 to {highest or 'any'} is read"
        raise Refusal(msg)
    return found


def _sounding_notes(heads: Heads, tied: list[str], doubling_staff: int) -> Heads:
    """Join tied heads and leave out what a staff merely doubles."""
    if unknown := set(tied) - TIED:
        msg = f"the column tied has {min(unknown)[:30]!r}, and nothing, 1, 0 and -1 are read"
        raise Refusal(msg)
    is_continuation = np.array([cell in {"0", "-1"} for cell in tied], dtype=np.bool_)
    goes_on = np.array([cell in {"0", "1"} for cell in tied], dtype=np.bool_)
    offset, is_joined = merge_ties(heads, is_continuation, goes_on)
    is_grace = heads.is_grace & (offset == heads.onset_div)
    joined = replace(heads, offset_div=offset, is_grace=is_grace)
    notes = joined.take(~is_joined)
    return notes.take(~_doubles(notes, doubling_staff)) if doubling_staff else notes


def _doubles(notes: Heads, staff: int) -> NDArray[np.bool_]:
    """Whether a note is in this staff and sounds alike in the one above. Shape ``(num_notes,)``."""
    sound = list(zip(notes.onset_div, notes.offset_div, notes.pitch, strict=True))
    above = {sound[i] for i in np.flatnonzero(notes.staff == staff - 1)}
    alike = np.array([one in above for one in sound], dtype=np.bool_)
    return np.asarray(alike & (notes.staff == staff))


def _to_table(notes: Heads, measures: _Measures, divs_pq: int, parts: PartTable) -> NoteTable:
    """Make the note table of merged notes and measures."""
    start_div = _to_div(measures.start, divs_pq)
    changes = np.diff(measures.beats * 10**6 + measures.beat_type, prepend=0) != 0
    key_rows = np.flatnonzero(np.diff(measures.fifths, prepend=measures.fifths[0] - 1))
    check_key_count(len(parts) * len(key_rows))
    written = MeasureTable(
        start_div=start_div,
        end_div=start_div + _to_div(measures.length, divs_pq),
        position_div=_to_div(measures.position, divs_pq),
        beats=measures.beats,
        beat_type=measures.beat_type,
        name=np.array(measures.name, dtype=np.str_),
    )
    return assemble(
        _found(notes, len(parts)),
        divs_pq,
        parts,
        join_halves(written, divs_pq, start_div[measures.begins_ending]),
        TimeSignatureTable(
            onset_div=start_div[changes],
            beats=measures.beats[changes],
            beat_type=measures.beat_type[changes],
        ),
        key_signature_table(
            [
                (part, int(start_div[row]), int(measures.fifths[row]), "")
                for part in range(len(parts))
                for row in key_rows
            ]
        ),
    )


def _found(notes: Heads, num_parts: int) -> FoundNotes:
    """The notes with their letters; each staff is a part if there are several parts."""
    alter, place = np.divmod(notes.tpc + 1, 7)
    step = np.array(list("FCGDAEB"))[place]
    natural = np.array([pitch.STEP_TO_PITCH_CLASS[letter] for letter in step], dtype=np.int64)
    octave, remainder = np.divmod(notes.pitch - natural - alter, 12)
    if remainder.any():
        row = int(np.flatnonzero(remainder)[0])
        msg = (
            f"row {notes.row[row] + 1}: MIDI pitch {notes.pitch[row]} cannot be spelled as "
            f"{pitch.spelling_name(int(notes.tpc[row]))} (tpc {notes.tpc[row]})"
        )
        raise Refusal(msg)
    several = num_parts > 1
    part = notes.staff - 1 if several else np.zeros_like(notes.staff)
    voice = notes.voice + (0 if several else VOICES_PER_STAFF * (notes.staff - 1))
    names = [f"n{row}" for row in notes.row.tolist()]
    if several:
        names = [f"P{p:02d}_{name}" for p, name in zip(part.tolist(), names, strict=True)]
    return FoundNotes(
        onset_div=notes.onset_div,
        offset_div=notes.offset_div,
        step=step,
        alter=alter,
        octave=octave - 1,
        part=part,
        staff=np.ones_like(notes.staff) if several else notes.staff,
        voice=voice,
        is_grace=notes.is_grace.astype(np.int64),
        note_id=np.array(names, dtype=np.str_),
    )
