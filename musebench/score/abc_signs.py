"""Fields of ABC: keys, meters, lengths, clefs -> numbers.

Source:
    "The abc music standard 2.1", 2011: K: 3.1.14, M: 3.1.6, L: 3.1.7, clefs and transposition 4.6.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from musebench import pitch
from musebench.score.concert_pitch import Transposition
from musebench.score.limits import check_number
from musebench.score.signatures import altered

# Fifths of a mode from the major key of the same tonic.
MODES = {
    "maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3, "m": -3, "phr": -4, "loc": -5,
    "lyd": 1,
}  # fmt: skip
MODE_NAMES = {0: "major", -1: "mixolydian", -2: "dorian", -3: "minor", -4: "phrygian",
              -5: "locrian", 1: "lydian"}  # fmt: skip
PIPES = {"HP": 0, "Hp": 2}  # the second prints the sharps that bagpipes play
KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
EXPLICIT = re.compile(r"(\^\^|__|\^|_|=)([A-Ga-g])(?![A-Za-z])")
ALTER = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
ARGUMENT = re.compile(r'\b([A-Za-z]{1,20})=("[^"]*"|\S+)')
CLEF = re.compile(r"(?:^|\s|=)(?:treble|bass|tenor|alto|perc|none|[GFC])[1-5]?([+-]8|[+-]15)\b")
OCTAVES = {"+8": 1, "-8": -1, "+15": 2, "-15": -2}
FRACTION = re.compile(r"\s*([0-9]{1,4})\s*(?:/\s*([0-9]{1,4}))?")


@dataclass(frozen=True)
class Key:
    """A key: fifths, mode, and the alteration of each letter that has one."""

    fifths: int = 0
    mode: str = ""
    alters: dict[str, int] = field(default_factory=dict)


def read_key(text: str) -> Key | None:
    """Read what stands behind ``K:``; None if it names no key but a clef or the like."""
    words = ARGUMENT.sub(" ", text).strip()
    explicit = {letter.upper(): ALTER[sign] for sign, letter in EXPLICIT.findall(words)}
    words = EXPLICIT.sub(" ", words).strip()
    if words[:2] in PIPES:
        return Key(PIPES[words[:2]], "", altered(PIPES[words[:2]]))
    match = KEY.match(words)
    if match is None or _is_clef(words):
        is_none = words.lower().startswith("none") or (not words and not ARGUMENT.search(text))
        return Key(0, "", explicit) if is_none or explicit else None
    mode = match[3].lower()
    if mode.startswith("exp"):
        return Key(_fifths(explicit), "", explicit)
    known = "m" if mode == "m" else mode[:3]
    steps = MODES.get(known)
    steps = 0 if steps is None else steps
    alter = {"#": 1, "b": -1, "": 0}[match[2]]
    fifths = pitch.spelling_to_tpc(match[1], alter) + steps
    alters = {**altered(fifths), **explicit}
    return Key(_fifths(alters) if explicit else fifths, MODE_NAMES[steps], alters)


def _is_clef(words: str) -> bool:
    """Whether it is a clef alone, such as ``bass`` or ``G2``."""
    return re.match(r"(treble|bass|tenor|alto|perc|none|clef|[GFC][1-5])", words) is not None


def _fifths(alters: dict[str, int]) -> int:
    """The key signature of as many sharps less flats."""
    return sum(alters.values())


def read_length(text: str) -> Fraction | None:
    """Read what stands behind ``L:``, quarter notes; None if it is not a note value."""
    match = FRACTION.match(text)
    if match is None or not int(match[1]) or (match[2] and not int(match[2])):
        return None
    return 4 * Fraction(int(match[1]), int(match[2] or 1))


def unit_of(meter: tuple[int, int] | None) -> Fraction:
    """The unit length where a tune does not say it, quarter notes."""
    is_short = meter is not None and Fraction(*meter) < Fraction(3, 4)
    return Fraction(1, 4) if is_short else Fraction(1, 2)


def moved_by(text: str) -> Transposition | None:
    """From written to sounding pitch, as a key or voice says; None if it says nothing."""
    told = {name.lower(): value.strip('"') for name, value in ARGUMENT.findall(text)}
    numbers = {
        name: check_number(told[name], -120, 120, f"a voice has {name} =")
        for name in ("octave", "transpose", "t")
        if name in told
    }
    clef = CLEF.search(text)
    if not numbers and clef is None:
        return None
    octaves = numbers.get("octave", 0) + (OCTAVES[clef[1]] if clef else 0)
    return Transposition.of(numbers.get("transpose", numbers.get("t", 0)), None, octaves)


def name_of(text: str) -> str:
    """The name that a voice has, or nothing."""
    told = {name.lower(): value.strip('"') for name, value in ARGUMENT.findall(text)}
    return " ".join((told.get("name") or told.get("nm") or "").replace("\\n", " ").split())
