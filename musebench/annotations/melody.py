"""Labels of melody identification, from the parts of a song.

Conventions:
    Head ``melody``: class of the note, ``MELODY_CLASSES``. A part is the accompaniment if its name
    has a word of ``KEYBOARDS``. If there is one other part, it is the voice, whatever its name:
    some songs are stored with the oboe or flute that plays back the voice. Several are voices if
    each has the name of a voice (``VOICES``); everything they sing is the melody, including a verse
    written out next to another one.

    Notes that are equal in onset and pitch are one note, which lasts as long as the longest of them
    and is sung if any of them is (``melody_notes``): a piano that doubles the voice says otherwise
    where the voice is.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.errors import AnnotationError
from musebench.score import NoteTable, unite_unisons

MELODY_CLASSES = ("accompaniment", "voice")
KEYBOARDS = frozenset({"piano", "pianoforte", "klavier", "cembalo", "harpsichord"})
VOICES = frozenset(
    {"voice", "singstimme", "stimme", "gesang", "chant", "canto", "sang", "solo", "dessus"}
    | {"soprano", "sopranos", "alto", "contralto", "mezzo", "tenor", "tenors", "tenore", "baritone"}
    | {"bass", "basso", "s", "a", "t", "b", "men", "women"}
    | {"mignon", "harfner", "knabe", "blinder"}
)
INSTRUMENTS = frozenset({"cello", "recorder", "clarinet", "horn"})  # not sung, e.g. "Basso, Cello"
VERSIONS = frozenset({"ossia", "facilite"})
PRACTICE = frozenset({"practice", "rehearsal"})


def reason_without_melody(names: Sequence[str]) -> str:
    """Why the parts of a score do not show who sings; empty if they do.

    Args:
        names: Name of each part.
    """
    words = [_words(name) for name in names]
    others = [found for found in words if not found & KEYBOARDS]
    if any(found & PRACTICE for found in words):
        return "the piano only doubles the voices, for practice"
    if len(others) == len(names):
        return "no piano"
    if not others:
        return "no voice"
    if any(found & VERSIONS for found in words):
        return "a part is an easier version of another part"
    if len(others) > 1 and not all(found & VOICES and not found & INSTRUMENTS for found in others):
        return "an instrument beside voice and piano"
    return ""


def melody_labels(notes: NoteTable) -> dict[str, NDArray[np.int64]]:
    """Read whether each note is sung or accompaniment.

    Returns:
        Head -> class of each note. Shape ``(num_notes,)``, int64.

    Raises:
        AnnotationError: If the parts do not show who sings.
    """
    names = notes.parts.name.tolist()
    if reason := reason_without_melody(names):
        msg = f"the parts {', '.join(map(repr, names))} do not show who sings: {reason}."
        raise AnnotationError(msg)
    voice, accompaniment = (MELODY_CLASSES.index(n) for n in ("voice", "accompaniment"))
    return {"melody": np.where(_is_sung(notes), voice, accompaniment).astype(np.int64)}


def melody_notes(notes: NoteTable) -> NoteTable:
    """Unite the notes that are equal in onset and pitch; the part is that of a voice, if any."""
    return unite_unisons(notes, _is_sung(notes))


def _is_sung(notes: NoteTable) -> NDArray[np.bool_]:
    """Whether each note is in a part that no keyboard plays."""
    return ~keyboard_parts(notes.parts.name.tolist())[notes.part]


def keyboard_parts(names: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each part is a keyboard's, by its name. Shape ``(num_parts,)``."""
    return np.array([bool(_words(name) & KEYBOARDS) for name in names], dtype=np.bool_)


def keyboard_notes(notes: NoteTable) -> NoteTable:
    """The notes of the accompaniment alone; all notes if no part is a keyboard's."""
    played = keyboard_parts(notes.parts.name.tolist())[notes.part]
    if not played.any():
        return notes
    columns: dict[str, Any] = {name: of[played] for name, of in notes.columns().items()}
    return replace(notes, **columns)


def _words(name: str) -> frozenset[str]:
    """The words of a name in lower case without accents."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return frozenset(re.findall("[a-z]+", plain))
