"""Score file or address -> note table: one reader per format, one door for what goes wrong."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musebench.errors import ScoreError
from musebench.files import FOLDER, kind_of
from musebench.score import abc, kern, mei, midi, musescore, musicxml
from musebench.score.convert import from_partitura
from musebench.score.errors import Refusal, naming
from musebench.score.source import MAX_FILE_BYTES, read_source, split_number, suffix_of
from musebench.score.table import NoteTable

# Raise one when the same file gives another note table: the first for MusicXML, the second for all
# other formats, in which no published corpus is.
PARSER_VERSION = "3"
OTHERS_VERSION = "2"


@dataclass(frozen=True)
class Format:
    """A format that is read: name, suffixes, limit of a file in bytes, content -> note table."""

    name: str
    suffixes: tuple[str, ...]
    max_bytes: int
    read: Callable[..., NoteTable]
    # How many scores a file may have; ``read`` then takes which, from 1.
    count: Callable[[bytes], int] | None = None


MUSICXML = Format(
    "MusicXML",
    (".xml", ".musicxml", ".mxl"),
    MAX_FILE_BYTES,
    musicxml.read_musicxml,
)
MIDI = Format("MIDI", (".mid", ".midi", ".kar", ".rmi"), midi.MAX_MIDI_BYTES, midi.read_midi)
FORMATS = (
    MUSICXML,
    Format("MEI", (".mei",), MAX_FILE_BYTES, mei.read_mei, mei.count_movements),
    Format(
        "Humdrum kern",
        (".krn", ".kern"),
        kern.MAX_KERN_BYTES,
        kern.read_kern,
        kern.count_scores,
    ),
    Format("ABC", (".abc",), abc.MAX_ABC_BYTES, abc.read_abc, abc.count_tunes),
    MIDI,
    Format("MuseScore", (".mscz", ".mscx"), MAX_FILE_BYTES, musescore.read_musescore),
)
READ = ", ".join(f"{format_.name} ({', '.join(format_.suffixes)})" for format_ in FORMATS)


def read_score(source: Any) -> NoteTable:
    """Read a score.

    Args:
        source: Score of partitura, see ``NoteTable.from_partitura``, or path or http(s) address of
            a file in MusicXML (``.musicxml``, ``.xml``, compressed ``.mxl``), MEI (``.mei``),
            Humdrum kern (``.krn``, ``.kern``), ABC (``.abc``), quantised MIDI (``.mid``, ``.midi``,
            ``.kar``, ``.rmi``) or, where MuseScore is on the PATH, its own (``.mscz``, ``.mscx``).
            The suffix tells which. ``#2`` after the name is the second of several movements of MEI,
            scores of kern or tunes of ABC; without it, the first is read.

    Returns:
        Its note table. A MIDI file knows no spelling: its notes are named C, C#, D, Eb, E, F, F#,
        G, G#, A, Bb, B.

    Raises:
        InputError: If it is neither.
        ScoreError: If the file is missing, of another format, broken, hostile, out of bounds
            (``musebench.score.limits``), or without pitched notes. No parser goes to the network.

    Warns:
        ScoreWarning: If something was mended or left out, such as a backup beyond the start of a
            measure.

    Source:
        MusicXML is parsed by Cancino-Chacon et al., "Partitura: A Python Package for Symbolic Music
        Processing", MEC 2022. Differs from its ``note_array``: divisions that change inside a score
        are brought to common ones, notes at one onset have a fixed order, positions know divided
        measures.
    """
    if not isinstance(source, str | Path):
        return from_partitura(source)
    file, number = split_number(source)
    with naming(source, content="a score"):
        format_ = _format_of(file)
        if number is not None and format_.count is None:
            msg = f"#{number} names one of several scores, and a file of {format_.name} has one"
            raise Refusal(msg)
    with naming(source, content=format_.name):
        data = read_source(file, format_.max_bytes).data
        how = {} if format_.count is None else {"number": number}
        return format_.read(data, **how)


def read_played_midi(source: str | Path) -> NoteTable:
    """Read MIDI as it was played, without a metrical grid: times are ticks, measures mean nothing.

    Args:
        source: Path or http(s) address of a file.

    Raises:
        ScoreError: As ``read_score`` does, if the file is not MIDI.
    """
    with naming(source, content="MIDI"):
        return midi.read_midi(read_source(source, midi.MAX_MIDI_BYTES).data, is_played=True)


def count_scores(path: Path) -> int:
    """How many scores there are in a file with the suffix of a score; 1 if it cannot be read."""
    format_ = _format_of(path)
    if format_.count is None:
        return 1
    with warnings.catch_warnings(), suppress(ScoreError), naming(path):
        warnings.simplefilter("ignore")
        return max(1, format_.count(read_source(path, format_.max_bytes).data))
    return 1


def is_midi(source: str | Path) -> bool:
    """Whether a file names itself MIDI."""
    return suffix_of(source) in MIDI.suffixes


def _format_of(source: str | Path) -> Format:
    """The format that the suffix of a source names."""
    suffix = suffix_of(source)
    for format_ in FORMATS:
        if suffix in format_.suffixes:
            return format_
    if kind_of(source) == FOLDER:
        msg = "it is a folder; give a file, or apply to all scores in it by apply_folder"
        raise Refusal(msg)
    msg = f"{suffix or 'a file without suffix'} is not read; give {READ}"
    raise Refusal(msg)
