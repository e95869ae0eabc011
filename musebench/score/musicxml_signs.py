"""Key and time signatures of a MusicXML score, those of a single staff among them.

Partitura reads the first key and the first pair of beats of an ``<attributes>`` element and takes
them for the whole part.
"""

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from musebench.score.limits import MAX_FIFTHS, check_meter, check_number, whole_number
from musebench.score.signatures import added, altered
from musebench.score.told import Told

NO_METER = "a time signature is not read, the one before it holds"


@dataclass(frozen=True)
class Sign:
    """A key or time signature where it stands.

    Attributes:
        element: The ``<key>`` or ``<time>``.
        measure: Measure of the part, counted from 0.
        position: From its start, divisions of the part.
        staff: Staff that it is of; 0: of all.
    """

    element: Any
    measure: int
    position: int
    staff: int

    def later(self, factor: int) -> "Sign":
        """The sign where a quarter note has so many times the divisions."""
        return replace(self, position=self.position * factor)

    @property
    def fifths(self) -> int | None:
        """Fifths of a key as it is written now; None of another sign, or without fifths."""
        return whole_number(self.element.findtext("fifths"))

    @property
    def meter(self) -> tuple[int, int] | None:
        """Beats and beat type of a time signature that is read; else None."""
        beats, beat_type = (self.element.findtext(name) for name in ("beats", "beat-type"))
        upper, lower = whole_number(beats), whole_number(beat_type)
        return None if upper is None or lower is None else (upper, lower)


def read_signs(attributes: Any, measure: int, position: int, told: Told) -> list[Sign]:
    """Check the signatures of an ``<attributes>`` element, and write each as it is read, in place.

    Args:
        attributes: The element.
        measure: Measure of the part, counted from 0.
        position: Where it stands in the measure, divisions of the part.
        told: Takes what is left out.

    Raises:
        Refusal: If a number is absurd.
    """
    found = []
    for key in attributes.iterfind("key"):
        _settle_key(key, told)
        found.append(Sign(key, measure, position, _staff(key)))
    for time in attributes.iterfind("time"):
        _settle_meter(time, told)
        found.append(Sign(time, measure, position, _staff(time)))
    meters = [sign for sign in found if sign.element.tag == "time" and not sign.staff]
    if len({sign.meter for sign in meters}) > 1:
        told.add("of several time signatures at one place only the first is read")
    return found


def keep_first_staff(signs: list[Sign]) -> None:
    """Leave in the tree what partitura may take for the whole part: not those of other staves."""
    for sign in signs:
        if sign.staff > 1:
            sign.element.getparent().remove(sign.element)


def _staff(element: Any) -> int:
    """The staff that a signature is of; 0: of all."""
    return whole_number(element.get("number")) or 0


def _settle_key(key: Any, told: Told) -> None:
    """Write a key signature as fifths, if it is one."""
    fifths = key.find("fifths")
    if fifths is not None:
        what = f"in {told.place} the key has fifths ="
        fifths.text = str(check_number(fifths.text or "", -MAX_FIFTHS, MAX_FIFTHS, what))
    elif key.find("key-step") is not None:
        steps = [(step.text or "").strip() for step in key.iterfind("key-step")]
        alters = {whole_number(alter.text) for alter in key.iterfind("key-alter")}
        number = _fifths_of(steps, alters)
        if number is None:
            told.add("a key signature of single accidentals is not read, the one before it holds")
        else:
            fifths = key.makeelement("fifths")
            fifths.text = str(number)
            key.insert(0, fifths)


def _fifths_of(steps: list[str], alters: set[int | None]) -> int | None:
    """The key signature whose accidentals these are, or None."""
    fifths = len(steps) if alters == {1} else -len(steps)
    written = dict.fromkeys(steps, 1 if alters == {1} else -1)
    is_usual = alters in ({1}, {-1}) and written == altered(fifths)
    return fifths if is_usual else None


def _settle_meter(time: Any, told: Told) -> None:
    """Write a composite time signature as one: 3+2/8 as 5/8, 2/4+3/8 as 7/8.

    One that is not read loses its numbers, so that partitura passes over it, too.
    """
    if time.find("senza-misura") is not None:
        told.add("music without a meter is counted in the one before it")
    if time.find("interchangeable") is not None:
        told.add("of two interchangeable time signatures only the first is read")
    pairs = list(zip_longest(time.findall("beats"), time.findall("beat-type")))
    if not pairs:
        return
    meters = [_meter(*pair, told) for pair in pairs]
    for pair in pairs[1:]:
        for element in pair:
            if element is not None:
                time.remove(element)
    if not all(meters):
        for element in filter(lambda one: one is not None, pairs[0]):
            time.remove(element)
        return
    upper, unit = added([meter for meter in meters if meter])
    check_meter(upper, unit)
    pairs[0][0].text, pairs[0][1].text = str(upper), str(unit)


def _meter(beats: Any, beat_type: Any, told: Told) -> tuple[int, int] | None:
    """One pair of a time signature, its beats added up; None if it is not a pair of numbers."""
    texts = ["" if one is None else (one.text or "").strip() for one in (beats, beat_type)]
    added = [whole_number(text) for text in texts[0].split("+")]
    lower = whole_number(texts[1])
    if lower is None or None in added:
        told.add(NO_METER, "/".join(texts))
        return None
    for number in added:
        check_meter(number or 0, lower)
    return sum(number or 0 for number in added), lower
