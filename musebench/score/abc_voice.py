"""A line of music of ABC -> the notes of its voice, in time.

Source:
    "The abc music standard 2.1", 2011, chapter 4.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from musebench.errors import InputError
from musebench.score.abc_signs import Key
from musebench.score.concert_pitch import ROUNDED, Transposition, semitones
from musebench.score.errors import Refusal
from musebench.score.exact import Head
from musebench.score.signatures import is_compound

LENGTH = r"([0-9]{0,4})(/{0,6})([0-9]{0,4})"
PITCH = r"((?:\^\^|__|\^|_|=)?(?:[0-9]{1,2}/[0-9]{1,2}|/[0-9]{0,2})?)([A-Ga-g])([',]{0,9})"
NOTE = re.compile(PITCH + LENGTH + r"(-?)")
REST = re.compile("[zx]" + LENGTH)
LONG_REST = re.compile(r"[ZX]([0-9]{0,6})")
CHORD = re.compile(r"\[((?:[^\]|:\"]|\"[^\"]{0,200}\"){0,200})\]" + LENGTH + r"(-?)")
# In old tunes; what is between the signs may also be a word, or how loud it is: ``+ff+``.
OLD_CHORD = re.compile(
    r"\+(?!f+\+)((?:[_^=]{0,2}[A-Ga-g][',]{0,9}[0-9/]{0,6}){2,9})\+" + LENGTH + r"(-?)"
)
GRACE = re.compile(r"\{/?([^}]{0,200})\}")
TUPLET = re.compile(r"\(([0-9]{1,2})(?::([0-9]{0,2}))?(?::([0-9]{0,2}))?")
BROKEN = re.compile(r"([<>])\1{0,3}")
BAR = re.compile(r"\.?(?:\[\|\]?|:*\|[\]|:]*|::+)(?:\s*\[?[0-9][0-9,.-]*)?|\[[0-9][0-9,.-]*")
FIELD = re.compile(r"\[([A-Za-z]):([^\]]{0,200})\]")
# Decorations, chord symbols, spaces, slurs, and what only the eye sees.
SILENT = re.compile(r'"[^"]{0,500}"|![^!\s|]{0,80}!|\+[^+\s|]{0,80}\+|[~.H-Wh-w()$`*\\!\s]|y[0-9]*')
TIE = re.compile("-")
OVERLAY = re.compile(r"&{1,9}")
SIGNS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}  # semitones
QUARTERS = {"2": 3, "3": 2, "4": 3, "6": 2, "8": 3}  # notes in the time of so many
MAX_BARS = 100_000  # of a voice
MIDDLE = 4  # octave of a capital letter

UNKNOWN = "characters without a meaning are left out"
NESTED = "a tuplet that begins inside another one ends it"
DRUMS = "notes of percussion are left out"
Tones = dict[tuple[str, int], Fraction]  # letter and octave as written -> alteration, semitones


@dataclass
class Voice:
    """A voice while it is read; times in quarter notes.

    Attributes:
        part: Its place among the voices, from 0.
        heads: The note heads of all voices, in document order.
        name: As printed.
        unit: The length of a note without a number.
        meter: The meter in force, None without one.
        key: The key in force.
        moved: From written to sounding pitch.
        spread: How far an accidental holds: ``not``, ``octave`` or ``pitch`` (in all octaves).
        is_percussion: Whether its notes are instruments without a pitch.
    """

    part: int
    heads: list[Head]
    unit: Fraction
    meter: tuple[int, int] | None
    key: Key
    name: str = ""
    moved: Transposition = field(default_factory=Transposition)
    spread: str = "pitch"
    is_percussion: bool = False
    now: Fraction = Fraction(0)
    reached: Fraction = Fraction(0)
    bar: Fraction = Fraction(0)
    layer: int = 1
    bars: list[Fraction] = field(default_factory=list)
    endings: set[Fraction] = field(default_factory=set)  # where those of repeats begin
    accidentals: dict[str, Fraction] = field(default_factory=dict)
    ties: dict[int, Tones] = field(default_factory=dict)  # that wait in each layer
    last: list[Head] = field(default_factory=list)  # of the last event
    tones: Tones = field(default_factory=dict)  # the same as they are written
    last_length: Fraction = Fraction(0)
    broken: Fraction = Fraction(1)  # what a broken rhythm makes of the next event
    tuplet: Fraction = Fraction(1)
    tuplet_left: int = 0
    warned: Counter[str] = field(default_factory=Counter)

    @property
    def nominal(self) -> Fraction:
        """Length of a complete measure."""
        count, unit = self.meter or (4, 4)
        return Fraction(4 * count, unit)

    def read(self, text: str, line: int, on_field: Callable[[str, str], "Voice"]) -> "Voice":
        """Read a line of music; return the voice in which it ends.

        Args:
            text: The line, without comments.
            line: Its number, for the names of notes.
            on_field: Told of fields inside the line, returns the voice that goes on.
        """
        voice, place = self, 0
        while place < len(text):
            if found := FIELD.match(text, place):
                voice = on_field(found[1], found[2])
            elif (found := BAR.match(text, place)) and found[0]:
                voice.end_bar()
                if found[0][-1].isdecimal():
                    voice.endings.add(voice.now)
            else:
                found = voice.read_event(text, place, f"L{line}C{place + 1}")
            place = found.end() if found else place + 1
        return voice

    def read_event(self, text: str, place: int, name: str) -> "re.Match[str] | None":
        """Read what stands at a place; None if it has no meaning."""
        if found := NOTE.match(text, place):
            self._sound([found], _times(found[4], found[5], found[6]), found[7] == "-", name)
        elif found := REST.match(text, place):
            self._pass(_times(*found.groups()), [])
        elif found := LONG_REST.match(text, place):
            self._rest_measures(int(found[1] or 1))
        elif found := TUPLET.match(text, place):
            self._begin_tuplet(found)
        elif found := BROKEN.match(text, place):
            self._break(found[0])
        elif found := GRACE.match(text, place):
            for count, note in enumerate(NOTE.finditer(_plain(found[1]))):
                self.heads.append(self._head(note, Fraction(0), f"{name}G{count + 1}", True))
        elif found := CHORD.match(text, place) or OLD_CHORD.match(text, place):
            notes = list(NOTE.finditer(_plain(found[1])))
            if notes:
                times = _times(found[2], found[3], found[4])
                self._sound(notes, times, found[5] == "-", name, is_chord=True)
        elif found := OVERLAY.match(text, place):
            starts = [Fraction(0), *self.bars]
            self.now, self.layer = starts[-min(len(found[0]), len(starts))], self.layer + 1
        elif found := TIE.match(text, place):
            self._tie_last()
        elif (found := SILENT.match(text, place)) is None:
            self.warned[UNKNOWN] += 1
        return found

    # --- events ----------------------------------------------------------------------------------

    def _sound(
        self, notes: list["re.Match[str]"], times: Fraction, is_tied: bool, name: str,
        is_chord: bool = False,
    ) -> None:  # fmt: skip
        """Read a note or a chord, whose inner lengths the outer one multiplies."""
        factor = self.unit * (self.tuplet if self.tuplet_left else 1) * self.broken
        heads, tones, waiting = list[Head](), Tones(), Tones()
        for count, note in enumerate(notes):
            own = _times(note[4], note[5], note[6]) * times if is_chord else times
            place = f"{name}S{count + 1}" if is_chord else name
            head, tone = self._head(note, own * factor, place, False), _tone(note)
            head.continues = tone in self.ties.get(self.layer, {})
            head.goes_on = is_tied or note[7] == "-"
            tones[tone] = self._alteration(note)
            if head.goes_on:
                waiting[tone] = tones[tone]
            heads.append(head)
        first = _times(notes[0][4], notes[0][5], notes[0][6]) if is_chord else Fraction(1)
        self._pass(times * first, heads)
        self.tones, self.ties[self.layer] = tones, waiting
        if self.is_percussion:
            self.warned[DRUMS] += len(heads)
        else:
            self.heads += heads

    def _pass(self, times: Fraction, heads: list[Head]) -> None:
        """Go on by so many units."""
        length = times * self.unit * self.broken * (self.tuplet if self.tuplet_left else 1)
        self.tuplet_left = max(self.tuplet_left - 1, 0)
        self.broken = Fraction(1)
        self.last, self.last_length = heads, length
        self.now += length
        self.reached = max(self.reached, self.now)
        self.tones, self.ties[self.layer] = {}, {}

    def _tie_last(self) -> None:
        """Tie the last event, whose tie stands apart from it."""
        for head in self.last:
            head.goes_on = True
        self.ties[self.layer] = self.tones

    def _head(self, note: "re.Match[str]", length: Fraction, name: str, is_grace: bool) -> Head:
        """The head of a note that begins now; its length is in quarter notes."""
        altered, (letter, octave) = self._alteration(note), _tone(note)
        if altered % 1:
            self.warned[ROUNDED] += 1
        try:
            step, alter, octave = self.moved.move(letter, semitones(altered), octave)
        except InputError as error:
            raise Refusal(str(error).removesuffix(".")) from error
        return Head(
            onset=self.now, end=self.now + length, step=step, alter=alter, octave=octave,
            part=self.part, staff=1, voice=self.layer, measure=len(self.bars), is_grace=is_grace,
            note_id=name,
        )  # fmt: skip

    def _alteration(self, note: "re.Match[str]") -> Fraction:
        """Alteration in semitones: of its own, of its tie, its measure, or its key."""
        (letter, octave), sign = _tone(note), note[1]
        where = letter if self.spread == "pitch" else f"{letter}{octave}"
        if sign:
            if self.spread != "not":
                self.accidentals[where] = _sign(sign)
            return _sign(sign)
        tied = self.ties.get(self.layer, {}).get((letter, octave))
        if tied is not None:
            return tied
        return self.accidentals.get(where, Fraction(self.key.alters.get(letter, 0)))

    def _begin_tuplet(self, found: "re.Match[str]") -> None:
        """Let the next notes be a tuplet, such as ``(3`` or ``(5:4:5``."""
        count = int(found[1])
        if not count:
            msg = "it has a tuplet of no notes"
            raise Refusal(msg)
        self.warned[NESTED] += self.tuplet_left > 0
        usual = QUARTERS.get(found[1]) or (3 if is_compound(self.meter) else 2)
        self.tuplet = Fraction(int(found[2] or 0) or usual, count)
        self.tuplet_left = int(found[3] or 0) or count

    def _break(self, marks: str) -> None:
        """Let a dotted note and a short one, or the reverse, share their time."""
        short = Fraction(1, 2 ** len(marks))
        first, second = (2 - short, short) if marks[0] == ">" else (short, 2 - short)
        change = self.last_length * (first - 1)
        for head in self.last:
            head.end = head.onset + (head.end - head.onset) * first
        self.now += change
        self.last_length += change
        self.broken = second
        self.reached = max(self.reached, self.now) if change > 0 else self.now

    def _rest_measures(self, count: int) -> None:
        """Rest for so many measures."""
        if count + len(self.bars) > MAX_BARS:
            msg = f"it rests for {count:,} measures"
            raise Refusal(msg)
        for _ in range(count - 1):
            self.now += self.nominal
            self.end_bar()
        self._pass(self.nominal / self.unit, [])

    def end_bar(self) -> None:
        """End a measure: accidentals and overlaid voices end with it."""
        if self.layer > 1 and self.now <= self.bar:  # inside an overlay of several measures
            self.accidentals = {}
            return
        self.now = self.reached = max(self.reached, self.now)
        if self.now > self.bar:
            self.bars.append(self.now)
            self.bar = self.now
            self.accidentals, self.layer = {}, 1


def _plain(inside: str) -> str:
    """What is inside brackets without decorations and words."""
    return re.sub(r'"[^"]*"|![^!]*!|\+[^+]*\+', "", inside)


def _times(number: str, slashes: str, parts: str) -> Fraction:
    """How many units a note lasts."""
    below = int(parts or 0) if slashes else 1
    return Fraction(int(number or 1), below or 2 ** len(slashes))


def _tone(note: "re.Match[str]") -> tuple[str, int]:
    """Letter and octave as they are written."""
    octave = MIDDLE + note[2].islower() + note[3].count("'") - note[3].count(",")
    return note[2].upper(), octave


def _sign(sign: str) -> Fraction:
    """An accidental in semitones; ``^/`` is half a sharp, ``^3/2`` one and a half."""
    plain = sign.rstrip("0123456789/")
    told = sign[len(plain) :]
    above, _, below = told.partition("/")
    share = Fraction(int(above or 1), int(below or 0) or 2) if told else 1
    return Fraction(SIGNS.get(plain, 0) * share)
