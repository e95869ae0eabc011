"""Measures that belong together made equally long, so that no part runs ahead of the others.

What belongs together is counted from the start: the first measures of all parts, the second ones,
and so on. Measures whose barline no other part shares (``non-controlling``) go with the one before.
"""

from fractions import Fraction
from itertools import pairwise
from typing import Any

from musebench.score.limits import MAX_ELEMENTS
from musebench.score.musicxml_times import PartTimes
from musebench.score.told import Told

SHORT = "a measure that is shorter in one part than in another is filled up with silence"


def match_measures(root: Any, told: Told) -> None:
    """Add empty measures to parts that lack some by their numbers, in place.

    Args:
        root: A ``score-partwise`` element.
        told: Takes what is added.

    Raises:
        Refusal: If that would be beyond bounds.
    """
    parts = [part.findall("measure") for part in root.iterfind("part")]
    longest: list[Any] = max(parts, key=len, default=[])
    numbers = [measure.get("number") for measure in longest]
    known = set(numbers)
    for part in filter(None, parts):
        inside = {measure.get("number"): measure for measure in part}
        if list(inside) == numbers[: len(part)] or any(map(_is_shared_by_none, longest)):
            continue
        is_clear = (
            len(known) == len(numbers) and len(inside) == len(part) and inside.keys() <= known
        )
        if is_clear and len(parts) * len(numbers) <= MAX_ELEMENTS:
            _complete(part[0].getparent(), inside, numbers, told)
        elif len(part) < len(numbers):
            told.add("parts of different numbers of measures are counted from their first")


def _complete(part: Any, inside: dict[str, Any], numbers: list[str], told: Told) -> None:
    """Put empty measures where a part lacks some."""
    for number in numbers:
        measure = inside.get(number)
        if measure is None:
            measure = part.makeelement("measure", {"number": number})
            told.add("a measure that a part lacks is filled up with silence")
        part.append(measure)


def align(parts: list[PartTimes], told: Told) -> None:
    """Fill up measures that are shorter in one part than in another, in place.

    A measure that is empty in all parts lasts as long as its meter says.

    Args:
        parts: The parts.
        told: Takes what is filled up.

    Raises:
        Refusal: If the divisions of the parts have no common measure.
    """
    groups = [_groups(part) for part in parts]
    meters = [{sign.measure: sign.meter for sign in part.signs if sign.meter} for part in parts]
    nominal = Fraction(4)
    for number in range(max(map(len, groups), default=0)):
        here = [(p, g[number]) for p, g in zip(parts, groups, strict=True) if number < len(g)]
        first, group = here[0]
        told.place = f"measure {first.measures[group[0]].get('number')}"
        for beats, beat_type in filter(None, map(meters[parts.index(first)].get, group)):
            nominal = Fraction(4 * beats, beat_type)
        lengths = [Fraction(sum(p.lengths[i] for i in g), p.unit) for p, g in here]
        wanted = max(lengths)
        is_cut = any(_is_cut(p.measures[i]) for p, g in here for i in g)
        if min(lengths) < wanted:
            wanted = min(wanted, _most(here, lengths, nominal, is_cut or not number))
        if not wanted and not is_cut:
            wanted = nominal
            told.add("an empty measure lasts as long as its meter says")
        for (part, group), length in zip(here, lengths, strict=True):
            _fit(part, group, length, wanted, told)


def _fit(part: PartTimes, group: range, length: Fraction, wanted: Fraction, told: Told) -> None:
    """Make measures of a part as long as is wanted."""
    if length > wanted:
        told.add("a rest that is longer than the notes of other parts ends with them")
        for number in group:
            part.clear(number)
    elif length < wanted:
        told.add(SHORT, times=int(length > 0))
    if length != wanted:
        others = Fraction(sum(part.lengths[i] for i in group[:-1]), part.unit)
        part.fill(group[-1], wanted - others)


def _most(
    here: list[tuple[PartTimes, range]], lengths: list[Fraction], nominal: Fraction, is_cut: bool
) -> Fraction:
    """How long a measure is at most: whole rests are often written where less is meant."""
    with_notes = [
        length
        for (part, group), length in zip(here, lengths, strict=True)
        if any(part.measures[i].find("note/pitch") is not None for i in group)
    ]
    if not with_notes:
        return nominal if nominal in lengths else max(lengths)
    return max(with_notes) if is_cut else max(nominal, *with_notes)


def _groups(part: PartTimes) -> list[range]:
    """The measures of a part that go together, each from a barline that all parts share."""
    starts = [i for i, one in enumerate(part.measures) if not (i and _is_shared_by_none(one))]
    return [range(*pair) for pair in pairwise([*starts, len(part.measures)])]


def _is_cut(measure: Any) -> bool:
    """Whether a measure says that it is incomplete."""
    return bool(measure.get("implicit") == "yes")


def _is_shared_by_none(measure: Any) -> bool:
    """Whether no other part shares the barline before a measure."""
    return bool(measure.get("non-controlling") == "yes")
