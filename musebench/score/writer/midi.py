"""Note table -> MIDI: a track a part, times in divisions as ticks."""

import math
from collections import defaultdict
from io import BytesIO
from typing import Any

from musebench.errors import InputError
from musebench.pitch import MAX_FIFTHS, MIN_FIFTHS, key_name
from musebench.score.midi_events import PERCUSSION_CHANNEL
from musebench.score.table import NoteTable
from musebench.score.writer.layout import measures_to_write

MAX_TICKS = 32_767  # a quarter note, in 15 bits
MAX_BEATS = 255
NUM_CHANNELS = 16
VELOCITY = 64

Events = list[tuple[int, int, Any]]  # tick, rank among those of a tick, message


def to_midi(notes: NoteTable) -> bytes:
    """Write a note table as MIDI.

    What is kept: onsets, durations, pitches, parts, time signatures, key signatures, and barlines:
    an incomplete measure has a time signature of its own length. Spelling, staves and ties are
    lost, and a grace note is a note of no duration. Notes of one pitch that sound together in a
    part are on different channels.

    Raises:
        InputError: If its divisions are too many for MIDI.
    """
    import mido

    times = [notes.divs_pq, *notes.onset_div.tolist(), *notes.duration_div.tolist()]
    times += [measure.end for measure in measures_to_write(notes)]
    needed = notes.divs_pq // math.gcd(*times)
    if needed > MAX_TICKS:
        msg = f"a quarter note of the score has {needed:,} divisions; MIDI has up to {MAX_TICKS:,}."
        raise InputError(msg)
    file = mido.MidiFile(type=1, ticks_per_beat=needed)
    factor = notes.divs_pq // needed
    for index, name in enumerate(notes.parts.name.tolist()):
        events: Events = [(0, 0, mido.MetaMessage("track_name", name=_latin(name)))]
        if index == 0:
            events += _time_signatures(notes, factor)
        events += _keys(notes, index, factor) + _notes(notes, index, factor)
        track = mido.MidiTrack()
        now = 0
        for tick, _, message in sorted(events, key=lambda event: event[:2]):
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def _latin(name: str) -> str:
    return name.encode("latin-1", "replace").decode("latin-1")


def _time_signatures(notes: NoteTable, factor: int) -> Events:
    """Time signatures such that the measures of a reader are those of the table."""
    import mido

    events: Events = []
    before = None
    for measure in measures_to_write(notes):
        length, meter = measure.end - measure.start, measure.meter
        found = (meter.beats, meter.beat_type)
        if length * meter.beat_type != meter.beats * 4 * meter.divs_pq:
            found = _signature_of(length, meter.divs_pq) or found
        is_power = found[1] & (found[1] - 1) == 0
        if found != before and is_power and found[0] <= MAX_BEATS:
            names = {"numerator": found[0], "denominator": found[1]}
            events.append((measure.start // factor, 1, mido.MetaMessage("time_signature", **names)))
            before = found
    return events


def _signature_of(length: int, divs_pq: int) -> tuple[int, int] | None:
    """The time signature of a length, in quarters if possible, else in shorter notes."""
    for beat_type in (4, 8, 16, 32, 64):
        beats, rest = divmod(length * beat_type, 4 * divs_pq)
        if not rest and beats:
            return beats, beat_type
    return None


def _keys(notes: NoteTable, part: int, factor: int) -> Events:
    import mido

    keys = notes.key_signatures
    rows = zip(keys.part.tolist(), keys.onset_div, keys.fifths.tolist(), keys.mode, strict=True)
    return [
        (int(onset) // factor, 1, mido.MetaMessage("key_signature", key=key_name(fifths, mode)))
        for of_part, onset, fifths, mode in rows
        if of_part == part and MIN_FIFTHS <= fifths <= MAX_FIFTHS
    ]


def _notes(notes: NoteTable, part: int, factor: int) -> Events:
    """Notes on and off; at one tick first those that end, then those that start."""
    import mido

    channels = [c for c in range(NUM_CHANNELS) if c != PERCUSSION_CHANNEL]
    free_at: dict[int, list[int]] = defaultdict(lambda: [0] * len(channels))
    events: Events = []
    columns = (notes.part, notes.onset_div, notes.duration_div, notes.pitch)
    for of_part, onset, duration, key in zip(*(c.tolist() for c in columns), strict=True):
        if of_part != part:
            continue
        free = free_at[key]
        place = next((i for i, time in enumerate(free) if time <= onset), 0)
        free[place] = max(free[place], onset + duration)
        common: dict[str, int] = {"note": key, "channel": channels[place]}
        on = mido.Message("note_on", velocity=VELOCITY, **common)
        off = mido.Message("note_off", velocity=0, **common)
        start, end = onset // factor, (onset + duration) // factor
        events += [(start, 3, on), (end, 4 if start == end else 2, off)]
    return events
