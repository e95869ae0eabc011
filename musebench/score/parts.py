"""Partitura's parts -> note table, in one pass over each."""

from collections.abc import Callable
from typing import Any

import numpy as np

from musebench import pitch
from musebench.score.assemble import FoundNotes, assemble, key_signature_table, measure_table
from musebench.score.concert_pitch import Transpositions
from musebench.score.errors import Refusal
from musebench.score.limits import (
    check_division,
    check_length,
    check_meter,
    check_part_count,
    common_divisions,
)
from musebench.score.own_signs import with_own_signs
from musebench.score.table import (
    Ints,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)

# A whole score time of one part -> divisions common to the score.
ToCommon = Callable[[Ints], Ints]


def parts_to_table(parts: list[Any]) -> NoteTable:
    """Make the note table of a score.

    Args:
        parts: Its parts, as partitura's.

    Raises:
        Refusal: If it is out of bounds, or has no pitched notes.
    """
    check_part_count(len(parts))
    divs_pq = _common_divisions(parts)
    to_common = [_to_common_divisions(part, divs_pq) for part in parts]
    columns = _NoteColumns(with_part=len(parts) > 1)
    for index, part in enumerate(parts):
        columns.add_part(index, part, to_common[index])
    if not columns.step:
        msg = "it has no pitched notes"
        raise Refusal(msg)
    longest = max(
        range(len(parts)),
        key=lambda i: (_last_time(parts[i], to_common[i]), _own_meters(parts[i], to_common[i]), -i),
    )
    time_signatures = _time_signatures(parts[longest], to_common[longest])
    table = assemble(
        columns.found(),
        divs_pq,
        PartTable(name=np.array([part.part_name or "" for part in parts], dtype=np.str_)),
        _measures(parts[longest], to_common[longest], time_signatures, divs_pq),
        time_signatures,
        _key_signatures(parts, to_common),
        getattr(parts[0], "title", ""),
    )
    return with_own_signs(table, parts, to_common)


def times_of_signs(parts: list[Any], times: list[list[int]]) -> Ints:
    """Bring times of each part to the divisions of the score. Shape ``(num_times,)``."""
    divs_pq = _common_divisions(parts)
    common = [
        _to_common_divisions(part, divs_pq)(np.array(of_part, dtype=np.int64))
        for part, of_part in zip(parts, times, strict=True)
    ]
    return np.concatenate(common) if common else np.zeros(0, dtype=np.int64)


def _common_divisions(parts: list[Any]) -> int:
    """Divisions per quarter in which every part's times, and every beat, are whole."""
    from partitura.score import TimeSignature

    divisions: set[int] = set()
    beat_types: set[int] = set()
    for part in parts:
        _check_times(part)
        divisions.update(int(d) for d in part.quarter_durations()[:, 1])
        for signature in part.iter_all(TimeSignature):
            check_meter(signature.beats, signature.beat_type)
            beat_types.add(signature.beat_type)
    return common_divisions(divisions, beat_types)


def _check_times(part: Any) -> None:
    """Refuse divisions and a length of a part that its times could not be counted in."""
    changes = part.quarter_durations().tolist()
    for _, divisions in changes:
        check_division(divisions)
    if part.last_point is not None:
        ends = [time for time, _ in changes[1:]] + [int(part.last_point.t)]
        spans = zip(changes, ends, strict=True)
        check_length(sum(max(end - start, 0) / divisions for (start, divisions), end in spans))


def _to_common_divisions(part: Any, divs_pq: int) -> ToCommon:
    """How to bring a part's times, whose divisions may change, to common divisions."""
    change_time, divisions = part.quarter_durations().astype(np.int64).T
    factor = divs_pq // divisions
    passed = np.concatenate([[0], np.cumsum(np.diff(change_time) * factor[:-1])])

    def to_common(time: Ints) -> Ints:
        section = np.searchsorted(change_time, time, side="right") - 1
        return np.asarray(passed[section] + (time - change_time[section]) * factor[section])

    return to_common


def _last_time(part: Any, to_common: ToCommon) -> int:
    """Where a part ends, in common divisions."""
    if part.last_point is None:
        return 0
    return int(to_common(np.array([part.last_point.t]))[0])


def _own_meters(part: Any, to_common: ToCommon) -> list[tuple[int, ...]]:
    """The meters of a part that has its own: they, not its place, say which part counts."""
    if not getattr(part, "own_signs", ()):
        return []
    table = _time_signatures(part, to_common)
    return list(zip(*(column.tolist() for column in table.columns().values()), strict=True))


class _NoteColumns:
    """The columns of a note table while they grow, part by part, in document order."""

    def __init__(self, with_part: bool) -> None:
        self.with_part = with_part
        self.onset_div: list[Ints] = []
        self.offset_div: list[Ints] = []
        self.step: list[str] = []
        self.note_id: list[str] = []
        # alter, octave, part, staff, voice, is_grace
        self.numbers: list[tuple[int, ...]] = []

    def add_part(self, index: int, part: Any, to_common: ToCommon) -> None:
        """Add the notes of a part."""
        from partitura.score import GraceNote, Note

        notes = [n for n in part.iter_all(Note, include_subclasses=True) if n.tie_prev is None]
        ends = (n.end.t if n.tie_next is None else _end_of_ties(n) for n in notes)
        starts = [n.start.t for n in notes]
        times = np.array(list(zip(starts, ends, strict=True)), dtype=np.int64)
        times = times.reshape(-1, 2)
        self.onset_div.append(to_common(times[:, 0]))
        self.offset_div.append(to_common(times[:, 1]))
        transpositions = Transpositions(part)
        voices = [n.voice for n in notes if n.voice is not None]
        no_voice = max(voices, default=0) + 1
        prefix = f"P{index:02d}_" if self.with_part else ""
        for place, note in enumerate(notes):
            if note.step not in pitch.STEP_TO_PITCH_CLASS or note.octave is None:
                msg = f"a note has the pitch {note.step!r} in octave {note.octave!r}"
                raise Refusal(msg)
            step, alter, octave = note.step, note.alter or 0, note.octave
            if transpositions.times and (moved := transpositions.at(note.start.t)):
                step, alter, octave = moved.move(step, alter, octave)
            self.step.append(step)
            self.note_id.append(prefix + (f"note{place}" if note.id is None else note.id))
            self.numbers.append(
                (
                    alter,
                    octave,
                    index,
                    note.staff or 0,
                    no_voice if note.voice is None else note.voice,
                    isinstance(note, GraceNote),
                )
            )

    def found(self) -> FoundNotes:
        """All notes so far."""
        alter, octave, part, staff, voice, is_grace = np.array(self.numbers, dtype=np.int64).T
        return FoundNotes(
            onset_div=np.concatenate(self.onset_div),
            offset_div=np.concatenate(self.offset_div),
            step=np.array(self.step, dtype="U1"),
            alter=alter,
            octave=octave,
            part=part,
            staff=staff,
            voice=voice,
            is_grace=is_grace,
            note_id=np.array(self.note_id, dtype=np.str_),
        )


def _end_of_ties(note: Any) -> int:
    """Time at which the last note tied to this one ends."""
    seen = {id(note)}
    while note.tie_next is not None and id(note.tie_next) not in seen:
        note = note.tie_next
        seen.add(id(note))
    return int(note.end.t)


def _time_signatures(part: Any, to_common: ToCommon) -> TimeSignatureTable:
    """Time signatures of a part; 4/4 where none is written, as partitura has it."""
    from partitura.score import TimeSignature

    rows = [(s.start.t, s.beats, s.beat_type) for s in part.iter_all(TimeSignature)] or [(0, 4, 4)]
    time, beats, beat_type = np.array(rows, dtype=np.int64).T
    return TimeSignatureTable(onset_div=to_common(time), beats=beats, beat_type=beat_type)


def _key_signatures(parts: list[Any], to_common: list[ToCommon]) -> KeySignatureTable:
    """The key signatures of all parts, as they sound."""
    from partitura.score import KeySignature

    rows = []
    for index, part in enumerate(parts):
        transpositions = Transpositions(part)
        for key in part.iter_all(KeySignature):
            onset, fifths = int(to_common[index](np.array([key.start.t]))[0]), key.fifths or 0
            if moved := transpositions.at(key.start.t):
                fifths = moved.move_key(fifths)
            rows.append((index, onset, fifths, key.mode or ""))
    return key_signature_table(rows)


def _measures(
    part: Any, to_common: ToCommon, time_signatures: TimeSignatureTable, divs_pq: int
) -> MeasureTable:
    """The measures of a part that last."""
    from partitura.score import Ending, Measure

    found = [m for m in part.iter_all(Measure) if m.end is not None and m.end.t > m.start.t]
    times = np.array([(m.start.t, m.end.t) for m in found], dtype=np.int64).reshape(-1, 2)
    names = ["" if m.name is None else str(m.name) for m in found]
    start, end = to_common(times[:, 0]), to_common(times[:, 1])
    endings = to_common(np.array([e.start.t for e in part.iter_all(Ending)], dtype=np.int64))
    return measure_table(start, end, names, time_signatures, divs_pq, endings)
