"""Score file -> note table, by partitura's parser and one pass over its parts."""

import io
import math
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from musebench import pitch
from musebench.score.table import (
    Ints,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)

PARSER_VERSION = "1"  # raise it when the same file gives another note table
SUFFIXES = (".xml", ".musicxml", ".mxl")

# A whole score time of one part -> divisions common to the score.
ToCommon = Callable[[Ints], Ints]


class ScoreError(ValueError):
    """A file that cannot be read as a score: names the file and the reason."""


def read_score(path: str | Path) -> NoteTable:
    """Read a score.

    Args:
        path: A MusicXML file: ``.xml``, ``.musicxml`` or compressed ``.mxl``.

    Returns:
        Its note table.

    Raises:
        ScoreError: If the file is missing, of another format, broken, or without pitched notes.

    Source:
        Parsed by Cancino-Chacon et al., "Partitura: A Python Package for Symbolic Music
        Processing", MEC 2022. Differs from its ``note_array``: divisions that change inside a score
        are brought to common ones, notes at one onset have a fixed order, positions know divided
        measures.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"{path}: there is no such file."
        raise ScoreError(msg)
    if path.suffix.lower() not in SUFFIXES:
        found = path.suffix or "a file without suffix"
        msg = f"{path}: {found} is not read; give MusicXML ({', '.join(SUFFIXES)})."
        raise ScoreError(msg)
    try:
        return _score_to_table(_parse_musicxml(path))
    except Exception as error:  # partitura raises what its parts raise; the user needs the file
        msg = f"{path}: cannot be read as MusicXML ({type(error).__name__}: {error})."
        raise ScoreError(msg) from error


def _parse_musicxml(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # partitura names every tag that it leaves out
        from partitura import load_musicxml

        if zipfile.is_zipfile(path):
            return load_musicxml(str(path))
        return load_musicxml(io.BytesIO(path.read_bytes()))  # lxml's own paths are UTF-8 only


def _score_to_table(score: Any) -> NoteTable:
    parts = list(score.parts)
    divs_pq = _common_divisions(parts)
    to_common = [_to_common_divisions(part, divs_pq) for part in parts]
    columns = _NoteColumns(with_part=len(parts) > 1)
    for index, part in enumerate(parts):
        columns.add_part(index, part, to_common[index])
    if not columns.step:
        msg = "it has no pitched notes"
        raise ValueError(msg)
    longest = max(range(len(parts)), key=lambda i: (_last_time(parts[i], to_common[i]), -i))
    time_signatures = _time_signatures(parts[longest], to_common[longest])
    measures = _measures(parts[longest], to_common[longest], time_signatures, divs_pq)
    key_signatures = _key_signatures(parts, to_common)
    notes = columns.in_order()
    onset = notes["onset_div"]
    signature = _row_at(time_signatures.onset_div, onset)
    measure = _row_at(measures.start_div, onset)
    return NoteTable(
        **notes,
        divs_pq=divs_pq,
        key_fifths=_fifths_at(key_signatures, notes["part"], onset),
        beats=time_signatures.beats[signature],
        beat_type=time_signatures.beat_type[signature],
        measure_index=measure,
        measure_position_div=measures.position_div[measure] + onset - measures.start_div[measure],
        parts=PartTable(name=np.array([part.part_name or "" for part in parts], dtype=np.str_)),
        measures=measures,
        time_signatures=time_signatures,
        key_signatures=key_signatures,
    )


def _common_divisions(parts: Iterable[Any]) -> int:
    """Divisions per quarter in which every part's times, and every beat, are whole."""
    from partitura.score import TimeSignature

    needs = [1]
    for part in parts:
        needs += [int(divisions) for divisions in part.quarter_durations()[:, 1]]
        for signature in part.iter_all(TimeSignature):
            needs.append(Fraction(signature.beat_type, 4).numerator)
    return math.lcm(*needs)


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
    if part.last_point is None:
        return 0
    return int(to_common(np.array([part.last_point.t]))[0])


@dataclass
class _NoteColumns:
    """The columns of a note table while they grow, part by part, in document order."""

    with_part: bool

    def __post_init__(self) -> None:
        self.onset_div: list[Ints] = []
        self.offset_div: list[Ints] = []
        self.step: list[str] = []
        self.note_id: list[str] = []
        # alter, octave, part, staff, voice, is_grace, document order
        self.numbers: list[tuple[int, ...]] = []

    def add_part(self, index: int, part: Any, to_common: ToCommon) -> None:
        from partitura.score import GraceNote, Note

        notes = [n for n in part.iter_all(Note, include_subclasses=True) if n.tie_prev is None]
        times = np.array([(n.start.t, _end_of_ties(n)) for n in notes], dtype=np.int64)
        times = times.reshape(-1, 2)
        self.onset_div.append(to_common(times[:, 0]))
        self.offset_div.append(to_common(times[:, 1]))
        voices = [n.voice for n in notes if n.voice is not None]
        no_voice = max(voices, default=0) + 1
        for place, note in enumerate(notes):
            self.step.append(note.step)
            name = note.id if note.id is not None else f"note{place}"
            self.note_id.append(f"P{index:02d}_{name}" if self.with_part else name)
            self.numbers.append(
                (
                    note.alter or 0,
                    note.octave,
                    index,
                    note.staff or 0,
                    no_voice if note.voice is None else note.voice,
                    isinstance(note, GraceNote),
                    place if note.doc_order is None else note.doc_order,
                )
            )

    def in_order(self) -> dict[str, Any]:
        """The columns that belong to a note alone, in the order of a note table."""
        onset = np.concatenate(self.onset_div)
        # Some editors write negative durations inside broken tuplets.
        duration = np.maximum(np.concatenate(self.offset_div) - onset, 0)
        names = ("alter", "octave", "part", "staff", "voice", "is_grace", "document_order")
        numbers = np.array(self.numbers, dtype=np.int64).T
        columns: dict[str, Any] = dict(zip(names, numbers, strict=True))
        natural = np.array([pitch.STEP_TO_PITCH_CLASS[s] for s in self.step], dtype=np.int64)
        columns |= {
            "onset_div": onset,
            "duration_div": duration,
            "pitch": natural + columns["alter"] + 12 * (columns["octave"] + 1),
            "step": np.array(self.step, dtype="U1"),
            "is_grace": columns["is_grace"].astype(np.bool_),
            "note_id": np.array(self.note_id),
        }
        by = ("document_order", "voice", "part", "duration_div", "pitch", "onset_div")
        order = np.lexsort([columns[name] for name in by])
        del columns["document_order"]
        return {name: column[order] for name, column in columns.items()}


def _end_of_ties(note: Any) -> int:
    """Time at which the last note tied to this one ends."""
    seen = {id(note)}
    while note.tie_next is not None and id(note.tie_next) not in seen:
        note = note.tie_next
        seen.add(id(note))
    return int(note.end.t)


def _row_at(start: Ints, time: Ints) -> Ints:
    """Row of the table in force at each time; before the first row, the first."""
    return np.maximum(np.searchsorted(start, time, side="right") - 1, 0)


def _fifths_at(key_signatures: KeySignatureTable, part: Ints, onset: Ints) -> Ints:
    fifths = np.zeros(len(onset), dtype=np.int64)
    for index in np.unique(part):
        rows = key_signatures.part == index
        if rows.any():
            notes = part == index
            row = _row_at(key_signatures.onset_div[rows], onset[notes])
            fifths[notes] = key_signatures.fifths[rows][row]
    return fifths


def _time_signatures(part: Any, to_common: ToCommon) -> TimeSignatureTable:
    """Time signatures of a part; 4/4 where none is written, as partitura has it."""
    from partitura.score import TimeSignature

    rows = [(s.start.t, s.beats, s.beat_type) for s in part.iter_all(TimeSignature)] or [(0, 4, 4)]
    time, beats, beat_type = np.array(rows, dtype=np.int64).T
    return TimeSignatureTable(onset_div=to_common(time), beats=beats, beat_type=beat_type)


def _key_signatures(parts: Iterable[Any], to_common: list[ToCommon]) -> KeySignatureTable:
    from partitura.score import KeySignature

    rows = [
        (index, int(to_common[index](np.array([k.start.t]))[0]), k.fifths or 0, k.mode or "")
        for index, part in enumerate(parts)
        for k in part.iter_all(KeySignature)
    ]
    part, onset, fifths = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3).T
    mode = np.array([row[3] for row in rows], dtype=np.str_)
    return KeySignatureTable(part=part, onset_div=onset, fifths=fifths, mode=mode)


def _measures(
    part: Any, to_common: ToCommon, time_signatures: TimeSignatureTable, divs_pq: int
) -> MeasureTable:
    from partitura.score import Measure

    found = [m for m in part.iter_all(Measure) if m.end is not None and m.end.t > m.start.t]
    times = np.array([(m.start.t, m.end.t) for m in found], dtype=np.int64).reshape(-1, 2)
    start, end = to_common(times[:, 0]), to_common(times[:, 1])
    signature = _row_at(time_signatures.onset_div, start)
    beats = time_signatures.beats[signature]
    beat_type = time_signatures.beat_type[signature]
    return MeasureTable(
        start_div=start,
        end_div=end,
        position_div=_start_positions(end - start, beats * (4 * divs_pq // beat_type)),
        beats=beats,
        beat_type=beat_type,
        name=np.array([m.name or "" for m in found], dtype=np.str_),
    )


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
