"""What the attributes of MEI mean: durations, tuplets, accidentals, signatures, transpositions."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from musebench import pitch
from musebench.score.abc_signs import MODE_NAMES
from musebench.score.concert_pitch import Transposition
from musebench.score.errors import Refusal
from musebench.score.limits import whole_number
from musebench.score.mei_bounds import SHORTEST
from musebench.score.signatures import COMPOUND, SIGNS, added, altered, is_compound

# Elements that bring signatures, transpositions or defaults into force.
DEFINING = ("keySig", "meterSig", "meterSigGrp", "scoreDef", "staffDef")
LONG = {"maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8)}
# Alterations in cents; those of Turkish and Persian music are about so many.
ACCIDENTALS = {
    "n": 0, "s": 100, "f": -100, "x": 200, "ss": 200, "ff": -200, "nf": -100, "ns": 100,
    "xs": 300, "sx": 300, "ts": 300, "tf": -300, "tb": -300,
    "nu": 50, "nd": -50, "su": 150, "sd": 50, "fu": -50, "fd": -150, "xu": 250, "xd": 150,
    "ffu": -150, "ffd": -250, "1qs": 50, "3qs": 150, "1qf": -50, "3qf": -150,
    "ks": 23, "bs": 91, "kms": 113, "bms": 181, "kf": -23, "bf": -91, "kmf": -113, "bmf": -181,
    "koron": -50, "sori": 50,
}  # fmt: skip
SYMBOLS = {"common": SIGNS["c"], "cut": SIGNS["c|"]}
KEY = re.compile(r"([0-9]{1,3})([sf]?)")
TIMES = re.compile(r"[0-9]+(?:\.[0-9]+)?")
GESTURAL = re.compile(r"([0-9]+(?:\.[0-9]+)?)([bpr])")


class Told(Protocol):
    """An element, or other attributes with their values."""

    def get(self, name: str, /) -> str | None:
        """Return the value of an attribute."""


@dataclass
class StaffState:
    """What is in force on a staff: transposition, key, meter, defaults by layer (None: all).

    ``signed`` has the accidentals of its measure so far: letter and octave -> semitones;
    ``is_signed`` says that its key was written or moved and is not taken yet.
    """

    moved: Transposition = field(default_factory=Transposition)
    fifths: int | None = None
    mode: str = ""
    is_signed: bool = False
    meter: tuple[int, int] | None = None
    ppq: int | None = None
    defaults: dict[tuple[str | None, str], str] = field(default_factory=dict)
    signed: dict[tuple[str, str], Fraction] = field(default_factory=dict)

    @property
    def unit(self) -> Fraction:
        """The unit of time stamps, quarter notes."""
        return Fraction(4, self.meter[1] if self.meter else 4)

    @property
    def nominal(self) -> Fraction:
        """Length of a complete measure, quarter notes."""
        return self.unit * (self.meter[0] if self.meter else 4)

    @property
    def altered(self) -> dict[str, int]:
        """The letters that the key signature alters."""
        return altered(self.fifths or 0)

    @property
    def beat(self) -> Fraction:
        """Length of a beat, quarter notes."""
        return self.unit * (COMPOUND if is_compound(self.meter) else 1)

    def default(self, layer: str | None, name: str) -> str | None:
        """A default of a layer, or else of the staff."""
        return self.defaults.get((layer, name)) or self.defaults.get((None, name))


def name_of(tag: str, element: Any) -> str:
    """An element, as a message names it."""
    return f"<{tag}> {element.get('{http://www.w3.org/XML/1998/namespace}id') or ''}".strip()


def length_of(element: Any, state: StaffState, layer: str | None) -> Fraction | None:
    """Duration of a note, rest, chord or space without its tuplets, quarter notes; None: unsaid.

    The duration of performance (``dur.ges``) counts if it is a note value, as in scores whose
    notes look longer or shorter than they are; ticks count where nothing else is said.

    Raises:
        Refusal: If it is not a note value.
    """
    told = element.get("dur.ges") or ""
    if told and not GESTURAL.fullmatch(told):
        return _value(element, told, element.get("dots.ges") or "0")
    if written := element.get("dur"):
        return _value(element, written, _dots(element))
    if told or element.get("dur.ppq"):
        return _gestural(element, told or f"{element.get('dur.ppq')}p", state)
    if default := (state.default(layer, "dur.default")):
        return _value(element, default, _dots(element))
    return None


def ticks_of(score: Any) -> dict[str, int]:
    """Ticks per quarter note of staves that do not say so, from a plain note value with its ticks.

    Programs count in other ticks on each staff.
    """
    found: dict[str, int] = {}
    for event in score.iter("note", "rest", "chord"):
        told = GESTURAL.fullmatch(event.get("dur.ges") or f"{event.get('dur.ppq')}p")
        if told is None or told[2] != "p" or not event.get("dur") or event.get("grace"):
            continue
        staff = next(event.iterancestors("staff"), None)
        n = "1" if staff is None else staff.get("n") or "1"
        if n not in found and next(event.iterancestors("tuplet"), None) is None:
            ticks = Fraction(told[1]) / _value(event, event.get("dur"), _dots(event))
            if ticks.denominator == 1 and ticks:
                found[n] = int(ticks)
    return found


def _dots(element: Any) -> str:
    """The number of dots, as an attribute or as elements."""
    return element.get("dots") or str(len(element.findall("dot")))


def _value(element: Any, name: str, dots: str) -> Fraction:
    """Length of a note value with its dots, quarter notes."""
    value = LONG.get(name)
    if value is None:
        number = whole_number(name) or 0
        if not 1 <= number <= SHORTEST or number & (number - 1):
            msg = (
                f"a {name_of(element.tag, element)} has the duration {name[:30]!r}; read are long, "
                f"breve, and 1, 2, 4 to {SHORTEST:,}"
            )
            raise Refusal(msg)
        value = Fraction(4, number)
    return value * (2 - Fraction(1, 2 ** (whole_number(dots) or 0)))


def _gestural(element: Any, told: str, state: StaffState) -> Fraction:
    """Length of a performed duration in ticks, beats or parts of a whole, quarter notes."""
    found = GESTURAL.fullmatch(told)
    if found is None or (found[2] == "p" and not state.ppq) or not Fraction(found[1]):
        msg = f"a {name_of(element.tag, element)} has no duration but {told[:30]!r}"
        raise Refusal(msg)
    number = Fraction(found[1])
    if found[2] == "p":
        return number / Fraction(state.ppq or 1)
    return number * state.unit if found[2] == "b" else 4 / number


def ratio_of(element: Told, written: Fraction | None = None) -> Fraction:
    """What a tuplet makes of the durations in it.

    Args:
        element: The tuplet, or what has ``num`` and ``numbase``.
        written: Length of what is in it, for a tuplet that does not say its number; whole notes.
    """
    num = whole_number(element.get("num")) or 0
    if not num and written:
        num = written.numerator
        while num % 2 == 0:
            num //= 2
    if not num:
        return Fraction(1)
    base = whole_number(element.get("numbase")) or 0
    if not base:
        base = {1: 1, 2: 3, 4: 3}.get(num) or 2 ** ((num - 1).bit_length() - 1)
    return Fraction(base, num)


def alteration(note: Any) -> Fraction | None:
    """Sounding alteration of a note, semitones; None: it is not said.

    Raises:
        Refusal: If its accidental is unknown.
    """
    signs = [note, *reversed(list(note.iter("accid")))]  # the last of several is nearest to it
    for name in ("accid.ges", "accid"):
        for sign in signs:
            if told := sign.get(name):
                if told not in ACCIDENTALS:
                    msg = f"a {name_of('note', note)} has the accidental {told[:30]!r}"
                    raise Refusal(msg)
                return Fraction(ACCIDENTALS[told], 100)
    return None


def meter_of(definition: Any) -> list[tuple[int, int]]:
    """The time signature of a definition or of ``meterSig``: one, none, or several in turn."""
    is_group = definition.tag == "meterSigGrp"
    group = definition if is_group else definition.find("meterSigGrp")
    if group is not None:
        return _meters_together(group)
    sign = definition if definition.tag == "meterSig" else definition.find("meterSig")
    if sign is None:
        return _meter([definition.get(f"meter.{name}") for name in ("count", "unit", "sym")])
    return _meter([sign.get(name) for name in ("count", "unit", "sym")])


def _meters_together(group: Any) -> list[tuple[int, int]]:
    """Signatures side by side: each in turn, two names of one, or their sum."""
    found = [meter for sign in group.iter("meterSig") for meter in meter_of(sign)]
    if not found or group.get("func") == "interchanging":
        return found[:1]
    if group.get("func") == "alternating":
        return found
    return [added(found)]


def _meter(told: list[str | None]) -> list[tuple[int, int]]:
    """The time signature of a count, a unit and a symbol, if they say one."""
    count, unit, symbol = told
    if count is None:
        return [SYMBOLS[symbol]] if symbol in SYMBOLS else []
    return [(_count(count), whole_number(unit) or 4)]


def _count(text: str) -> int:
    """The upper number of a time signature, in which sums and products are allowed."""
    total = 0
    for term in text.split("+"):
        product = Fraction(1)
        for factor in TIMES.findall(term):
            product *= Fraction(factor)
        total += int(product)
    return total


def key_of(definition: Any) -> tuple[int, str, bool] | None:
    """Fifths and mode of a key signature, and whether it is an unusual one; None: none is there."""
    sign = definition if definition.tag == "keySig" else definition.find("keySig")
    if sign is None:
        written = definition.get("keysig") or definition.get("key.sig")
        told = [definition.get(f"key.{name}") or "" for name in ("pname", "accid", "mode")]
        return _key_of(*told) if written is None else _key(written, [], told[-1])
    signs = [accid.get("accid") for accid in sign.iter("keyAccid")]
    told = [sign.get(name) or "" for name in ("pname", "accid", "mode")]
    of_tonic = None if signs or sign.get("sig") else _key_of(*told)
    return of_tonic or _key(sign.get("sig") or "", signs, told[-1])


def _key_of(tonic: str, accidental: str, mode: str) -> tuple[int, str, bool] | None:
    """The key of a tonic and a mode, as ``key_of`` says it; None: they do not say it."""
    alter = {"": 0, "n": 0, "s": 1, "f": -1}.get(accidental)
    steps = {name: steps for steps, name in MODE_NAMES.items()}.get(mode)
    letter = tonic.upper()
    if alter is None or steps is None or letter not in pitch.STEP_TO_PITCH_CLASS:
        return None
    return pitch.spelling_to_tpc(letter, alter) + steps, mode, False


def _key(written: str, signs: list[str | None], mode: str) -> tuple[int, str, bool]:
    """The key signature of ``sig``, or else of single accidentals, as ``key_of`` says it."""
    if match := KEY.fullmatch(written):
        return int(match[1]) * (-1 if match[2] == "f" else 1), mode, False
    sharps, flats = signs.count("s"), signs.count("f")
    is_plain = not (sharps and flats) and sharps + flats == len(signs)
    return sharps - flats, mode, bool(written) or not is_plain


def moved_by(definition: Any) -> Transposition | None:
    """From written to sounding pitch, as a definition says; None: it says nothing."""
    semitones, steps = (whole_number(definition.get(f"trans.{of}")) for of in ("semi", "diat"))
    if semitones is None and steps is None:
        return None
    return Transposition.of(round((steps or 0) * 12 / 7) if semitones is None else semitones, steps)
