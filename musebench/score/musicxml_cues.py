"""Which cue notes of a MusicXML score sound.

A cue note is silent, as MusicXML has it. Two programs wrote the element for all notes that are
printed small, such as those of a cadenza: where they print a cue note, it sounds. What they do not
print is the playing of a trill, written out by hand, and doubles the trill.
"""

import re
from collections.abc import Iterator
from typing import Any

from musebench.score.told import Told

WRITES_SMALL_NOTES_AS_CUES = re.compile(r"\b(?:MuseScore (?:[0-2]|3\.[0-4])\.|Finale\b|Dolet\b)")


def silent_cues(root: Any, told: Told) -> set[Any]:
    """Find the cue notes of a score that do not sound.

    Args:
        root: A ``score-partwise`` element.
        told: Takes what is left out, and which cue notes are read.
    """
    programs = (one.text or "" for one in root.iterfind("identification/encoding/software"))
    is_small = any(map(WRITES_SMALL_NOTES_AS_CUES.search, programs))
    cues = {cue.getparent() for cue in root.iter("cue")}
    if is_small:  # it stands at the first note of a chord
        cues |= {tone for note in cues for tone in _tones_behind(note)}
    cues = {note for note in cues if note.tag == "note" and note.find("pitch") is not None}
    hidden = {note for note in cues if _is_hidden(note)}
    told.add("cue notes that are not printed do not sound and are left out", times=len(hidden))
    printed = len(cues) - len(hidden)
    if is_small:
        told.add("printed cue notes are read, as small notes that sound", times=printed)
        return hidden
    told.add("cue notes do not sound and are left out", times=printed)
    return cues


def _tones_behind(note: Any) -> Iterator[Any]:
    """The further notes of a chord."""
    for tone in note.itersiblings("note"):
        if tone.find("chord") is None:
            return
        yield tone


def _is_hidden(note: Any) -> bool:
    """Whether a note is not printed."""
    return (note.get("print-object") or "").strip() == "no"
