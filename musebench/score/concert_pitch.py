"""MusicXML of transposing instruments, as it is written -> as it sounds."""

from typing import Any

from musebench import pitch
from musebench.score.errors import Refusal

STEPS = "CDEFGAB"
MAX_ALTER = 2
MAX_FIFTHS = 7
MOST_SEMITONES = 120  # moved, and of an accidental; beyond is no music


def to_concert_pitch(root: Any) -> None:
    """Move the notes and key signatures of transposing parts to where they sound, in place.

    A transposition holds from its place on. A note that would have three accidentals is named by
    its neighbour, a key signature that would have more than seven by its enharmonic twin.

    Args:
        root: A ``score-partwise`` element.

    Raises:
        Refusal: If a transposition, or a pitch under one, cannot be read.
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
    steps, semitones = 0, 0
    for element in part.iterfind("measure/*"):
        if element.tag == "attributes":
            if (transpose := element.find("transpose")) is not None:
                steps, semitones = _interval(transpose)
            for fifths in element.iterfind("key/fifths"):
                fifths.text = str(_key(int(fifths.text), steps, semitones))
        elif (written := element.find("pitch")) is not None:
            _move(written, steps, semitones)


def _interval(transpose: Any) -> tuple[int, int]:
    """From what is written to what sounds: steps and semitones."""
    semitones = int(transpose.findtext("chromatic"))
    diatonic = transpose.findtext("diatonic")
    steps = round(semitones * len(STEPS) / 12) if diatonic is None else int(diatonic)
    octaves = int(transpose.findtext("octave-change") or 0)
    steps, semitones = steps + len(STEPS) * octaves, semitones + 12 * octaves
    _check(steps, semitones)
    return steps, semitones


def _key(fifths: int, steps: int, semitones: int) -> int:
    moved = fifths + 7 * semitones - 12 * steps
    if abs(moved) <= MAX_FIFTHS:
        return moved
    return moved - 12 if moved > 0 else moved + 12


def _move(written: Any, steps: int, semitones: int) -> None:
    step, octave = written.find("step"), written.find("octave")
    alter = written.find("alter")
    place = STEPS.index(step.text.strip()) + len(STEPS) * int(octave.text)
    accidental = int(float(alter.text)) if alter is not None else 0
    _check(accidental)
    sounding = _semitone(place) + accidental + semitones
    place += steps
    while sounding - _semitone(place) > MAX_ALTER:
        place += 1
    while sounding - _semitone(place) < -MAX_ALTER:
        place -= 1
    step.text, octave.text = STEPS[place % len(STEPS)], str(place // len(STEPS))
    if alter is None:
        alter = written.makeelement("alter")
        step.addnext(alter)
    alter.text = str(sounding - _semitone(place))


def _check(*moves: int) -> None:
    if max(map(abs, moves)) > MOST_SEMITONES:
        msg = f"more than {MOST_SEMITONES} semitones"
        raise ValueError(msg)


def _semitone(place: int) -> int:
    octave, step = divmod(place, len(STEPS))
    return 12 * octave + pitch.STEP_TO_PITCH_CLASS[STEPS[step]]
