"""Parts of transposing instruments, as they are written -> as they sound."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from musebench import pitch
from musebench.errors import InputError
from musebench.score.errors import Refusal
from musebench.score.told import Told

ROUNDED = "microtones are rounded to semitones"
LARGEST = 120  # number in a transposition, pitch or key; larger ones are not music


@dataclass(frozen=True)
class Transposition:
    """From what is written to what sounds: semitones, and fifths on the line of fifths."""

    semitones: int = 0
    fifths: int = 0

    @classmethod
    def of(cls, semitones: int, steps: int | None, octaves: int = 0) -> "Transposition":
        """Return that by semitones, letters (None: as many as these suggest) and octaves."""
        steps = round(semitones * 7 / 12) if steps is None else steps
        return cls(_checked(semitones + 12 * octaves), 7 * semitones - 12 * steps)

    def move(self, step: str, alter: int, octave: int) -> tuple[str, int, int]:
        """Return the letter, the alteration and the octave of what sounds."""
        if not self.fifths:  # by octaves: what is spelled in any way keeps its name
            return step, alter, octave + self.semitones // 12
        tpc = pitch.spelling_to_tpc(step, alter) + self.fifths
        sounding = pitch.STEP_TO_PITCH_CLASS[step] + 12 * octave + alter + self.semitones
        step, alter = pitch.tpc_to_spelling(_within(tpc, pitch.MIN_TPC, pitch.MAX_TPC))
        return step, alter, (sounding - alter - pitch.STEP_TO_PITCH_CLASS[step]) // 12

    def move_key(self, fifths: int) -> int:
        """Return the key signature of what sounds."""
        return _within(fifths + self.fifths, pitch.MIN_FIFTHS, pitch.MAX_FIFTHS)


def semitones(alteration: Fraction) -> int:
    """An alteration in whole semitones; half of one goes back towards the letter."""
    near = round(alteration)
    return int(alteration) if abs(alteration - near) == Fraction(1, 2) else near


class Transpositions:
    """Those of a part of partitura, each from its place on; none moves nothing.

    Args:
        part: The part.
    """

    def __init__(self, part: Any) -> None:
        from partitura.score import Transposition as Written

        found = list(part.iter_all(Written))
        self.times = [written.start.t for written in found]
        self.moved = [Transposition.of(w.chromatic or 0, w.diatonic) for w in found]

    def at(self, time: int) -> Transposition | None:
        """The transposition at a time of the part, or None."""
        place = bisect_right(self.times, time)
        return self.moved[place - 1] if place else None


def to_concert_pitch(root: Any, told: Told) -> None:
    """Move the notes and key signatures of transposing parts to where they sound, in place.

    A transposition, of a part or of one of its staves, holds from its place on. What would be
    beyond the line of fifths that spellings and key signatures are taken from is named by its
    enharmonic twin.

    Args:
        root: A ``score-partwise`` element.
        told: Takes doublings, which are left out.

    Raises:
        Refusal: If a transposition, or a pitch or key under one, cannot be read.
    """
    for part in root.iterfind("part"):
        if part.find("measure/attributes/transpose") is None:
            continue
        try:
            _move_part(part, told)
        except (AttributeError, OverflowError, TypeError, ValueError) as error:
            msg = f"a transposition, or a pitch or key under one, cannot be read ({error})"
            raise Refusal(msg) from error


def _move_part(part: Any, told: Told) -> None:
    """Move a part, each note by the transposition in force on its staff."""
    moved: dict[str, Transposition] = {}  # by staff; "": of all that have none of their own
    for element in part.iterfind("measure/*"):
        if element.tag == "attributes":
            for transpose in element.findall("transpose"):
                element.remove(transpose)
                if transpose.find("double") is not None:
                    told.add("the doubling of a part an octave away is left out")
                staff = (transpose.get("number") or "").strip()
                moved = (moved if staff else {}) | {staff: _read(transpose)}
            for key in element.iterfind("key"):
                if (fifths := key.find("fifths")) is not None:
                    here = _of_staff(moved, key.get("number"))
                    fifths.text = str(here.move_key(_number(fifths.text)))
        elif (written := element.find("pitch")) is not None:
            has_staves = moved.keys() - {""}
            _move(written, _of_staff(moved, element.findtext("staff") if has_staves else None))


def _of_staff(moved: dict[str, Transposition], staff: str | None) -> Transposition:
    """The transposition of a staff; where none is named, it is the first."""
    return moved.get((staff or "1").strip(), moved.get("", Transposition()))


def _read(transpose: Any) -> Transposition:
    """Read a ``<transpose>``."""
    semitones = _number(transpose.findtext("chromatic"))
    diatonic = transpose.findtext("diatonic")
    steps = None if diatonic is None else _number(diatonic)
    octaves = _number(transpose.findtext("octave-change") or "0")
    return Transposition.of(semitones, steps, octaves)


def _move(written: Any, moved: Transposition) -> None:
    """Write the sounding pitch into a ``<pitch>``."""
    step, alter, octave = (written.find(name) for name in ("step", "alter", "octave"))
    if alter is None:
        alter = written.makeelement("alter")
        alter.text = "0"
        step.addnext(alter)
    spelled = moved.move(step.text.strip(), _number(alter.text), _number(octave.text))
    step.text, alter.text, octave.text = map(str, spelled)


def _number(text: str) -> int:
    """A whole number, which MusicXML may write as a decimal."""
    return _checked(int(float(text)))


def _checked(number: int) -> int:
    """A number, if it is not beyond music."""
    if abs(number) > LARGEST:
        msg = f"{number} is beyond {LARGEST}"
        raise InputError(msg)
    return number


def _within(fifths: int, least: int, most: int) -> int:
    """The enharmonic twin that is nearest and not beyond these."""
    while fifths > most:
        fifths -= pitch.ENHARMONIC
    while fifths < least:
        fifths += pitch.ENHARMONIC
    return fifths
