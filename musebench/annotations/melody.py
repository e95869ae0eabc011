"""Labels of melody identification, from the parts of a song.

Conventions:
    Head ``melody``: class of the note, ``MELODY_CLASSES``. A part is the accompaniment if its name
    has a word of ``KEYBOARDS``. If there is one other part, it is the voice, whatever its name:
    some songs are stored with the oboe or flute that plays back the voice. Several are voices if
    each has the name of a voice (``VOICES``); everything they sing is the melody, including a verse
    written out next to another one.

    A note of the accompaniment that doubles a sung one exactly (same onset, pitch and duration) has
    no class, ``IGNORE_LABEL``: only the order of the parts would distinguish the two.
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musebench.annotations.labels import IGNORE_LABEL
from musebench.errors import AnnotationError
from musebench.score import NoteTable

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
    is_voice = np.array([not _words(name) & KEYBOARDS for name in names])
    voice, accompaniment = (MELODY_CLASSES.index(n) for n in ("voice", "accompaniment"))
    label = np.where(is_voice[notes.part], voice, accompaniment).astype(np.int64)
    label[_doubles_a_sung_note(notes, is_voice[notes.part])] = IGNORE_LABEL
    return {"melody": label}


def _doubles_a_sung_note(notes: NoteTable, is_sung: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each note has the onset, pitch and duration of a sung one."""
    what = np.column_stack([notes.onset_div, notes.pitch, notes.duration_div])
    same = np.unique(what, axis=0, return_inverse=True)[1].reshape(-1)
    sung: NDArray[np.bool_] = np.isin(same, same[is_sung])
    return sung & ~is_sung


def _words(name: str) -> frozenset[str]:
    """The words of a name in lower case without accents."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return frozenset(re.findall("[a-z]+", plain))
