"""ABC -> note table.

Source:
    "The abc music standard 2.1", 2011.
"""

import quopri
import re
from collections import Counter
from fractions import Fraction

from musebench.score.abc_signs import (
    Key,
    moved_by,
    name_of,
    read_key,
    read_length,
    unit_of,
)
from musebench.score.abc_voice import Voice
from musebench.score.errors import Refusal
from musebench.score.exact import FoundScore, exact_table
from musebench.score.limits import check_note_count, check_part_count
from musebench.score.signatures import read_meter
from musebench.score.source import pick, text_of
from musebench.score.table import NoteTable
from musebench.score.told import warn_of

MAX_LINE = 20_000  # characters of one line of music
MAX_ABC_BYTES = 16 * 2**20  # collections of thousands of tunes have some 2 MB
HEADER_FIELD = re.compile(r"([A-Za-z+]):(.*)", re.DOTALL)
# In the music, what begins with the letter of a note or rest may be music: ``A:|``.
BODY_FIELD = re.compile(r"([IKLMmNOPQRrsTUVWw+]|[A-Za-z](?=:[^|:])):(.*)", re.DOTALL)
COMMENT = re.compile(r"(?<!\\)%.*")
ACCIDENTALS = re.compile(r"%*\s*(?:I:)?\s*propagate-accidentals\s+(not|octave|pitch)")
PLAYED = re.compile(r"%*\s*(?:I:)?\s*MIDI\s+r?transpose\s+[-+]?0*[1-9]")
PERCUSSION = re.compile(r"(?:^|\s|=)perc\b")
MOVED = re.compile(r"\b(?:shift|sound|score|instrument)\s*=")  # of programs, not of the standard
VOICE = re.compile(r"\s*(\S+)\s*(.*)", re.DOTALL)
UNPLAYED = "notes are read as they are written, not as %%MIDI transpose moves them for playback"
UNMOVED = "notes are read as they are written, not as shift= or the like moves them"
PIPES = "K:HP prints no sharps, and its notes are read without; pipes play F and C sharp"
OTHER_METER = "time signatures of lower voices that differ from the upper one's are left out"
Line = tuple[int, str]  # its number in the file, from 1, and its text


def read_abc(data: bytes, number: int | None = None) -> NoteTable:
    """Read a tune of ABC, as it is notated: repeats are not unfolded.

    Voices are parts. An accidental holds to the end of its measure, in all octaves. A note is named
    by its line and column: ``L12C4``.

    Args:
        data: The file.
        number: Which of several tunes, from 1 in the order of the file; None: the first.

    Returns:
        Its note table.

    Raises:
        Refusal: If it cannot be read rightly or within bounds.

    Warns:
        ScoreWarning: If something was left out, rounded or chosen.
    """
    header, tunes = _tunes(data)
    if not tunes:
        msg = "it is not ABC: no line begins with X: or K:"
        raise Refusal(msg)
    return _Tune(header).read(pick(tunes, number, "tunes"))


def count_tunes(data: bytes) -> int:
    """How many tunes a file of ABC has."""
    return len(_tunes(data)[1])


def _tunes(data: bytes) -> tuple[list[Line], list[list[Line]]]:
    """The header of the file, and the lines of each tune, which ends at an empty line."""
    text = text_of(data)
    if "=3D" in text:  # saved from a mail, with its equals signs quoted
        text = quopri.decodestring(text.encode()).decode()
    lines = list(enumerate(re.split(r"\r\n?|\n", text), start=1))
    has_numbers = any(line.startswith("X:") for _, line in lines)
    start = ("X:",) if has_numbers else ("K:", "T:", "M:", "L:")
    header: list[Line] = []
    tunes: list[list[Line]] = []
    is_open = is_block = False
    for number, written in lines:
        if written.startswith(("%%begin", "%%end")):  # of text, or PostScript
            is_block = written.startswith("%%begin")
        line = "%" if is_block else written
        if line.startswith(start) and (has_numbers or not is_open):
            tunes.append([])
            is_open = True
        elif not line.strip():
            is_open = False
        if is_open:
            tunes[-1].append((number, line))
        elif not tunes:
            header.append((number, line))
    with_key = [tune for tune in tunes if any(line.startswith("K:") for _, line in tune)]
    return header, with_key or tunes


class _Tune:
    """Reads a tune.

    Args:
        header: Lines of the file's header.
    """

    def __init__(self, header: list[Line]) -> None:
        self.meter: tuple[int, int] | None = None
        self.meters: list[tuple[int, Fraction, int, int]] = []  # of a part, from a time on
        self.unit: Fraction | None = None
        self.key = Key()
        self.moved = moved_by("")
        self.spread, self.is_percussion = "pitch", False
        self.voices: dict[str, Voice] = {}
        self.told: dict[str, str] = {}
        self.warned: Counter[str] = Counter()
        self.found = FoundScore()
        for _, line in header:
            self.warned[UNPLAYED] += bool(PLAYED.match(line))
            if match := HEADER_FIELD.match(COMMENT.sub("", line)):
                self._read_header(match[1], match[2])

    def read(self, lines: list[Line]) -> NoteTable:
        """Read its lines, up to ``K:`` its header, from there its music."""
        in_header, has_key = True, any(line.startswith("K:") for _, line in lines)
        voice: Voice | None = None
        for number, written in lines:
            if match := ACCIDENTALS.match(written):
                self.spread = match[1]
            self.warned[UNPLAYED] += bool(PLAYED.match(written))
            line = COMMENT.sub("", written).rstrip()
            if len(line) > MAX_LINE:
                msg = f"line {number} has more than {MAX_LINE:,} characters"
                raise Refusal(msg)
            field = (HEADER_FIELD if in_header else BODY_FIELD).match(line)
            if field and in_header:
                self._read_header(field[1], field[2])
                in_header = field[1] != "K"
            elif line and not (in_header and has_key):
                in_header = False
                voice = self._read_body(voice, field, line, number)
        return self._table()

    def _read_body(
        self, voice: Voice | None, field: "re.Match[str] | None", line: str, number: int
    ) -> Voice | None:
        """Read a line behind the header; return the voice that goes on, None before the first."""
        if field and voice is None and field[1] != "V":  # of all voices
            self._read_header(field[1], field[2])
            return None
        named = VOICE.match(field[2]) if field else None
        voice = voice or self._voice(named[1] if named else next(iter(self.told), "1"))
        if field:
            return self._read_field(voice, field[1], field[2])
        return self._read_music(voice, line, number)

    def _read_header(self, name: str, text: str) -> None:
        """Read a field that holds for all voices."""
        self._tell(name, text)
        if name == "M":
            self.meter = read_meter(text)
        elif name == "L":
            self.unit = read_length(text) or self.unit
        elif name == "K":
            self.key = read_key(text) or self.key
            self.moved = moved_by(text) or self.moved
            self.is_percussion = bool(PERCUSSION.search(text))
        elif name == "V" and (match := VOICE.match(text)):
            self.told[match[1]] = f"{self.told.get(match[1], '')} {match[2]}"
        elif name == "T":
            self.found.title = self.found.title or " ".join(text.split())
        elif name == "m":
            msg = "it has macros (m:), which are not read; write them out first"
            raise Refusal(msg)

    def _read_music(self, voice: Voice, line: str, number: int) -> Voice:
        """Read a line of music; return the voice in which it ends."""
        current = [voice]

        def on_field(name: str, text: str) -> Voice:
            current[0] = self._read_field(current[0], name, text)
            return current[0]

        voice = voice.read(line, number, on_field)
        check_note_count(len(self.found.heads))
        return voice

    def _tell(self, name: str, text: str) -> None:
        """Count what a field says and is not read."""
        if name in {"K", "V"}:
            self.warned[UNMOVED] += bool(MOVED.search(text))
            self.warned[PIPES] += name == "K" and text.strip().startswith("HP")

    def _read_field(self, voice: Voice, name: str, text: str) -> Voice:
        """Read a field in the music; return the voice that goes on."""
        self._tell(name, text)
        if name == "V" and (match := VOICE.match(text)):
            return self._voice(match[1], match[2])
        if name == "K":
            if (key := read_key(text)) is not None:
                voice.key, voice.accidentals = key, {}
                self._add_key(voice)
            if (moved := moved_by(text)) is not None:
                voice.moved = moved
            voice.is_percussion = bool(PERCUSSION.search(text)) or voice.is_percussion
        elif name == "M":
            voice.meter = read_meter(text)
            if voice.meter is not None:
                self.meters.append((voice.part, voice.now, *voice.meter))
        elif name == "L":
            voice.unit = read_length(text) or voice.unit
        elif name == "I" and (match := ACCIDENTALS.match(text)):
            voice.spread = match[1]
        elif name == "m":
            self._read_header(name, text)
        return voice

    def _voice(self, name: str, told: str = "") -> Voice:
        """The voice of a name, which begins with its first mention; a later one may add to it."""
        is_new = name not in self.voices
        if is_new:
            check_part_count(len(self.voices) + 1)
            told = f"{self.told.get(name, '')} {told}"
            unit = self.unit or unit_of(self.meter)
            voice = Voice(len(self.voices), self.found.heads, unit, self.meter, self.key)
            voice.moved, voice.spread = self.moved or voice.moved, self.spread
            voice.is_percussion = self.is_percussion
            self.voices[name] = voice
        voice = self.voices[name]
        voice.name = voice.name or name_of(told)
        voice.moved = moved_by(told) or voice.moved
        voice.is_percussion |= bool(PERCUSSION.search(told))
        if is_new:
            self._add_key(voice)
        return voice

    def _add_key(self, voice: Voice) -> None:
        """Take the key of a voice from now on, as it sounds."""
        fifths = voice.moved.move_key(voice.key.fifths)
        self.found.keys.append((voice.part, voice.now, fifths, voice.key.mode))

    def _table(self) -> NoteTable:
        """Make the note table of all voices."""
        if not self.voices:
            msg = "it has no pitched notes"
            raise Refusal(msg)
        for voice in self.voices.values():
            voice.end_bar()
            self.warned += voice.warned
        self._number_parts()
        warn_of(self.warned)
        longest = max(self.voices.values(), key=lambda voice: (voice.reached, -voice.part))
        self.found.measures = _measures(longest.bars, longest.nominal)
        self.found.endings = longest.endings
        return exact_table(self.found)

    def _number_parts(self) -> None:
        """Let the voices that have notes be the parts."""
        sounding = sorted({head.part for head in self.found.heads})
        place = {part: number for number, part in enumerate(sounding)}
        self.found.parts = [v.name for v in self.voices.values() if v.part in place]
        self.found.keys = [(place[key[0]], *key[1:]) for key in self.found.keys if key[0] in place]
        for head in self.found.heads:
            head.part = place[head.part]
        self._choose_meters(sounding)

    def _choose_meters(self, sounding: list[int]) -> None:
        """Take the meters of the first voice that has notes."""
        found = {part: [(Fraction(0), *self.meter)] if self.meter else [] for part in sounding}
        for part, onset, beats, beat_type in self.meters:
            if part in found:
                found[part].append((onset, beats, beat_type))
        self.found.meters = next(iter(found.values()), [])
        is_told = any(set(own) - set(self.found.meters) for own in found.values())
        self.warned[OTHER_METER] += is_told


def _measures(bars: list[Fraction], nominal: Fraction) -> list[tuple[Fraction, Fraction, str]]:
    """The measures, counted from 1, a pick-up from 0; parts of one measure have one number."""
    measures: list[tuple[Fraction, Fraction, str]] = []
    number, filled, start = 0, Fraction(0), Fraction(0)
    for end in bars:
        length = end - start
        goes_on = measures and 0 < filled < nominal and filled + length == nominal
        if not goes_on and (measures or length >= nominal):
            number, filled = number + 1, Fraction(0)
        filled = filled + length if measures or length >= nominal else Fraction(0)
        measures.append((start, end, str(number)))
        start = end
    return measures
