"""Key and time signatures as readers find them: written out, added up, or a sign."""

import math
import re
from collections.abc import Sequence

from musebench.score.limits import MAX_METER, check_number

Meter = tuple[int, int]  # beats and beat type

UNUSUAL_KEY = "unusual key signatures are counted as sharps less flats"
SHARPS = "FCGDAEB"  # in the order in which a key signature has them; flats in the reverse
SIGNS: dict[str, Meter] = {"c": (4, 4), "c|": (2, 2)}
TERM = r"\(?([0-9]+(?:\s*\+\s*[0-9]+)*)\)?\s*/\s*([0-9]+)"
SUM = re.compile(rf"{TERM}(?:\s*\+\s*{TERM})*")
COMPOUND = 3  # of these make one beat, where there are several times as many


def altered(fifths: int) -> dict[str, int]:
    """The letters that a key signature alters, and by how many semitones."""
    order, alter = (SHARPS, 1) if fifths > 0 else (SHARPS[::-1], -1)
    alters: dict[str, int] = {}
    for place in range(abs(fifths)):
        letter = order[place % 7]
        alters[letter] = alters.get(letter, 0) + alter
    return alters


def read_meter(text: str) -> Meter | None:
    """The time signature that a text is: ``C|``, ``3/4``, ``(3+2)/8``, ``2/4+3/8``; None: none.

    A zero below the line is a breve.

    Raises:
        Refusal: If a number in it is absurd.
    """
    if sign := SIGNS.get(text.strip().lower()):
        return sign
    if (match := SUM.search(text)) is None:
        return None
    for number in re.findall(r"[0-9]+", match[0]):
        check_number(number, 0, MAX_METER, f"the time signature {text.strip()[:30]!r} has")
    terms = [
        (sum(map(int, counts.split("+"))), int(unit)) for counts, unit in re.findall(TERM, match[0])
    ]
    return added([(count, unit) if unit else (2 * count, 1) for count, unit in terms])


def added(meters: Sequence[Meter]) -> Meter:
    """The sum of time signatures, at least one: 7/8 of 2/4 and 3/8."""
    unit = math.lcm(*(own for _, own in meters))
    return sum(count * (unit // own) for count, own in meters), unit


def is_compound(meter: Meter | None) -> bool:
    """Whether a beat has three parts, as in 6/8."""
    return meter is not None and meter[0] % COMPOUND == 0 and meter[0] > COMPOUND and meter[1] >= 8
