"""A layer of a measure of MEI -> its notes, in time."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from musebench.errors import InputError
from musebench.score.concert_pitch import ROUNDED, semitones
from musebench.score.errors import Refusal
from musebench.score.exact import Head
from musebench.score.limits import decimal_number, whole_number
from musebench.score.mei_bounds import XML_ID
from musebench.score.mei_signs import DEFINING, alteration, length_of, name_of, ratio_of

if TYPE_CHECKING:
    from musebench.score.mei_score import MeiScore

WHOLE = ("mRest", "mSpace", "mRpt", "mRpt2")
SEVERAL = ("multiRest", "multiRpt")
REPEATS = ("mRpt", "mRpt2", "multiRpt", "halfmRpt", "beatRpt")
REPEATED = "repeat signs of measures or beats (mRpt and the like) are read as silence"
UNPITCHED = "notes without a pitch (percussion, tablature) are left out"
NO_OCTAVE = "notes without an octave are left out"
NO_LENGTH = "rests or spaces without a duration are read as quarter notes"
UNSAID = (
    "notes that a key signature or an accidental before them alters do not say so (accid.ges is "
    "nowhere in the score) and are read without an alteration"
)
NO_RATIO = "notes of tuplets that do not say their ratio are read as they are written"
HIDDEN = "cue notes that are not printed are left out"
TIES = {"i": (False, True), "m": (True, True), "t": (True, False)}
PITCHES = "cdefgab"


class LayerReader:
    """Reads a layer.

    Args:
        score: The score that takes the notes.
        staff: The number of its staff.
        layer: The element.
        index: Its place in the staff, from 1.
        start: Start of the measure, quarter notes.
        measure: Its number, from 0.
    """

    def __init__(
        self, score: "MeiScore", staff: str, layer: Any, index: int, start: Fraction, measure: int
    ) -> None:
        self.score, self.staff, self.layer = score, staff, layer
        self.name = layer.get("n")
        self.number = whole_number(self.name) or index
        self.start, self.now, self.measure = start, start, measure
        self.measures = 1
        self.state = score.states[staff]
        self.spans = score.spans.on(staff, self.name, measure)

    def read(self) -> None:
        """Read it all."""
        self._read_inside(self.layer, Fraction(1), self.staff, False)

    def _read_inside(self, element: Any, ratio: Fraction, staff: str, is_grace: bool) -> None:
        """Read the children of an element under a tuplet ratio."""
        for child in element:
            self._read(child, ratio, self.score.staff_of(child, staff), is_grace)

    def _read(self, element: Any, ratio: Fraction, staff: str, is_grace: bool) -> None:
        """Read an element: a note, a sign, or what has notes inside."""
        tag = element.tag
        is_grace = is_grace or tag == "graceGrp" or element.get("grace") not in {None, ""}
        if tag in {"note", "chord"}:
            self._read_sounding(element, ratio, staff, is_grace)
        elif tag in {"rest", "space", "tabGrp"}:
            self.score.warned[UNPITCHED] += tag == "tabGrp"
            self._rest(element, ratio, is_grace)
        elif tag in REPEATS or tag in SEVERAL or tag in WHOLE:
            self._stand_for(element)
        elif tag in DEFINING:
            self.score.define(element, self.now, self.staff)
        elif tag == "tuplet":
            written = None if element.get("num") else self._written(element)
            self._read_inside(element, ratio * ratio_of(element, written), staff, is_grace)
        elif tag == "fTrem":
            count = sum(child.tag in {"note", "chord"} for child in element.iter("note", "chord")
                        if child.getparent().tag != "chord")  # fmt: skip
            self._read_inside(element, ratio / max(count, 1), staff, is_grace)
        else:
            self._read_inside(element, ratio, staff, is_grace)

    def _written(self, tuplet: Any) -> Fraction:
        """Length of what is in a tuplet as it is written, whole notes."""
        lengths = [
            length_of(event, self.state, self.name) or Fraction(0)
            for event in tuplet.iter("note", "chord", "rest", "space")
            if event.getparent().tag != "chord" and event.get("grace") is None
        ]
        return sum(lengths, Fraction(0)) / 4

    def _rest(self, rest: Any, ratio: Fraction, is_grace: bool) -> None:
        """Let the time of a rest or space pass."""
        if is_grace:
            return
        length = length_of(rest, self.state, self.name)
        is_alone = len(self.layer) == 1 and rest.getparent() is self.layer
        if is_alone and (length is None or length > self.state.nominal):  # it lasts the measure
            return
        if length is None:
            self.score.warned[NO_LENGTH] += 1
            length = Fraction(1)
        self.now += length * ratio * self._ratio(rest)
        self.spans.leave(rest)

    def _stand_for(self, sign: Any) -> None:
        """Leave time for what stands for a beat, half a measure, one or several."""
        if sign.tag in REPEATS:
            self.score.warned[REPEATED] += 1
        if sign.tag in SEVERAL:
            self.measures = max(self.measures, whole_number(sign.get("num")) or 1)
        elif sign.tag == "halfmRpt":
            self.now += self.state.nominal / 2
        elif sign.tag == "beatRpt":
            told = decimal_number(sign.get("beatdef"))
            self.now += self.state.beat if told is None else told * self.state.unit

    def _ratio(self, event: Any) -> Fraction:
        """What tuplets make of an event that do not stand around it."""
        told = event
        if self.state.defaults and not event.get("num"):
            names = ("num", "numbase")
            told = {name: self.state.default(self.name, f"{name}.default") for name in names}
        ratio = ratio_of(told)
        return self.spans.enter(event, self.now, self.start, self.state.unit) * ratio

    def _read_sounding(self, event: Any, ratio: Fraction, staff: str, is_grace: bool) -> None:
        """Read a note or a chord."""
        notes = [event] if event.tag == "note" else list(event.iter("note"))
        is_grace = is_grace or any(note.get("grace") for note in notes)
        length = length_of(event, self.state, self.name)
        if length is None:
            lengths = [length_of(note, self.state, self.name) for note in notes]
            length = max((one for one in lengths if one is not None), default=None)
        if length is None and not is_grace:
            msg = f"a {name_of(event.tag, event)} has no duration"
            raise Refusal(msg)
        factor = Fraction(0) if is_grace else ratio * self._ratio(event)
        if factor == 1 and event.get("tuplet"):
            self.score.warned[NO_RATIO] += 1
        for note in notes:
            own = length_of(note, self.state, self.name) if note.get("dur") else length
            lasts = (own or Fraction(0)) * factor
            self._take(note, event, lasts, self.score.staff_of(note, staff), is_grace)
        if not is_grace:
            self.now += (length or Fraction(0)) * factor
            self.spans.leave(event)

    def _take(self, note: Any, event: Any, lasts: Fraction, staff: str, is_grace: bool) -> None:
        """Take a note of an event, which lasts so many quarter notes."""
        letter = note.get("pname.ges") or note.get("pname")
        octave = note.get("oct") or self.state.default(self.name, "oct.default")
        octave = octave or note.get("oct.ges")
        if letter is None or octave is None:
            self.score.warned[UNPITCHED if letter is None else NO_OCTAVE] += 1
            return
        if {note.get("cue"), event.get("cue")} & {"true"} and note.get("visible") == "false":
            self.score.warned[HIDDEN] += 1
            return
        if len(letter) != 1 or letter.lower() not in PITCHES:
            msg = f"a {name_of('note', note)} has the letter {letter[:30]!r}"
            raise Refusal(msg)
        altered = alteration(note)
        self._tell(altered, letter.upper(), octave)
        tie = note.get("tie") or event.get("tie") or ""
        alter = semitones(altered or Fraction(0))
        step, alter, sounding = self._sounding(note, letter.upper(), alter, octave)
        head = Head(
            onset=self.now, end=self.now + lasts, step=step, alter=alter, octave=sounding,
            part=0, staff=0, voice=self.score.voice(self.staff, self.number),
            measure=self.measure, is_grace=is_grace, note_id=note.get(XML_ID) or "",
            continues=any(TIES.get(mark, (False, False))[0] for mark in tie.split()),
            goes_on=any(TIES.get(mark, (False, False))[1] for mark in tie.split()),
        )  # fmt: skip
        self.score.add(head, note, staff, self.number, is_said=altered is not None)

    def _tell(self, altered: Fraction | None, letter: str, octave: str) -> None:
        """Count an alteration that is rounded, or that a note should have and does not say."""
        if altered is None:
            before = self.state.signed.get((letter, octave), self.state.altered.get(letter))
            self.score.warned[UNSAID] += bool(before) and not self.score.says_what_sounds
        else:
            self.state.signed[letter, octave] = altered
            self.score.warned[ROUNDED] += altered % 1 > 0

    def _sounding(self, note: Any, step: str, alter: int, octave: str) -> tuple[str, int, int]:
        """Letter, alteration and octave as they sound, without octave lines."""
        moved = self.state.moved
        performed = whole_number(note.get("oct.ges"))
        written = whole_number(octave) or 0
        try:
            if performed is None:
                return moved.move(step, alter, written)
            if moved.semitones % 12 == 0:  # it says the octave that sounds
                return (step, alter, performed)
            return moved.move(step, alter, performed)
        except InputError as error:
            raise Refusal(str(error).removesuffix(".")) from error
