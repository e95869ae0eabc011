"""The bytes of a MIDI file -> what its tracks say that a score is made of.

Programs write more than the standard allows. What can be told apart without a doubt is read, and
``Track.mended`` says what was mended or left out; what has no place in a stream of events is
refused.

Source:
    MIDI Association, "Standard MIDI Files Specification", RP-001, 1996; "RMID File Format", RP-029.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from musebench import pitch
from musebench.score.errors import Refusal
from musebench.score.limits import check_division, check_note_count

CUT_OFF = "it is not MIDI, or cut off"
CUT_TRACK = "a track is cut off, and read up to there"
PERCUSSION_CHANNEL = 9  # the tenth, of General MIDI: its keys are instruments, not pitches
UNENDED = "a note that is never ended lasts to the last end of its key, or of its track"
DRUMS = "a note of the percussion channel is left out"
FIRST_STATUS = 0x80  # less is data
META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7
# Kinds of meta events.
TRACK_NAME, INSTRUMENT_NAME, END_OF_TRACK, METER, KEY = 0x03, 0x04, 0x2F, 0x58, 0x59
MOST_FIFTHS = 7
MOST_HALVINGS = 10  # of a whole note, by the lower number of a time signature
NUMBER_BYTES = 4  # of a number of variable length, at most
NOTE_OFF, NOTE_ON, CONTROLLER, PROGRAM = 0x8, 0x9, 0xB, 0xC  # upper half of a status
SILENCES = {120, 123}  # controllers: all sound off, all notes off
# Data bytes of a message, by its status: of channels by the upper half, else by the whole.
CHANNEL_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
MACBINARY_BYTES = 128  # in front of a file that comes from an old Macintosh


Key = tuple[int, int]  # of the keyboard, and channel


@dataclass
class Track:
    """What one track says; times are ticks.

    Attributes:
        name: Its name; empty if it has none.
        instrument: The name of its instrument; empty if it has none.
        programs: Channel -> the first program chosen for it, an instrument of General MIDI.
        notes: (onset, offset, key, channel) of each note, sorted, without percussion.
        meters: (time, beats, beat type) of each time signature.
        keys: (time, fifths, mode) of each key signature.
        mended: What was mended or left out -> how often.
    """

    name: str = ""
    instrument: str = ""
    programs: dict[int, int] = field(default_factory=dict)
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    keys: list[tuple[int, int, str]] = field(default_factory=list)
    mended: Counter[str] = field(default_factory=Counter)


def read_tracks(data: bytes) -> tuple[int, list[Track], Counter[str]]:
    """Read the tracks of a MIDI file.

    Args:
        data: The file, of type 0 or 1, or of type 2 if only one of its tracks has notes; as it is,
            in RIFF (``.rmi``), or in MacBinary.

    Returns:
        Ticks per quarter note; the tracks; and what was mended or left out -> how often.

    Raises:
        Refusal: If it is not MIDI, counts time in frames, or has too many notes.
    """
    data = _unwrapped(data)
    length = int.from_bytes(data[4:8], "big")
    if not data.startswith(b"MThd") or len(data) < 14 or length < 6:
        raise Refusal(CUT_OFF)
    kind, count, division = (int.from_bytes(data[i : i + 2], "big") for i in (8, 10, 12))
    if division & 0x8000:
        msg = "its times are frames of a film (SMPTE), not parts of a beat; export it as a score"
        raise Refusal(msg)
    check_division(division)
    tracks = list(_tracks(data, 8 + length))
    mended = sum((track.mended for track in tracks), Counter())
    if len(tracks) != count:
        mended[f"its header announces {count} tracks, and {len(tracks)} are read"] += 1
    with_notes = sum(bool(track.notes) for track in tracks)
    if kind > 2 or (kind == 2 and with_notes > 1):
        msg = f"it is MIDI of type {kind}, whose tracks share no time; types 0 and 1 are read"
        raise Refusal(msg)
    if mended and not with_notes:
        msg = f"it has no pitched notes ({next(iter(mended))})"
        raise Refusal(msg)
    return division, tracks, mended


def _unwrapped(data: bytes) -> bytes:
    """The MIDI file in a wrapper, or the file itself if it has none."""
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        place = 12
        while place + 8 <= len(data):
            size = int.from_bytes(data[place + 4 : place + 8], "little")
            if data[place : place + 4] == b"data":
                return data[place + 8 : place + 8 + size]
            place += 8 + size + size % 2
    is_macbinary = data[MACBINARY_BYTES : MACBINARY_BYTES + 4] == b"MThd"
    return data[MACBINARY_BYTES:] if is_macbinary else data


def _tracks(data: bytes, place: int) -> Iterator[Track]:
    """Read the tracks; chunks of other kinds are passed over, as the standard asks."""
    num_notes = 0
    while _is_chunk(data, place) or (place := data.find(b"MTrk", place)) >= 0:
        start, length = place + 8, int.from_bytes(data[place + 4 : place + 8], "big")
        if data[place : place + 4] != b"MTrk":
            place = start + length
            continue
        end = start + length
        is_right = end == len(data) or _is_chunk(data, end)
        if not is_right:  # the length is wrong: the track ends where it says, or the next begins
            following = data.find(b"MTrk", start)
            end = following if following >= 0 else len(data)
        reader = _TrackReader(data[start:end])
        track = reader.read()
        if not (is_right or reader.has_end):
            track.mended[CUT_TRACK] = 1
        if is_right and reader.rest.strip(b"\0"):
            track.mended["what stands behind the end of a track is left out"] += 1
        place = end if is_right else end - len(reader.rest)
        num_notes += len(track.notes)
        check_note_count(num_notes)
        yield track


def _is_chunk(data: bytes, place: int) -> bool:
    """Whether a whole chunk can stand here: its name is four letters or digits."""
    length = int.from_bytes(data[place + 4 : place + 8], "big")
    return data[place : place + 4].isalnum() and place + 8 + length <= len(data)


class _TrackReader:
    """Reads the events of a track.

    Args:
        data: The content of its chunk, or more.

    Attributes:
        track: What was read.
        has_end: Whether the end of the track was in its data.
        rest: What follows it.
    """

    def __init__(self, data: bytes) -> None:
        self.track, self.has_end, self.rest = Track(), False, b""
        self.data, self.place, self.time = data, 0, 0
        self.sounding: dict[Key, deque[int]] = defaultdict(deque)
        self.num_started = 0
        self.last_off: dict[Key, int] = {}

    def read(self) -> Track:
        """Read up to the end of the track."""
        try:
            for status, found in self._events():
                if status == META:
                    self._read_meta(found[0], found[1:])
                else:
                    self._read_message(status >> 4, status & 0x0F, found)
        except IndexError:
            self.track.mended[CUT_TRACK] = 1
            self.place = len(self.data)
        self.rest = self.data[self.place :]
        self._end_all()
        return self.track

    def _events(self) -> Iterator[tuple[int, bytes]]:
        """Status and data of each event; in front of the data of a meta event is its kind.

        Raises:
            IndexError: If the data end inside an event.
        """
        running = 0
        while self.place < len(self.data):
            self.time += self._number()
            status = self.data[self.place]
            if status >= FIRST_STATUS:
                self.place += 1
            elif not (status := running):
                msg = f"a track has data that belong to no message, at its byte {self.place}"
                raise Refusal(msg)
            if status == META:
                kind = self._take(1)
                yield status, kind + self._take(self._number())
                if kind[0] == END_OF_TRACK:
                    self.has_end = True
                    return
            elif status in {SYSEX, ESCAPE}:
                content = self._take(self._number())
                if status == ESCAPE and _is_message(content):
                    yield content[0], content[1:]
            elif status > SYSEX:
                self._take(SYSTEM_BYTES.get(status, 0))
            else:
                running = status
                yield status, self._take(CHANNEL_BYTES[status >> 4])

    def _take(self, size: int) -> bytes:
        """The next bytes."""
        found = self.data[self.place : self.place + size]
        if len(found) < size:
            raise IndexError
        self.place += size
        return found

    def _number(self) -> int:
        """A number of variable length.

        Raises:
            Refusal: If it does not end within four bytes, as it has to.
        """
        number = 0
        for _ in range(NUMBER_BYTES):
            byte = self.data[self.place]
            self.place += 1
            number = number << 7 | byte & 0x7F
            if byte < FIRST_STATUS:
                return number
        msg = f"a track has a number of more than four bytes, at its byte {self.place}"
        raise Refusal(msg)

    def _read_message(self, kind: int, channel: int, found: bytes) -> None:
        """Read a message of a channel."""
        if kind == PROGRAM:
            self.track.programs.setdefault(channel, found[0])
        elif kind == CONTROLLER and found[0] in SILENCES:
            for key in [key for key in self.sounding if key[1] == channel]:
                self._end_notes(key, len(self.sounding[key]))
        elif kind in {NOTE_OFF, NOTE_ON}:
            self._read_note((found[0], channel), is_on=kind == NOTE_ON and found[1] > 0)
            if found[1] >= FIRST_STATUS:
                self.track.mended["a velocity above 127 is read as 127"] += 1

    def _read_note(self, key: Key, *, is_on: bool) -> None:
        """Begin or end a note."""
        if key[0] >= FIRST_STATUS:
            msg = f"a note has the key {key[0]}, and 0 to 127 are read"
            raise Refusal(msg)
        if not is_on:
            self._end_notes(key, 1)
            self.last_off[key] = self.time
            return
        self.num_started += 1
        check_note_count(self.num_started)
        if key[1] == PERCUSSION_CHANNEL:
            self.track.mended[DRUMS] += 1
        else:
            self.sounding[key].append(self.time)

    def _end_notes(self, key: Key, count: int) -> None:
        """End notes of a key: of several, the first to start is the first to end."""
        onsets = self.sounding[key]
        for _ in range(min(count, len(onsets))):
            self.track.notes.append((onsets.popleft(), self.time, *key))

    def _end_all(self) -> None:
        """End what was never ended: with the last end of its key, or with the track."""
        for key, onsets in self.sounding.items():
            for onset in onsets:
                end = self.last_off.get(key, -1)
                self.track.notes.append((onset, end if end > onset else self.time, *key))
                self.track.mended[UNENDED] += 1
        self.track.notes.sort()

    def _read_meta(self, kind: int, content: bytes) -> None:
        """Read a name or signature; other metas say nothing that a score has."""
        track = self.track
        if kind == TRACK_NAME:
            track.name = track.name or _text(content)
        elif kind == INSTRUMENT_NAME:
            track.instrument = track.instrument or _text(content)
        elif kind == METER:
            if len(content) < 2 or not content[0] or content[1] > MOST_HALVINGS:
                self._leave_out("time")
            else:
                track.meters.append((self.time, content[0], 2 ** content[1]))
        elif kind == KEY:
            fifths = int.from_bytes(content[:1], "big", signed=True)
            if not content or abs(fifths) > MOST_FIFTHS:
                self._leave_out("key")
            else:  # what follows says the mode, if it is a mode
                mode = dict(enumerate(pitch.MODES)).get(content[1] if len(content) > 1 else -1, "")
                track.keys.append((self.time, fifths, mode))

    def _leave_out(self, what: str) -> None:
        """Count a signature that cannot be read."""
        name = f"a {what} signature at tick {self.time} cannot be read and is left out"
        self.track.mended[name] += 1


def _is_message(content: bytes) -> bool:
    """Whether a packet that was sent as it is holds one message of a channel."""
    if not content or not FIRST_STATUS <= content[0] < SYSEX:
        return False
    return len(content) == 1 + CHANNEL_BYTES[content[0] >> 4]


def _text(content: bytes) -> str:
    """A text in the encoding that it seems to be in, on one line.

    The standard asks for ASCII; programs write UTF-8, Shift-JIS or Latin-1. Bytes from 0x81 to
    0x9F begin a Japanese sign, and are hardly used in Latin-1.
    """
    encodings = ["utf-8", "cp1252", "latin-1"]
    if any(0x81 <= byte <= 0x9F for byte in content):
        encodings.insert(1, "shift_jis")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return ""
