"""Note table <-> scores of partitura, and -> those of music21."""

import re
import warnings
from typing import Any

import numpy as np

from musebench.errors import InputError, MissingDependencyError, ScoreError
from musebench.score.errors import Refusal
from musebench.score.parts import parts_to_table
from musebench.score.table import NoteTable
from musebench.score.writer import to_musicxml

PART_PREFIX = re.compile(r"P\d+_")  # of note_id where there are several parts


def from_partitura(score: Any) -> NoteTable:
    """Make the note table of a score of partitura; see ``NoteTable.from_partitura``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # partitura's own imports are not up to date
        from partitura.score import Part, PartGroup, Score, iter_parts
    listed = score if isinstance(score, list | tuple) else [score]
    if not listed or not all(isinstance(item, Part | PartGroup | Score) for item in listed):
        msg = (
            f"a {type(score).__qualname__} is not a score; give a path, an http(s) address, or a "
            "Score, a Part or a list of Parts of partitura."
        )
        raise InputError(msg)
    groups = [item.parts if isinstance(item, Score) else item for item in listed]
    try:
        return parts_to_table([part for group in groups for part in iter_parts(group)])
    except Refusal as refusal:
        msg = f"the {type(score).__name__} of partitura cannot be read: {refusal}."
        raise ScoreError(msg) from refusal


def to_partitura(notes: NoteTable) -> Any:
    """Make a score of partitura of a note table; see ``NoteTable.to_partitura``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from partitura.score import Score

        return Score([_to_part(notes, index) for index in range(len(notes.parts))], id="musebench")


def _to_part(notes: NoteTable, index: int) -> Any:
    """One part; its notes are tied over barlines."""
    from partitura.score import KeySignature, Measure, TimeSignature, tie_notes

    from musebench.score.timeline import QuickPart

    name = str(notes.parts.name[index])
    part = QuickPart(f"P{index + 1}", part_name=name or None, quarter_duration=notes.divs_pq)
    measures, meters, keys = notes.measures, notes.time_signatures, notes.key_signatures
    rows = zip(measures.start_div.tolist(), measures.end_div.tolist(), measures.name, strict=True)
    for number, (start, end, printed) in enumerate(rows, start=1):
        part.add(Measure(number=number, name=str(printed) or None), start, end)
    columns = (meters.onset_div.tolist(), meters.beats.tolist(), meters.beat_type.tolist())
    for onset, beats, beat_type in zip(*columns, strict=True):
        part.add(TimeSignature(beats, beat_type), onset)
    for row in np.flatnonzero(keys.part == index).tolist():
        mode = str(keys.mode[row]) or None
        part.add(KeySignature(int(keys.fifths[row]), mode), int(keys.onset_div[row]))
    for row in np.flatnonzero(notes.part == index).tolist():
        onset = int(notes.onset_div[row])
        part.add(_to_note(notes, row), onset, onset + int(notes.duration_div[row]))
    tie_notes(part)
    return part


def _to_note(notes: NoteTable, row: int) -> Any:
    """Make a note of partitura, which has no place in its part yet."""
    from partitura.score import GraceNote, Note

    name = str(notes.note_id[row])
    return (GraceNote if notes.is_grace[row] else Note)(
        *(["grace"] if notes.is_grace[row] else []),
        step=str(notes.step[row]),
        octave=int(notes.octave[row]),
        alter=int(notes.alter[row]) or None,
        id=PART_PREFIX.sub("", name, count=1) if len(notes.parts) > 1 else name,
        voice=int(notes.voice[row]),
        staff=int(notes.staff[row]) or None,
        doc_order=row,
    )


def to_music21(notes: NoteTable) -> Any:
    """Make a score of music21 of a note table; see ``NoteTable.to_music21``."""
    try:
        from music21 import converter
    except ModuleNotFoundError as error:
        msg = "a score of music21 needs music21: pip install 'musebench[chorales]'."
        raise MissingDependencyError(msg, name="music21") from error
    return converter.parseData(to_musicxml(notes).decode(), format="musicxml")
