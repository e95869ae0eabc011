"""Ties of a MusicXML score -> chains of partitura's notes.

Partitura knows one tie per pitch and time. Where two voices hold one pitch over a barline, each
note goes on with the one of its voice and staff.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from musebench.score.musicxml_times import PartTimes

Place = tuple[int, int]  # MIDI pitch, time
Ties = dict[Any, tuple[bool, bool]]
NO_TIE = (False, False)
STOPS, STARTS = ("stop", "continue"), ("start", "continue")


def read_ties(root: Any) -> Ties:
    """Read the ties of the notes of a score.

    A note with no ``<tie>``, which sounds, is tied as its ``<tied>``, which is printed, says.

    Args:
        root: A ``score-partwise`` element.

    Returns:
        Of each ``<note>`` that is tied whether it continues another and whether it goes on.
    """
    printed = _types((tied, tied.getparent().getparent()) for tied in root.iter("tied"))
    return printed | _types((tie, tie.getparent()) for tie in root.iter("tie"))


def _types(ties: Iterable[tuple[Any, Any]]) -> Ties:
    """Of each note whether it continues another and whether it goes on."""
    found: Ties = {}
    for tie, note in ties:
        kind = (tie.get("type") or "").strip()
        stops, starts = found.get(note, NO_TIE)
        found[note] = (stops or kind in STOPS, starts or kind in STARTS)
    return found


def join_ties(part: Any, times: PartTimes, ties: Ties) -> None:
    """Chain the notes of a part: each with one of its pitch that starts where it ends.

    Silence that was added to a measure does not end a tie.

    Args:
        part: The part, as partitura has it.
        times: Its times.
        ties: What ``read_ties`` found.
    """
    from partitura.score import Note

    going_on: dict[Place, list[Any]] = defaultdict(list)
    continuing: dict[Place, list[Any]] = defaultdict(list)
    tied = [ties.get(note, NO_TIE) for note in times.part.iterfind("measure/note")]
    filled = times.filled
    for note in part.iter_all(Note, include_subclasses=True):
        stops, starts = tied[note.doc_order]
        if stops:
            continuing[note.midi_pitch, note.start.t].append(note)
        if starts:
            going_on[note.midi_pitch, filled.get(note.end.t, note.end.t)].append(note)
    for place, notes in continuing.items():
        for note, other in _pairs(going_on.get(place, []), notes):
            note.tie_next, other.tie_prev = other, note


def _pairs(going_on: list[Any], continuing: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair off notes that go on with notes that continue: those of a voice and staff first."""
    for key in (_voice, _staff, lambda _: None):
        waiting: dict[Any, list[Any]] = defaultdict(list)
        for note in reversed(going_on):
            waiting[key(note)].append(note)
        left = []
        for other in continuing:
            near = waiting[key(other)]
            if near and _is_before(near[-1], other):
                yield near.pop(), other
            else:
                left.append(other)
        going_on = [note for notes in waiting.values() for note in reversed(notes)]
        continuing = left


def _voice(note: Any) -> tuple[int, int]:
    return note.staff, note.voice


def _staff(note: Any) -> Any:
    return note.staff


def _is_before(note: Any, other: Any) -> bool:
    """Whether a note can go on with another: of two that do not last, the first one."""
    return bool(note.start.t < note.end.t or note.doc_order < other.doc_order)
