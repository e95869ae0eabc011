"""Note table -> MIDI: one track per part, divisions as ticks."""

import math
from collections import defaultdict
from io import BytesIO
from typing import Any

from musebench.errors import InputError
from musebench.pitch import MAX_FIFTHS, MIN_FIFTHS, key_name
from musebench.score.midi_events import PERCUSSION_CHANNEL
from musebench.score.table import NoteTable
from musebench.score.writer.layout import Measure, measures_to_write
from musebench.score.writer.names import one_line, part_names
from musebench.score.writer.values import Meter

MAX_TICKS = 32_767  # a quarter note, in 15 bits
MAX_BEATS = 255
NUM_CHANNELS = 16
VELOCITY = 64
BEAT_TYPES = (4, 8, 16, 32, 64, 1, 2, 128, 256, 512, 1024)  # as they are tried

Events = list[tuple[int, int, Any]]  # tick, rank among those of a tick, message


def to_midi(notes: NoteTable) -> bytes:
    """Write a note table as MIDI.

    What is kept: title, onsets, durations, pitches, parts, time signatures, key signatures, and
    barlines: an incomplete measure has a time signature of its own length. Spelling, staves and
    ties are lost, and a grace note is a note of no duration. Notes of one pitch that sound together
    in a part are on different channels.

    Raises:
        InputError: If its divisions are too many for MIDI.
    """
    import mido

    measures = measures_to_write(notes)
    times = [notes.divs_pq, *notes.onset_div.tolist(), *notes.duration_div.tolist()]
    times += [measure.end for measure in measures]
    needed = notes.divs_pq // math.gcd(*times)
    if needed > MAX_TICKS:
        msg = f"a quarter note of the score has {needed:,} divisions; MIDI has up to {MAX_TICKS:,}."
        raise InputError(msg)
    file = mido.MidiFile(type=1, ticks_per_beat=needed, charset="utf-8")
    factor = notes.divs_pq // needed
    if notes.title:  # a first track without notes names the whole
        file.tracks.append(_track(_named(one_line(notes.title))))
    for index, name in enumerate(part_names(notes)):
        events = _named(name)
        if index == 0:
            events += _time_signatures(notes, measures, factor)
        events += _keys(notes, index, factor) + _notes(notes, index, factor)
        file.tracks.append(_track(events))
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def _track(events: Events) -> Any:
    """Make a track of events, sorted by tick and rank."""
    import mido

    track = mido.MidiTrack()
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def _named(name: str) -> Events:
    """The event that names a track."""
    import mido

    return [(0, 0, mido.MetaMessage("track_name", name=name))]


def _time_signatures(notes: NoteTable, measures: list[Measure], factor: int) -> Events:
    """Time signatures such that the measures of a reader are those of the table.

    Each holds until the next one begins a measure, so a measure may have one that is too long.
    """
    import mido

    events: Events = []
    written = set(notes.time_signatures.onset_div.tolist())
    before = None
    for measure in measures:
        length, meter = measure.end - measure.start, measure.meter
        found, is_exact = _signature_of(length, meter)
        if found != before or measure.start in written:
            names = {"numerator": found[0], "denominator": found[1]}
            events.append((measure.start // factor, 1, mido.MetaMessage("time_signature", **names)))
        before = found if is_exact else None
    return events


def _signature_of(length: int, meter: Meter) -> tuple[tuple[int, int], bool]:
    """The time signature of a length, and whether it is exactly as long.

    The own one of the measure if it fits; else one of quarters, or of shorter notes; else one that
    is longer.
    """
    whole = 4 * meter.divs_pq
    is_complete = length * meter.beat_type == meter.beats * whole
    own = [meter.beat_type] if is_complete and meter.beat_type in BEAT_TYPES else []
    for beat_type in (*own, *BEAT_TYPES):
        beats, rest = divmod(length * beat_type, whole)
        if not rest and 0 < beats <= MAX_BEATS:
            return (beats, beat_type), True
    return (min(-(-length // whole), MAX_BEATS), 1), False


def _keys(notes: NoteTable, part: int, factor: int) -> Events:
    """The key signatures of a part that MIDI has."""
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
