"""The bytes of a MIDI file -> what its tracks say that a score is made of.

Source:
    MIDI Association, "Standard MIDI Files Specification", RP-001, 1996.
"""

import warnings
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from musebench.errors import ScoreWarning
from musebench.score.errors import Refusal
from musebench.score.limits import check_division, check_note_count

CUT_OFF = "it is not MIDI, or cut off"
PERCUSSION_CHANNEL = 9  # the tenth, of General MIDI: its keys are instruments, not pitches
META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7
TRACK_NAME, METER, KEY = 0x03, 0x58, 0x59  # kinds of meta events
MODES = ("major", "minor")
NUMBER_BYTES = 4  # of a number of variable length, at most
# Data bytes of a message, by its status: of channels by the upper half, else by the whole.
CHANNEL_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}


@dataclass
class Track:
    """What one track says; times are ticks.

    Attributes:
        name: Its name; empty if it has none.
        notes: (onset, offset, key, channel) of each note, sorted, without percussion.
        meters: (time, beats, beat type) of each time signature.
        keys: (time, fifths, mode) of each key signature.
    """

    name: str = ""
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    keys: list[tuple[int, int, str]] = field(default_factory=list)


def read_tracks(data: bytes) -> tuple[int, list[Track]]:
    """Read the tracks of a MIDI file.

    Args:
        data: The file, of type 0 or 1.

    Returns:
        Ticks of a quarter note, and the tracks.

    Raises:
        Refusal: If it is cut off, counts time in frames, or has too many notes.

    Warns:
        ScoreWarning: If a time or key signature cannot be read and is left out.
    """
    length = int.from_bytes(data[4:8], "big")
    if not data.startswith(b"MThd") or len(data) < 14 or length < 6:
        raise Refusal(CUT_OFF)
    kind, count, division = (int.from_bytes(data[i : i + 2], "big") for i in (8, 10, 12))
    if division & 0x8000:
        msg = "its times are frames of a film (SMPTE), not parts of a beat; export it as a score"
        raise Refusal(msg)
    if kind > 1:
        msg = f"it is MIDI of type {kind}, whose tracks share no time; types 0 and 1 are read"
        raise Refusal(msg)
    check_division(division)
    tracks: list[Track] = []
    for chunk in _chunks(data, 8 + length, count):
        tracks.append(_read_track(chunk))
        check_note_count(sum(len(track.notes) for track in tracks))
    return division, tracks


def _chunks(data: bytes, place: int, count: int) -> Iterator[bytes]:
    """The tracks; chunks of other kinds are passed over, as the standard asks."""
    while count:
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "big")
        place += 8 + length
        if len(name) < 4 or place > len(data):
            raise Refusal(CUT_OFF)
        if name == b"MTrk":
            count -= 1
            yield data[place - length : place]


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and the place behind it.

    Raises:
        Refusal: If it does not end within four bytes, as it has to.
    """
    number = 0
    for byte in data[place : place + NUMBER_BYTES]:
        place += 1
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, place
    raise Refusal(CUT_OFF)


def _events(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Time, status and data of each event; in front of the data of a meta event is its kind."""
    time = place = running = 0
    while place < len(data):
        delta, place = _number(data, place)
        time += delta
        status = data[place] if place < len(data) else 0
        if status < 0x80:
            status = running
        else:
            place += 1
        kind = b""
        if status in {META, SYSEX, ESCAPE}:
            if status == META:
                kind = data[place : place + 1]
            size, place = _number(data, place + len(kind))
        elif status in SYSTEM_BYTES:
            size = SYSTEM_BYTES[status]
        else:
            size, running = CHANNEL_BYTES.get(status >> 4, len(data)), status
        found = data[place : place + size]
        place += size
        if place > len(data) or (status < SYSEX and max(found) > 0x7F):
            raise Refusal(CUT_OFF)
        yield time, status, kind + found


def _read_track(data: bytes) -> Track:
    track = Track()
    sounding: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    time = started = 0
    for time, status, found in _events(data):
        if status == META:
            _read_meta(track, time, found)
        elif status >> 4 in {0x8, 0x9} and status & 0x0F != PERCUSSION_CHANNEL:
            key = (found[0], status & 0x0F)
            if status >> 4 == 0x9 and found[1] > 0:
                sounding[key].append(time)
                started += 1
                check_note_count(started)
            elif sounding[key]:  # of two notes on one key, the first to start is the first to end
                track.notes.append((sounding[key].popleft(), time, *key))
    for key, onsets in sounding.items():  # never ended: they last as long as the track
        track.notes += [(onset, time, *key) for onset in onsets]
    track.notes.sort()
    return track


def _read_meta(track: Track, time: int, found: bytes) -> None:
    kind, content = found[0], found[1:]
    if kind == TRACK_NAME:
        track.name = track.name or content.decode("latin-1")
    elif kind == METER:
        if len(content) < 2:
            _leave_out("time", time)
        else:
            track.meters.append((time, content[0], 2 ** content[1]))
    elif kind == KEY:
        fifths = int.from_bytes(content[:1], "big", signed=True)
        if len(content) != 2 or abs(fifths) > 7 or content[1] >= len(MODES):
            _leave_out("key", time)
        else:
            track.keys.append((time, fifths, MODES[content[1]]))


def _leave_out(what: str, time: int) -> None:
    msg = f"a {what} signature at tick {time} cannot be read and is left out"
    warnings.warn(msg, ScoreWarning, stacklevel=2)
