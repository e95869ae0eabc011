"""MusicXML of transposing instruments, as it is written -> as it sounds."""

from dataclasses import dataclass
from typing import Any

from musebench import pitch
from musebench.errors import InputError
from musebench.score.errors import Refusal

LARGEST = 120  # number in a transposition, pitch or key; beyond is no music


@dataclass(frozen=True)
class Transposition:
    """From what is written to what sounds: semitones, and fifths on the line of fifths."""

    semitones: int = 0
    fifths: int = 0


def to_concert_pitch(root: Any) -> None:
    """Move the notes and key signatures of transposing parts to where they sound, in place.

    A transposition holds from its place on. What would be beyond the line of fifths that spellings
    and key signatures are taken from is named by its enharmonic twin.

    Args:
        root: A ``score-partwise`` element.

    Raises:
        Refusal: If a transposition, or a pitch or key under one, cannot be read.
    """
    for part in root.iterfind("part"):
        if part.find("measure/attributes/transpose") is None:
            continue
        try:
            _move_part(part)
        except (AttributeError, OverflowError, TypeError, ValueError) as error:
            msg = f"a transposition, or a pitch or key under one, cannot be read ({error})"
            raise Refusal(msg) from error


def _move_part(part: Any) -> None:
    moved = Transposition()
    for element in part.iterfind("measure/*"):
        if element.tag == "attributes":
            if (transpose := element.find("transpose")) is not None:
                moved = _read(transpose)
            for fifths in element.iterfind("key/fifths"):
                key = _number(fifths.text) + moved.fifths
                fifths.text = str(_within(key, pitch.MIN_FIFTHS, pitch.MAX_FIFTHS))
        elif (written := element.find("pitch")) is not None:
            _move(written, moved)


def _read(transpose: Any) -> Transposition:
    semitones = _number(transpose.findtext("chromatic"))
    diatonic = transpose.findtext("diatonic")
    steps = round(semitones * 7 / 12) if diatonic is None else _number(diatonic)
    octaves = _number(transpose.findtext("octave-change") or "0")
    return Transposition(_checked(semitones + 12 * octaves), 7 * semitones - 12 * steps)


def _move(written: Any, moved: Transposition) -> None:
    step, alter, octave = (written.find(name) for name in ("step", "alter", "octave"))
    if alter is None:
        alter = written.makeelement("alter")
        alter.text = "0"
        step.addnext(alter)
    name, accidental = step.text.strip(), _number(alter.text)
    tpc = pitch.spelling_to_tpc(name, accidental) + moved.fifths
    natural = pitch.STEP_TO_PITCH_CLASS[name] + 12 * _number(octave.text)
    sounding = natural + accidental + moved.semitones
    step.text, accidental = pitch.tpc_to_spelling(_within(tpc, pitch.MIN_TPC, pitch.MAX_TPC))
    alter.text = str(accidental)
    octave.text = str((sounding - accidental - pitch.STEP_TO_PITCH_CLASS[step.text]) // 12)


def _number(text: str) -> int:
    """A whole number, which MusicXML may write as a decimal."""
    return _checked(int(float(text)))


def _checked(number: int) -> int:
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
