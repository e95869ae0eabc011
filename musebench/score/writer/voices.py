"""Which voice of its staff each note is written in.

Conventions:
    A staff has ``MAX_VOICES`` voices, as in most editors. Notes of a voice follow each other or
    form chords: they start and end together. Where more would sound at once, the last voice takes
    them all, and its notes are cut and tied where others of them start or end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musebench.score.table import Ints, NoteTable

MAX_VOICES = 4


@dataclass
class _Chord:
    """Notes of a staff that start and end together, and the voice that they would go to."""

    notes: list[int]
    end: int
    highest: int
    wanted: int = 0
    voice: int = 0


@dataclass
class _Staff:
    """The voices of a staff while they fill: when each is free again."""

    free_at: list[int] = field(default_factory=lambda: [0] * MAX_VOICES)

    def place(self, onset: int, chords: list[_Chord]) -> None:
        """Find a voice for the chords that start at an onset, the highest first."""
        chords.sort(key=lambda chord: (-chord.highest, chord.end))
        for chord in chords:
            if chord.wanted and self.free_at[chord.wanted - 1] <= onset:
                self._take(chord, chord.wanted, onset)
        for chord in chords:
            if not chord.voice:
                self._take(chord, self._any_voice(chord, chords, onset), onset)

    def _any_voice(self, chord: _Chord, chords: list[_Chord], onset: int) -> int:
        """A free voice; if there is none, that of a chord which ends together, or the last."""
        free = [voice for voice in range(1, MAX_VOICES + 1) if self.free_at[voice - 1] <= onset]
        if free:
            return free[0]
        alike = [other.voice for other in chords if other.voice and other.end == chord.end]
        return alike[0] if alike else MAX_VOICES

    def _take(self, chord: _Chord, voice: int, onset: int) -> None:
        """Put a chord into a voice."""
        chord.voice = voice
        # A grace note leaves its voice free for what it leans on, but not for another grace.
        self.free_at[voice - 1] = max(self.free_at[voice - 1], chord.end, onset)


def kept_voices(notes: NoteTable) -> Ints:
    """Voices of the table, counted again in each staff, and moved where they overlap.

    Args:
        notes: A note table.

    Returns:
        Voice in the staff of each note, 1 to ``MAX_VOICES``. Shape ``(num_notes,)``, int64.
    """
    voice = np.zeros(len(notes), dtype=np.int64)
    for rows in _staves(notes):
        wanted = _ranks(notes, rows)
        staff = _Staff()
        for onset, group in _groups(notes, rows):
            chords: dict[tuple[int, int], _Chord] = {}
            for note in group:
                key = (int(notes.voice[note]), _end(notes, note))
                chord = chords.setdefault(key, _Chord([], key[1], 0, wanted.get(key[0], 0)))
                chord.notes.append(note)
                chord.highest = max(chord.highest, int(notes.pitch[note]))
            staff.place(onset, list(chords.values()))
            for chord in chords.values():
                voice[chord.notes] = chord.voice
    return voice


def linked_voices(notes: NoteTable, following: Ints, *, chords: bool) -> Ints:
    """Voices in which notes go on as they are linked.

    Args:
        notes: A note table, with staves.
        following: Index of the next note of the same line of each note, -1 of its last one.
        chords: Whether notes of a staff that start and end together are a chord of one voice,
            whatever their lines; else each line is a voice of its own.

    Returns:
        Voice in the staff of each note, 1 to ``MAX_VOICES``. Shape ``(num_notes,)``, int64.
    """
    voice = np.zeros(len(notes), dtype=np.int64)
    before = np.full(len(notes), -1, dtype=np.int64)
    linked = np.flatnonzero(following >= 0)
    before[following[linked]] = linked
    place = notes.part * (int(notes.staff.max(initial=0)) + 1) + notes.staff
    for rows in _staves(notes):
        staff = _Staff()
        for onset, group in _groups(notes, rows):
            found: dict[tuple[int, int], _Chord] = {}
            for note in group:
                key = (0 if chords else note, _end(notes, note))
                chord = found.setdefault(key, _Chord([], key[1], 0))
                chord.notes.append(note)
                chord.highest = max(chord.highest, int(notes.pitch[note]))
                last = before[note]
                if last >= 0 and place[last] == place[note]:
                    wanted = int(voice[last])
                    chord.wanted = min(chord.wanted or wanted, wanted)
            staff.place(onset, list(found.values()))
            for chord in found.values():
                voice[chord.notes] = chord.voice
    return voice


def _end(notes: NoteTable, note: int) -> int:
    """Where a note ends, divisions."""
    return int(notes.onset_div[note] + notes.duration_div[note])


def _staves(notes: NoteTable) -> Iterator[NDArray[np.int64]]:
    """Rows of the notes of each staff of each part."""
    place = notes.part * (int(notes.staff.max(initial=0)) + 1) + notes.staff
    for number in np.unique(place):
        yield np.flatnonzero(place == number)


def _groups(notes: NoteTable, rows: Ints) -> Iterator[tuple[int, list[int]]]:
    """Onset and notes of each onset group, those without duration first."""
    onset = notes.onset_div[rows]
    for group in np.split(rows, np.flatnonzero(np.diff(onset)) + 1):
        time = int(notes.onset_div[group[0]])
        lasts = notes.duration_div[group] > 0
        for part in (group[~lasts], group[lasts]):
            if len(part):
                yield time, part.tolist()


def _ranks(notes: NoteTable, rows: Ints) -> dict[int, int]:
    """Voice of the staff for the voices of the table: those at home in it first.

    A voice is at home on the staff of its part that has most of its notes.
    """
    part = notes.part[rows[0]]
    of_part = notes.part == part
    found, count = np.unique(notes.voice[rows], return_counts=True)
    order = []
    for voice, here in zip(found.tolist(), count.tolist(), strict=True):
        is_voice = of_part & (notes.voice == voice)
        is_guest = 2 * here < int(is_voice.sum())
        order.append((is_guest, voice))
    ranked = [voice for _, voice in sorted(order)]
    return {voice: rank for rank, voice in enumerate(ranked, start=1) if rank <= MAX_VOICES}
