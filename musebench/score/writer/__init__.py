"""Note table -> score file: one writer per format, one door for what goes wrong."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.files import check_target, write_file
from musebench.score.table import NoteTable
from musebench.score.writer.marks import Degree as Degree
from musebench.score.writer.marks import Harmony as Harmony
from musebench.score.writer.marks import Mark as Mark
from musebench.score.writer.mei import to_mei
from musebench.score.writer.midi import to_midi
from musebench.score.writer.musicxml import to_musicxml as to_musicxml
from musebench.score.writer.voices import MAX_VOICES as MAX_VOICES
from musebench.score.writer.voices import kept_voices as kept_voices
from musebench.score.writer.voices import linked_voices as linked_voices

MUSICXML_SUFFIXES, MEI_SUFFIXES, MIDI_SUFFIXES = (".musicxml", ".xml"), (".mei",), (".mid", ".midi")
WRITTEN = "MusicXML (.musicxml, .xml), MEI (.mei) and MIDI (.mid, .midi)"


def check_output(path: str | Path) -> Path:
    """Refuse a file that could not be written, before anything is computed.

    Raises:
        InputError: If its format is not written, or its folder is missing or cannot be written to.
    """
    return check_target(path, (*MUSICXML_SUFFIXES, *MEI_SUFFIXES, *MIDI_SUFFIXES), WRITTEN)


def write_score(
    notes: NoteTable,
    path: str | Path,
    *,
    marks: Sequence[Mark] = (),
    colors: NDArray[np.str_] | None = None,
    hidden_rests: bool = True,
) -> None:
    """Write a score: whole or not at all.

    In MusicXML every note keeps its onset, duration, spelling, part and staff, and measures, time
    and key signatures stand where the table has them. Notes are tied over barlines and where no
    single value lasts as long, tuplets have brackets, notes of a staff that overlap are in
    different voices, clefs are chosen. A note of no duration is a grace note. No format says
    where a measure inside the score begins that is a pickup there: it is read back as starting on
    its barline.

    Args:
        notes: The note table.
        path: File to write; its suffix tells the format, see ``WRITTEN``. MEI is what verovio makes
            of the MusicXML. Of MIDI see ``musebench.score.writer.midi``.
        marks: Words to write above the highest or below the lowest staff. A chord is also written
            for programs: as a MusicXML ``harmony`` that is not printed, an MEI ``harm``. Not in
            MIDI.
        colors: Colour of each note as ``#RRGGBB``, or empty. Shape ``(num_notes,)``. Not in MIDI.
        hidden_rests: Hide the rests of all voices of a staff except the one that sounds longest
            in the measure.

    Raises:
        InputError: If the file cannot be written, or the score cannot be in its format.
        StorageError: If the disk is full.
    """
    if not isinstance(notes, NoteTable):
        msg = f"notes is a {type(notes).__name__}; give a NoteTable, then the path."
        raise InputError(msg)
    path = check_output(path)
    suffix = path.suffix.lower()
    if suffix in MIDI_SUFFIXES:
        content = to_midi(notes)
    else:
        is_mei = suffix in MEI_SUFFIXES
        content = to_musicxml(notes, marks, colors, hidden_rests=hidden_rests, with_ids=is_mei)
        content = to_mei(content, path, marks) if is_mei else content
    write_file(path, content)
