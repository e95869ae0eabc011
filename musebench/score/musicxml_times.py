"""The times of a MusicXML score, settled in place before partitura reads it.

Partitura takes a number that it cannot read for none, gives each note of a chord the length of the
first, and counts each part for itself, so that a part with a short measure runs ahead of the
others. Here each part gets one whole number of divisions per quarter note, chords of unequal notes
are written one after the other, and notes that do not sound become rests.
"""

import re
from fractions import Fraction
from itertools import accumulate
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.limits import check_division, check_length, common_divisions, decimal_number
from musebench.score.musicxml_signs import Sign, read_signs
from musebench.score.told import Told

TIMED = ("attributes", "note", "backup", "forward")  # what has divisions or a duration
ROUNDED = re.compile(r"\s*[0-9]*\.[0-9]{3,}\s*")  # of three places or more: 0.333 may be 1/3
MAX_ROUNDED = 960  # parts that a rounded number may count in


def settle_times(root: Any, silent: set[Any], going_on: set[Any], told: Told) -> list["PartTimes"]:
    """Settle the times of each part of a score; see ``PartTimes``."""
    divisions = next(root.iter("divisions"), None)
    parts = root.findall("part")
    return [PartTimes(part, divisions, silent, going_on, told) for part in parts]


class PartTimes:
    """The times of a part.

    Args:
        part: The ``<part>``; it is changed.
        divisions: The first ``<divisions>`` of the score, for a part without; None if it has none.
        silent: Notes that do not sound; unpitched ones never do.
        going_on: Notes that go on by a tie.
        told: Takes what is mended.

    Attributes:
        part: The ``<part>``.
        unit: Divisions of a quarter note, in which all its times are written.
        measures: Its measures.
        lengths: Length of each measure, divisions.
        signs: Its key and time signatures.

    Raises:
        Refusal: If a number cannot be read, or is out of bounds.
    """

    def __init__(
        self, part: Any, divisions: Any, silent: set[Any], going_on: set[Any], told: Told
    ) -> None:
        self.part, self._told = part, told
        self.measures: list[Any] = part.findall("measure")
        self._negative: set[str] = set()
        self.unit = self._settle_unit(divisions)
        if self.measures and self.measures[0].find("attributes/divisions") is None:
            self._begin_with(str(self.unit))
        self.lengths: list[int] = []
        self.signs: list[Sign] = []
        self._reached: list[int] = []  # where the last element of each measure leads
        self._filled: dict[int, int] = {}  # where silence was added to a measure
        kinds, is_repeat = _Kinds(part, silent, going_on), False
        for number, measure in enumerate(self.measures):
            told.place = self._place(measure, number)
            walk = _Walk(kinds, told)
            for element in list(measure):
                walk.pass_over(element)
                if element.tag == "attributes":
                    self.signs += read_signs(element, number, walk.position, told)
                    is_repeat = _starts_repeat(element, is_repeat)
            if is_repeat and measure.find("note/pitch") is None:
                told.add("a measure under a repeat sign holds no notes and is read as silent")
            self.lengths.append(walk.longest)
            self._reached.append(walk.position)
        told.place = ""

    @property
    def starts(self) -> list[int]:
        """Where its measures start, divisions, and where the last one ends."""
        return [0, *accumulate(self.lengths)]

    @property
    def filled(self) -> dict[int, int]:
        """Where silence was added to measures, and where it ends, divisions."""
        starts = self.starts
        return {starts[n] + place: starts[n + 1] for n, place in self._filled.items()}

    def fill(self, number: int, length: Fraction) -> None:
        """Make a measure as long as this, in quarter notes, by silence at its end."""
        factor = (length * self.unit).denominator
        if factor > 1:
            self._refine(factor)
        wanted = int(length * self.unit)
        self._filled[number] = self.lengths[number]
        move(self.measures[number], wanted - self._reached[number])
        self.lengths[number] = self._reached[number] = wanted

    def clear(self, number: int) -> None:
        """Take the rests out of a measure."""
        for element in list(self.measures[number].iterchildren("note", "forward", "backup")):
            self.measures[number].remove(element)
        self.lengths[number] = self._reached[number] = 0

    def _refine(self, factor: int) -> None:
        """Count in so many times the divisions."""
        self.unit = common_divisions([self.unit * factor], ())
        for element in self._timed():
            element.text = str(int(element.text) * factor)
        self.lengths = [length * factor for length in self.lengths]
        self._reached = [place * factor for place in self._reached]
        self._filled = {number: place * factor for number, place in self._filled.items()}
        self.signs = [sign.later(factor) for sign in self.signs]

    def _place(self, measure: Any, number: int) -> str:
        """The name of a measure in a message."""
        return f"measure {measure.get('number') or number + 1} of part {self.part.get('id')}"

    def _timed(self) -> list[Any]:
        """Its divisions and durations, in order; a union of paths takes quadratic time."""
        found = self.part.iter("divisions", "duration")
        return [element for element in found if element.getparent().tag in TIMED]

    def _settle_unit(self, divisions: Any) -> int:
        """Write all durations in one unit, in which they are whole numbers, and return it."""
        timed = self._timed()
        if timed and timed[0].tag != "divisions":
            first = next((one for one in timed if one.tag == "divisions"), divisions)
            timed.insert(0, self._add_divisions("1" if first is None else first.text))
        division, quarters = Fraction(1), dict[str, Fraction]()
        sections, units = [quarters], {1}
        for element in timed:
            if element.tag == "divisions":
                division, quarters = _divisions(element.text), {}
                sections.append(quarters)
                units.add(division.numerator)
            elif (text := element.text or "") not in quarters or text in self._negative:
                number = self._number(element, text)
                quarters[text] = number / division
                check_length(float(abs(quarters[text])))
                units.add(division.numerator * number.denominator)
        unit = common_divisions(units, ())
        ticks = iter([{t: str(int(q * unit)) for t, q in section.items()} for section in sections])
        written = next(ticks)
        for element in timed:
            if element.tag == "divisions":
                written, text = next(ticks), str(unit)
            else:
                text = written[element.text or ""]
            if element.text != text:
                element.text = text
        return unit

    def _add_divisions(self, text: str) -> Any:
        """Say how many divisions a quarter note has, in a part that has durations before that."""
        if text.strip() != "1":
            self._told.add("a part that does not begin with divisions has the first of the score")
        return self._begin_with(text)

    def _begin_with(self, text: str) -> Any:
        """Put divisions at the start of the part."""
        attributes = self.part.makeelement("attributes")
        divisions = attributes.makeelement("divisions")
        divisions.text = text
        attributes.append(divisions)
        self.measures[0].insert(0, attributes)
        return divisions

    def _number(self, duration: Any, text: str) -> Fraction:
        """The number of divisions that a duration is; of a note it may be negative."""
        element = duration.getparent()
        number = decimal_number(text)
        if number is None or number < 0:
            measure = element.getparent()
            self._told.place = self._place(measure, self.measures.index(measure))
            if number is None or element.tag != "note":
                msg = (
                    f"a <{element.tag}> in {self._told.place} has the duration "
                    f"{text.strip()[:30]!r}, and numbers of divisions from 0 are read"
                )
                raise Refusal(msg)
            self._told.add("a <note> of negative duration lasts 0")  # editors' broken tuplets
            self._negative.add(text)  # to be told again
        return _unrounded(number, text)


def move(measure: Any, by: int, before: Any = None, after: Any = None) -> None:
    """Add a step forward or backward, at the end of a measure or beside an element of it."""
    if by:
        step = measure.makeelement("forward" if by > 0 else "backup")
        duration = step.makeelement("duration")
        duration.text = str(abs(by))
        step.append(duration)
        if before is not None:
            before.addprevious(step)
        elif after is not None:
            after.addnext(step)
        else:
            measure.append(step)


def _starts_repeat(attributes: Any, is_repeat: bool) -> bool:
    """Whether measures from here on repeat the one before, whose notes should be in them."""
    signs = attributes.findall("measure-style/measure-repeat")
    return any(sign.get("type") == "start" for sign in signs) if signs else is_repeat


def _divisions(text: str | None) -> Fraction:
    """Divisions per quarter note, which may be a decimal."""
    number = decimal_number(text)
    if number is None or number.denominator == 1:
        return Fraction(check_division(text))
    check_division(max(int(number), 1 if number > 0 else 0))
    return _unrounded(number, text or "")


def _unrounded(number: Fraction, text: str) -> Fraction:
    """The simplest fraction that a decimal number may stand for, if it looks rounded."""
    if ROUNDED.fullmatch(text):
        last = Fraction(1, 10 ** len(text.strip().partition(".")[2]))
        for parts in range(1, MAX_ROUNDED + 1):
            near = Fraction(round(number * parts), parts)
            if abs(near - number) < last:
                return near
    return number


class _Kinds:
    """The notes of a part that are something beside notes."""

    def __init__(self, part: Any, silent: set[Any], going_on: set[Any]) -> None:
        self.chord, self.grace, self.pitch, self.unpitched = (set[Any]() for _ in range(4))
        for element in part.iter("chord", "grace", "pitch", "unpitched"):
            getattr(self, element.tag).add(element.getparent())
        self.silent, self.going_on = silent | self.unpitched, going_on


class _Walk:
    """The way through a measure: position and the greatest so far, divisions; the last note."""

    def __init__(self, kinds: _Kinds, told: Told) -> None:
        self.position = self.longest = 0
        self._kinds, self._told = kinds, told
        # Of the last note that starts a chord or stands alone; None: there was none.
        self._start: int | None = None
        self._length = 0
        self._is_plain = False  # whether partitura can hang further notes of a chord on it

    def pass_over(self, element: Any) -> None:
        """Settle an element and go behind it."""
        if element.tag == "note":
            if element in self._kinds.unpitched:
                self._told.add("unpitched notes, as of drums, are left out")
            if element in self._kinds.chord and self._start is not None:
                self._pass_further_note(element, self._start)
            else:
                self._pass_note(element)
        elif element.tag == "forward":
            self.position += self._length_of(element)
        elif element.tag == "backup":
            self.position -= self._length_of(element)
            if self.position < 0:
                self.position = 0
                self._told.add("a backup beyond the start of its measure ends at the start")
        self.longest = max(self.longest, self.position)

    def _length_of(self, element: Any) -> int:
        """How long an element lasts, divisions."""
        duration = element.find("duration")
        if element in self._kinds.grace:
            if duration is not None:
                self._told.add("a grace note with a duration lasts 0")
                element.remove(duration)
            return 0
        if duration is None:
            self._told.add(f"a <{element.tag}> without duration lasts 0")
            return 0
        return int(duration.text)

    def _length_of_tone(self, note: Any) -> int:
        """Length of a further note of a chord: its own, but no more than that of the chord."""
        if note in self._kinds.grace:
            return self._length_of(note)
        duration = note.find("duration")
        if duration is None:
            duration = note.makeelement("duration")
            note.append(duration)
            length = self._length
        else:
            length = int(duration.text)
        if length > self._length:
            self._told.add("a chord tone that is longer than its chord ends with it")
        if length > self._length or note in self._kinds.going_on:  # a tie is at the end of a chord
            length = self._length
        duration.text = str(length)
        return length

    def _pass_note(self, note: Any) -> None:
        """Settle a note that begins a chord or stands alone."""
        if note in self._kinds.chord:
            self._told.add("a chord tone without a note before it is a note of its own")
            note.remove(note.find("chord"))
        self._start, self._length = self.position, self._length_of(note)
        self._is_plain = note in self._kinds.pitch
        if note in self._kinds.silent:
            self._is_plain = False
            for name in ("pitch", "unpitched", "tie"):  # it becomes a rest
                for element in note.findall(name):
                    note.remove(element)
        self.position += self._length

    def _pass_further_note(self, note: Any, start: int) -> None:
        """A further note of a chord that partitura would read as a note by itself."""
        end = start + self._length
        if note in self._kinds.silent:
            note.getparent().remove(note)
            return
        length = self._length_of_tone(note)
        if length != self._length or not self._is_plain:
            self._is_plain = False
            note.remove(note.find("chord"))
            move(note.getparent(), start - self.position, before=note)
            move(note.getparent(), end - start - length, after=note)
        self.position = end
        self.longest = max(self.longest, start + length)
