"""Where the fermatas of a MusicXML score stand.

A note table does not know of them, so that no model can see them; as labels they are stored beside
it.
"""

from pathlib import Path

import numpy as np

from musebench.score.errors import Refusal, naming
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
    with naming(source, content=MUSICXML.name):
        return _on_notes(source)


def _on_notes(source: str | Path) -> tuple[Ints, Ints]:
    """Part and time, in divisions of the score, of each fermata of a note."""
    from partitura.score import Fermata, Note

    if suffix_of(source) not in MUSICXML.suffixes:
        msg = f"fermatas are read from MusicXML only ({', '.join(MUSICXML.suffixes)})"
        raise Refusal(msg)
    parts = load_musicxml(read_source(source, MAX_FILE_BYTES).data, with_fermatas=True)
    signs = [
        [sign.start.t for sign in part.iter_all(Fermata) if isinstance(sign.ref, Note)]
        for part in parts
    ]
    part = np.repeat(np.arange(len(parts)), [len(of_part) for of_part in signs])
    return part, times_of_signs(parts, signs)
