"""Spines of kern, with their notes and signs -> parts, measures and signatures."""

import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from musebench.errors import ScoreWarning
from musebench.score.exact import FoundScore, Head
from musebench.score.limits import MAX_METER, check_number
from musebench.score.signatures import SIGNS, UNUSUAL_KEY, Meter, altered, read_meter
from musebench.score.told import warn_of

VOICES_PER_SPINE = 4
MOST_STAVES = 3  # of one instrument; more are several
# Instruments of two staves, by their codes in Humdrum.
KEYBOARDS = re.compile(r"(piano|fortp|cemba|clavi|clest|organ|porga|harmo|harp|klav|keyb|accor)")
NUMBER = re.compile(r"=+([0-9]+[a-z]?)")
KEY = re.compile(r"\*k\[([^\]]*)\]")
ACCIDENTAL = re.compile(r"([A-Ga-g])(#+|-+)")
PART_OF_WHOLES = re.compile(r"\*M([0-9]+)/([0-9]+)%([0-9]+)")  # 3/3%2: three of 2/3 of a whole note
STAFF = re.compile(r"\*staff([0-9]{1,4})")
PART = re.compile(r"\*part([0-9]{1,4})")


@dataclass(eq=False)
class Spine:
    """A spine with what was found in it.

    Attributes:
        is_kern: Whether it has notes.
        is_new: Whether it was added (``*+``) and not yet named.
        heads: Its note heads.
        reached: Where its last note or rest ends, quarter notes.
        is_divided: Whether it was ever split, so that rests can be missing.
        has_drums: Whether its clef is that of drums (``*clefX``).
        part: The number of its part, if it has one.
        staff: The number of its staff, from the top of the score.
        instrument: The code of its instrument.
        label: The name of its instrument.
    """

    is_kern: bool = False
    is_new: bool = False
    heads: list[Head] = field(default_factory=list)
    reached: Fraction = Fraction(0)
    is_divided: bool = False
    has_drums: bool = False
    part: int | None = None
    staff: int | None = None
    instrument: str = ""
    label: str = ""

    def learn(self, sign: str) -> None:
        """Take what an interpretation says of the spine itself; the first word counts."""
        if (found := STAFF.match(sign)) and self.staff is None:
            self.staff = int(found[1])
        elif (found := PART.fullmatch(sign)) and self.part is None:
            self.part = int(found[1])
        elif sign.startswith('*I"'):
            self.label = self.label or sign[3:].strip()
        elif re.match(r"\*I[a-z]", sign):
            self.instrument = self.instrument or sign[2:].strip()


@dataclass(frozen=True)
class Sign:
    """A barline, or an interpretation of a spine, at a time."""

    onset: Fraction
    text: str
    spine: Spine | None = None


def found_score(spines: list[Spine], signs: list[Sign]) -> FoundScore:
    """Bring spines and signs into parts.

    Args:
        spines: All spines, from left to right.
        signs: Barlines and interpretations in order; the last is the end.
    """
    kern = [spine for spine in reversed(spines) if spine.is_kern]
    for sign in signs:
        if sign.spine is not None:
            sign.spine.learn(sign.text)
    found = FoundScore()
    part_of: dict[int, int] = {}
    for members in _parts(kern):
        part = len(found.parts)
        named = next((spine for spine in members if spine.label or spine.instrument), members[0])
        found.parts.append(named.label or named.instrument)
        _place_heads(members, part)
        part_of |= {id(spine): part for spine in members}
    # Document order: from the left, as in the file.
    found.heads = [head for spine in reversed(kern) for head in spine.heads]
    found.measures = _measures(signs)
    _read_signatures(found, signs, part_of)
    return found


def _parts(kern: list[Spine]) -> list[list[Spine]]:
    """The spines of each part; staves from the top."""
    groups: dict[object, list[Spine]] = {}
    codes = Counter(spine.instrument for spine in kern)
    for spine in kern:
        key: object = id(spine)
        if spine.part is not None:
            key = ("part", spine.part)
        elif KEYBOARDS.match(spine.instrument) and codes[spine.instrument] <= MOST_STAVES:
            key = ("keyboard", spine.instrument)
        groups.setdefault(key, []).append(spine)
    return list(groups.values())


def _place_heads(members: list[Spine], part: int) -> None:
    """Give the notes of a part their part, staff and voice."""
    staves = sorted({spine.staff or 0 for spine in members})
    is_told = staves[0] > 0
    stride = max([VOICES_PER_SPINE, *(head.voice for spine in members for head in spine.heads)])
    for place, spine in enumerate(members):
        staff = staves.index(spine.staff or 0) + 1 if is_told else place + 1
        for head in spine.heads:
            head.part, head.staff, head.voice = part, staff, head.voice + stride * place


def _measures(signs: list[Sign]) -> list[tuple[Fraction, Fraction, str]]:
    """From barline to barline; one without a number goes on with that before."""
    measures = []
    start, name = Fraction(0), ""
    for sign in signs:
        if sign.text.startswith("=") or sign.text == "end":
            measures.append((start, sign.onset, name))
            number = NUMBER.match(sign.text)
            start, name = sign.onset, number[1] if number else name
    return measures


def _read_signatures(found: FoundScore, signs: list[Sign], part_of: dict[int, int]) -> None:
    """Take meters and keys; of different meters at one time that of the highest part."""
    meters: dict[Fraction, dict[int, tuple[int, int]]] = {}
    unusual = 0
    for text in sorted({sign.text for sign in signs if PART_OF_WHOLES.fullmatch(sign.text)}):
        beats, unit = _meter(text) or (0, 0)
        msg = f"the time signature {text[2:]} is read as {beats}/{unit}, which is as long"
        warnings.warn(msg, ScoreWarning, stacklevel=2)
    for sign in signs:
        part = part_of.get(id(sign.spine))
        if sign.spine is None or part is None:
            continue
        if meter := _meter(sign.text):
            at_once = meters.setdefault(sign.onset, {})
            if sign.text.startswith("*M") or part not in at_once:
                at_once[part] = meter
        if key := KEY.match(sign.text):
            fifths = key[1].count("#") - key[1].count("-")
            found.keys.append((part, sign.onset, fifths, ""))
            unusual += _altered(key[1]) != altered(fifths)
    if any(len(set(at_once.values())) > 1 for at_once in meters.values()):
        msg = "its parts have different time signatures at once; the highest part's are read"
        warnings.warn(msg, ScoreWarning, stacklevel=2)
    warn_of({UNUSUAL_KEY: unusual})
    for onset, at_once in meters.items():
        found.meters.append((onset, *at_once[min(at_once)]))


def _altered(key: str) -> dict[str, int]:
    """The letters that the accidentals of a key signature alter, and by how many semitones."""
    signs = ACCIDENTAL.findall(key)
    return {letter.upper(): sign.count("#") - sign.count("-") for letter, sign in signs}


def _meter(text: str) -> Meter | None:
    """The time signature that an interpretation is, or None."""
    if text.startswith("*met("):
        return SIGNS.get(text[5:].partition(")")[0].lower())
    if match := PART_OF_WHOLES.fullmatch(text):
        what = f"the time signature {text[2:32]!r} has"
        count, parts, wholes = (check_number(n, 1, MAX_METER, what) for n in match.groups())
        return Fraction(count * wholes, parts).as_integer_ratio()
    return read_meter(text[2:]) if re.match(r"\*M[0-9(]", text) else None
