"""Bounds within which a score is read, so that every file ends in bounded time and memory.

They are far beyond written music: what lies outside is a broken or a hostile file.
"""

import math
from collections.abc import Iterable
from fractions import Fraction

from musebench.score.errors import Refusal

MAX_NOTES = 500_000  # an opera has some 200,000; partitura needs a minute for as many
MAX_NOTES_SLOW = 100_000  # in MEI and kern, where each onset costs partitura time for all others
MAX_PARTS = 1_000
MAX_DIVISION = 1_000_000  # a quarter note; editors write 1 to 10,080
MAX_COMMON_DIVISION = 10**9
MAX_DIVISION_CHANGES = 1_000  # each costs partitura time for all before it
MAX_GRACES_IN_MEASURE = 500  # each costs partitura time for all before it in the measure
MAX_QUARTERS = 1_000_000  # five days at 120 beats a minute; keeps times far inside int64
MAX_METER = 1_024  # both numbers of a time signature


def check_note_count(count: int, slow: bool = False) -> None:
    """Refuse a score of more notes than can be read in bounded time."""
    limit = MAX_NOTES_SLOW if slow else MAX_NOTES
    if count > limit:
        msg = f"it has {count:,} notes, and the limit is {limit:,} for one score of its format"
        raise Refusal(msg)


def check_division(written: str | int | None) -> None:
    """Refuse absurd divisions of a quarter note."""
    try:
        divisions = int(written or 0)
    except ValueError:
        divisions = 0
    if not 1 <= divisions <= MAX_DIVISION:
        shown = str(written).strip()[:30]
        msg = f"a quarter note has {shown!r} divisions, and 1 to {MAX_DIVISION:,} are read"
        raise Refusal(msg)


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


def check_part_count(count: int) -> None:
    """Refuse a score of absurdly many parts."""
    if count > MAX_PARTS:
        msg = f"it has {count:,} parts, and the limit is {MAX_PARTS:,}"
        raise Refusal(msg)
