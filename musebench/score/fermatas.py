"""Where the fermatas of a MusicXML score stand.

A note table does not know of them, so that no model can see them; as labels they are stored beside
it.
"""

import warnings
from pathlib import Path

import numpy as np

from musebench.score.errors import Refusal, ScoreError
from musebench.score.musicxml import load_musicxml
from musebench.score.parts import times_of_signs
from musebench.score.reader import MUSICXML
from musebench.score.source import MAX_FILE_BYTES, read_source, suffix_of
from musebench.score.table import Ints

FERMATAS_VERSION = "1"  # raise it when the same file gives other fermatas


def read_fermatas(source: str | Path) -> tuple[Ints, Ints]:
    """Read the fermatas over the notes of a score; those over rests and barlines are left out.

    Args:
        source: Path or http(s) address of a MusicXML file.

    Returns:
        Part and time of each, the time in divisions of the note table that ``read_score`` makes of
        the same file; a fermata over a note that continues a tie has the time of that note. Each of
        shape ``(num_fermatas,)``, in order of parts, then of time.

    Raises:
        ScoreError: As ``read_score`` does, and of a file in another format than MusicXML.
    """
    try:
        if suffix_of(source) not in MUSICXML.suffixes:
            msg = f"fermatas are read from MusicXML only ({', '.join(MUSICXML.suffixes)})"
            raise Refusal(msg)
        data = read_source(source, MAX_FILE_BYTES).data
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # partitura names every tag that it leaves out
            return _on_notes(data)
    except Refusal as refusal:
        msg = f"{source}: {refusal}."
        raise ScoreError(msg) from refusal
    except Exception as error:  # parsers raise what their parts raise; the user needs the file
        msg = f"{source}: cannot be read as MusicXML ({type(error).__name__}: {error})."
        raise ScoreError(msg) from error


def _on_notes(data: bytes) -> tuple[Ints, Ints]:
    from partitura.score import Fermata, Note

    parts = load_musicxml(data, with_fermatas=True)
    signs = [
        [sign.start.t for sign in part.iter_all(Fermata) if isinstance(sign.ref, Note)]
        for part in parts
    ]
    part = np.repeat(np.arange(len(parts)), [len(of_part) for of_part in signs])
    return part, times_of_signs(parts, signs)
