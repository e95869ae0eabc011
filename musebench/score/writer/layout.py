"""Notes of a table -> what stands in each measure, staff and voice."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from musebench.score.table import Ints, NoteTable
from musebench.score.writer.values import Event, Head, Meter, note_values


class Measure(NamedTuple):
    """A measure to write: times in divisions, position of its start, time signature, number."""

    start: int
    end: int
    position: int
    meter: Meter
    name: str


class Sound(NamedTuple):
    """A note or part of one: its row, and whether it is tied to what is before or after."""

    note: int
    tied_before: bool
    tied_after: bool


@dataclass
class Voice:
    """What a voice has in a measure; times in divisions from the start of the measure.

    Attributes:
        heads: Note values, ``Head.event`` is a place in ``sounds``; they fill the measure.
        sounds: Notes of each event, low to high; of a rest none.
        graces: Time -> notes without duration there.
        is_empty: Whether it has no notes at all, and the measure is complete.
    """

    heads: list[Head] = field(default_factory=list)
    sounds: list[list[Sound]] = field(default_factory=list)
    graces: dict[int, list[int]] = field(default_factory=dict)
    is_empty: bool = False

    @property
    def sounding(self) -> int:
        """How long it sounds, divisions."""
        return sum(head.end - head.start for head in self.heads if self.sounds[head.event])


class _Piece(NamedTuple):
    """The part of a note that lies in one measure, divisions from its start."""

    start: int
    end: int
    sound: Sound


@dataclass
class _Content:
    """What falls into one measure, staff and voice."""

    pieces: list[_Piece] = field(default_factory=list)
    graces: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


Place = tuple[int, int, int]  # measure, staff, voice


def measures_to_write(notes: NoteTable) -> list[Measure]:
    """The measures of a table; where notes outlast them, more of the last time signature."""
    table, divs = notes.measures, notes.divs_pq
    columns = (table.start_div, table.end_div, table.position_div, table.beats, table.beat_type)
    rows = zip(*(column.tolist() for column in columns), table.name.tolist(), strict=True)
    measures = [
        Measure(start, end, position, Meter(beats, beat_type, divs), name)
        for start, end, position, beats, beat_type, name in rows
    ]
    last_end = int((notes.onset_div + notes.duration_div).max(initial=0))
    meter, end = measures[-1].meter, measures[-1].end
    length = max(meter.beats * (4 * divs // meter.beat_type), 1)
    while end < last_end:
        measures.append(Measure(end, end + length, 0, meter, str(len(measures) + 1)))
        end += length
    return measures


def lay_out(
    notes: NoteTable, rows: Ints, voices: Ints, measures: list[Measure]
) -> dict[Place, Voice]:
    """Write the notes of a part measure by measure.

    A grace note that lasts is written as one that is tied to what it becomes.

    Args:
        notes: A note table.
        rows: The notes of the part.
        voices: Voice in its staff of each note of the table.
        measures: The measures.

    Returns:
        (measure, staff, voice) -> content, where there is any.
    """
    contents: dict[Place, _Content] = defaultdict(_Content)
    index = notes.measure_index.tolist()
    onsets, durations = notes.onset_div.tolist(), notes.duration_div.tolist()
    staves, is_grace = notes.staff.tolist(), notes.is_grace.tolist()
    for note in rows.tolist():
        here, (onset, end) = index[note], (onsets[note], onsets[note] + durations[note])
        place = (max(staves[note], 1), int(voices[note]))
        if onset == end or is_grace[note]:
            contents[here, *place].graces[onset - measures[here].start].append(note)
        while onset < end:
            measure = measures[here]
            stop = min(end, measure.end)
            if onset < stop:
                sound = Sound(note, is_grace[note] or onset > onsets[note], stop < end)
                piece = _Piece(onset - measure.start, stop - measure.start, sound)
                contents[here, *place].pieces.append(piece)
                onset = stop
            here += 1
    return {place: _voice(content, measures[place[0]]) for place, content in contents.items()}


def empty_voice(measure: Measure) -> Voice:
    """A voice that rests for the whole measure; in an incomplete one with rests of its length.

    Of a whole measure's rest programs do not read how long it is: music21 fills a pick-up with it.
    """
    voice, meter = _voice(_Content(), measure), measure.meter
    length = (measure.end - measure.start) * meter.beat_type
    voice.is_empty = length == meter.beats * 4 * meter.divs_pq
    return voice


def _voice(content: _Content, measure: Measure) -> Voice:
    """Write what falls into a measure as one voice, with rests between."""
    length = measure.end - measure.start
    times = {0, length, *content.graces}
    times.update(time for piece in content.pieces for time in piece[:2])
    stretches = list(pairwise(sorted(times)))
    place_of = {start: place for place, (start, _) in enumerate(stretches)}
    sounds: list[list[Sound]] = [[] for _ in stretches]
    for piece in content.pieces:
        place = place_of[piece.start]
        while place < len(stretches) and stretches[place][1] <= piece.end:
            before = piece.sound.tied_before or stretches[place][0] > piece.start
            after = piece.sound.tied_after or stretches[place][1] < piece.end
            sounds[place].append(Sound(piece.sound.note, before, after))
            place += 1
    shift = measure.position
    events = [
        Event(start + shift, end + shift, not sounding)
        for (start, end), sounding in zip(stretches, sounds, strict=True)
    ]
    heads = [
        head._replace(start=head.start - shift, end=head.end - shift)
        for head in note_values(events, measure.meter)
    ]
    return Voice(heads, sounds, dict(content.graces))
