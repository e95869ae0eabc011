"""Score file or address -> note table: a reader a format, one door for what goes wrong."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from musebench.errors import ScoreError
from musebench.score import kern, mei, midi, musicxml
from musebench.score.convert import from_partitura
from musebench.score.errors import Refusal
from musebench.score.parts import parts_to_table
from musebench.score.source import MAX_FILE_BYTES, read_source, suffix_of
from musebench.score.table import NoteTable

PARSER_VERSION = "1"  # raise it when the same file gives another note table

Content = TypeVar("Content")


@dataclass(frozen=True)
class Format:
    """A format that is read: name, suffixes, limit of a file in bytes, content -> note table."""

    name: str
    suffixes: tuple[str, ...]
    max_bytes: int
    read: Callable[[bytes], NoteTable]


MUSICXML = Format(
    "MusicXML",
    (".xml", ".musicxml", ".mxl"),
    MAX_FILE_BYTES,
    lambda data: parts_to_table(musicxml.load_musicxml(data)),
)
FORMATS = (
    MUSICXML,
    Format("MEI", (".mei",), MAX_FILE_BYTES, lambda data: parts_to_table(mei.load_mei(data))),
    Format(
        "Humdrum kern",
        (".krn", ".kern"),
        kern.MAX_KERN_BYTES,
        lambda data: parts_to_table(kern.load_kern(data)),
    ),
    Format("MIDI", (".mid", ".midi"), midi.MAX_MIDI_BYTES, midi.read_midi),
)
READ = ", ".join(f"{format_.name} ({', '.join(format_.suffixes)})" for format_ in FORMATS)
ADVICE = {
    ".abc": "Convert it to MusicXML first, with abc2xml or MuseScore.",
    ".mscx": "Export it as MusicXML from MuseScore first.",
    ".mscz": "Export it as MusicXML from MuseScore first.",
}


def read_score(source: Any) -> NoteTable:
    """Read a score.

    Args:
        source: Score of partitura, see ``NoteTable.from_partitura``, or path or http(s) address of
            a file in MusicXML (``.musicxml``, ``.xml``, compressed
            ``.mxl``), MEI (``.mei``), Humdrum kern (``.krn``, ``.kern``) or quantised MIDI
            (``.mid``, ``.midi``). The suffix tells which.

    Returns:
        Its note table. A MIDI file knows no spelling: its notes are named C, C#, D, Eb, E, F, F#,
        G, G#, A, Bb, B.

    Raises:
        InputError: If it is neither.
        ScoreError: If the file is missing, of another format, broken, hostile, out of bounds
            (``musebench.score.limits``), or without pitched notes. No parser goes to the network.

    Source:
        Parsed by Cancino-Chacon et al., "Partitura: A Python Package for Symbolic Music
        Processing", MEC 2022. Differs from its ``note_array``: divisions that change inside a score
        are brought to common ones, notes at one onset have a fixed order, positions know divided
        measures.
    """
    if not isinstance(source, str | Path):
        return from_partitura(source)
    format_ = name_failure(lambda: _format_of(source), source, "score")
    return name_failure(
        lambda: format_.read(read_source(source, format_.max_bytes).data), source, format_.name
    )


def read_played_midi(source: str | Path) -> NoteTable:
    """Read MIDI as it was played, without a metrical grid: times are ticks, measures mean nothing.

    Args:
        source: Path or http(s) address of a file.

    Raises:
        ScoreError: As ``read_score`` does, if the file is no MIDI.
    """
    return name_failure(
        lambda: midi.read_midi(read_source(source, midi.MAX_MIDI_BYTES).data, is_played=True),
        source,
        "MIDI",
    )


def is_midi(source: str | Path) -> bool:
    """Whether a file names itself MIDI."""
    return suffix_of(source) in FORMATS[-1].suffixes


def name_failure(read: Callable[[], Content], source: str | Path, name: str) -> Content:
    """What ``read`` returns; whatever it raises becomes a ``ScoreError`` that names the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # partitura names every tag that it leaves out
            return read()
    except Refusal as refusal:
        msg = f"{source}: {refusal}."
        raise ScoreError(msg) from refusal
    except Exception as error:  # parsers raise what their parts raise; the user needs the file
        msg = f"{source}: cannot be read as {name} ({type(error).__name__}: {error})."
        raise ScoreError(msg) from error


def _format_of(source: str | Path) -> Format:
    suffix = suffix_of(source)
    for format_ in FORMATS:
        if suffix in format_.suffixes:
            return format_
    msg = f"{suffix or 'a file without suffix'} is not read; give {READ}"
    advice = ADVICE.get(suffix)
    raise Refusal(f"{msg}. {advice[:-1]}" if advice else msg)
