"""Ties of a MusicXML score -> chains of partitura's notes.

Partitura knows one tie per pitch and time. Where two voices hold one pitch over a barline, each
note goes on with the one of its voice and staff.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Place = tuple[int, int]  # MIDI pitch, time


def read_ties(part: Any) -> list[tuple[bool, bool]]:
    """Read the ties of the notes of a ``<part>``.

    A note with no ``<tie>``, which sounds, is tied as its ``<tied>``, which is printed, says.

    Returns:
        Of each ``<note>``, whether it continues another and whether it goes on.
    """
    found = []
    for note in part.iterfind("measure/note"):
        ties = note.findall("tie") or note.findall("notations/tied")
        types = {(tie.get("type") or "").strip() for tie in ties}
        goes_on = not types.isdisjoint(("start", "continue"))
        found.append((not types.isdisjoint(("stop", "continue")), goes_on))
    return found


def join_ties(part: Any, ties: list[tuple[bool, bool]]) -> None:
    """Chain the notes of a part of partitura: each with one of its pitch that starts where it ends.

    Args:
        part: The part.
        ties: What ``read_ties`` found in its ``<part>``.
    """
    from partitura.score import Note

    going_on: dict[Place, list[Any]] = defaultdict(list)
    continuing: dict[Place, list[Any]] = defaultdict(list)
    for note in part.iter_all(Note, include_subclasses=True):
        stops, starts = ties[note.doc_order]
        if stops:
            continuing[note.midi_pitch, note.start.t].append(note)
        if starts:
            going_on[note.midi_pitch, note.end.t].append(note)
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
