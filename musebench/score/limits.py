"""Bounds within which a score is read, so that every file ends in bounded time and memory.

They are far beyond written music: what lies outside is a broken or a hostile file.
"""

import math
import re
from collections.abc import Iterable
from fractions import Fraction

from musebench.score.errors import Refusal

MAX_NOTES = 500_000  # an opera has some 200,000; partitura needs a minute for as many
MAX_PARTS = 1_000
MAX_DIVISION = 1_000_000  # a quarter note; editors write 1 to 10,080
MAX_COMMON_DIVISION = 10**9
MAX_DIVISION_CHANGES = 1_000  # each costs partitura time for all before it
MAX_ELEMENTS = 4 * 500_000  # in the measures of a MusicXML score; each costs partitura time
MAX_GRACES_IN_MEASURE = 500  # each costs partitura time for all before it in the measure
MAX_QUARTERS = 1_000_000  # five days at 120 beats a minute; keeps times far inside int64
MAX_METER = 1_024  # both numbers of a time signature
MAX_MEASURES = 1_000_000
MAX_BEATS = 4_000_000  # of all measures
MAX_ALTER = 4  # semitones; a triple sharp is written, if seldom
MAX_FIFTHS = 14  # of a key signature; seven is all that is written, twice that is twice as many
MAX_DOTS = 4
# What int() takes is more: digits of any script and number, underscores. A number of more digits
# than this is beyond all limits.
WHOLE = re.compile(r"\s*([+-]?[0-9]{1,20})(?:\.0{0,9})?\s*")
DECIMAL = re.compile(r"\s*([+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}))\s*")


def check_note_count(count: int) -> None:
    """Refuse a score of more notes than can be read in bounded time."""
    if count > MAX_NOTES:
        msg = f"it has {count:,} notes, and the limit is {MAX_NOTES:,} for one score"
        raise Refusal(msg)


def whole_number(text: str | None) -> int | None:
    """The whole number that a text is, also as ``+2`` or ``2.0``; None if it is none."""
    match = WHOLE.fullmatch(text or "")
    return int(match[1]) if match else None


def decimal_number(text: str | None) -> Fraction | None:
    """The decimal number that a text is, also as ``+.5``; None if it is none."""
    match = DECIMAL.fullmatch(text or "")
    return Fraction(match[1]) if match else None


def check_number(text: str, least: int, most: int, what: str) -> int:
    """The whole number that a text is, within limits.

    Args:
        text: As it is written.
        least: The least that is read.
        most: The most that is read.
        what: What has this number, as the start of a sentence.

    Raises:
        Refusal: If it is something else.
    """
    number = whole_number(text)
    if number is None or not least <= number <= most:
        msg = f"{what} {text.strip()[:30]!r}, and {least:,} to {most:,} is read"
        raise Refusal(msg)
    return number


def check_division(written: str | int | None) -> int:
    """Divisions of a quarter note as a number; absurd ones are refused."""
    divisions = whole_number(str(written)) or 0
    if not 1 <= divisions <= MAX_DIVISION:
        shown = str(written).strip()[:30]
        msg = f"a quarter note has {shown!r} divisions, and 1 to {MAX_DIVISION:,} are read"
        raise Refusal(msg)
    return divisions


def check_meter(beats: int, beat_type: int) -> None:
    """Refuse absurd time signatures."""
    if not (1 <= beats <= MAX_METER and 1 <= beat_type <= MAX_METER):
        shown = f"{beats}/{beat_type}"[:30]
        msg = f"it has the time signature {shown}; both numbers may be 1 to {MAX_METER}"
        raise Refusal(msg)


def common_divisions(divisions: Iterable[int], beat_types: Iterable[int]) -> int:
    """Divisions per quarter in which all times and all beats are whole.

    Raises:
        Refusal: If they are too many to count times in.
    """
    common = 1
    for needed in {*divisions, *(Fraction(beat_type, 4).numerator for beat_type in beat_types)}:
        common = math.lcm(common, needed)
        if common > MAX_COMMON_DIVISION:
            msg = "its divisions have no common measure that times can be counted in"
            raise Refusal(msg)
    return common


def check_length(quarters: float) -> None:
    """Refuse a score of absurd length, in quarter notes."""
    if not quarters <= MAX_QUARTERS:  # also when it is not a number
        msg = f"it lasts more than {MAX_QUARTERS:,} quarter notes"
        raise Refusal(msg)


def check_measure_count(count: int) -> None:
    """Refuse a score of absurdly many measures."""
    if count > MAX_MEASURES:
        msg = f"it has more than {MAX_MEASURES:,} measures"
        raise Refusal(msg)


def check_key_count(count: int) -> None:
    """Refuse a score of absurdly many key signatures, those of each part counted."""
    if count > MAX_MEASURES:
        msg = f"its parts have more than {MAX_MEASURES:,} key signatures"
        raise Refusal(msg)


def check_beat_count(count: float) -> None:
    """Refuse a score of absurdly many beats: of each a graph may have a node."""
    if count > MAX_BEATS:
        msg = f"its measures have more than {MAX_BEATS:,} beats"
        raise Refusal(msg)


def check_part_count(count: int) -> None:
    """Refuse a score of absurdly many parts."""
    if count > MAX_PARTS:
        msg = f"it has {count:,} parts, and the limit is {MAX_PARTS:,}"
        raise Refusal(msg)
