"""Bounds of an MEI score, checked on its own elements before they are read.

What makes the reader count, wait or repeat is a number in an attribute: dots, octaves, tuplets,
rests of several measures, ticks; or an element that stands for another one (``copyof``).
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.limits import (
    MAX_DIVISION,
    MAX_DOTS,
    MAX_FIFTHS,
    MAX_METER,
    MAX_PARTS,
    MAX_QUARTERS,
    check_measure_count,
    check_note_count,
    check_number,
)

XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
# What takes a place in a measure, and a reader's time.
EVENTS = frozenset(
    ("note", "rest", "chord", "space", "mRest", "mSpace", "multiRest", "multiRpt", "beatRpt",
     "halfmRpt", "mRpt", "mRpt2")
)  # fmt: skip
MAX_ELEMENTS = 1_000_000  # some four of them are a note
FRAMES = ("measure", "scoreDef", "staff", "staffDef")
MAX_FRAMES = 200_000  # 2,000 measures of an orchestra of 40 staves have 82,000
LONG_RESTS = ("multiRest", "multiRpt")  # each of as many measures as it says
SHORTEST = 2_048  # of a whole note
# Numbers that are read, each with the least and the most.
NUMBERS = {
    "dis": (0, 99),
    "dots": (0, MAX_DOTS),
    "dots.ges": (0, MAX_DOTS),
    "dur.ppq": (0, MAX_DIVISION * MAX_METER),
    "num": (1, MAX_DIVISION),
    "num.default": (1, MAX_METER),
    "numbase": (1, MAX_DIVISION),
    "numbase.default": (1, MAX_METER),
    "oct": (-1, 10),
    "oct.default": (-1, 10),
    "oct.ges": (-1, 10),
    "ppq": (1, MAX_DIVISION),
    "trans.diat": (-99, 99),
    "trans.semi": (-120, 120),
}
# Words and numbers in one, such as ``3s`` and ``1m+2.5``: for each number in them the same.
MIXED = {
    "dur": (1, SHORTEST),
    "dur.default": (1, SHORTEST),
    "dur.ges": (0, MAX_DIVISION * MAX_METER),
    "duration.default": (1, SHORTEST),
    "key.sig": (0, MAX_FIFTHS),
    "keysig": (0, MAX_FIFTHS),
    "meter.count": (1, MAX_METER),
    "meter.unit": (1, MAX_METER),
    "tstamp": (0, MAX_QUARTERS),
    "tstamp2": (0, MAX_QUARTERS),
}
# Names that other elements give to other things.
OF_ELEMENT = {
    ("keySig", "sig"): (0, MAX_FIFTHS),
    ("layer", "n"): (0, MAX_PARTS),
    ("meterSig", "count"): (1, MAX_METER),
    ("meterSig", "unit"): (1, MAX_METER),
    ("staff", "n"): (0, MAX_PARTS),
    ("staffDef", "n"): (0, MAX_PARTS),
}
CHECKED = {*NUMBERS, *MIXED, *(attribute for _, attribute in OF_ELEMENT)}
WITHIN = re.compile(r"([0-9]+)(?:\.[0-9]*)?(e[+-]?[0-9])?|\b(?:nan|inf|infinity)\b", re.IGNORECASE)


def check_mei(music: Any) -> None:
    """Refuse an MEI score that could take a reader more than bounded time and memory.

    Args:
        music: The element of its music, or its root.

    Raises:
        Refusal: If a number, or how many events there are, is out of bounds.
    """
    if music.xpath("count(.//*)") > MAX_ELEMENTS:
        msg = f"its music has more than {MAX_ELEMENTS:,} elements"
        raise Refusal(msg)
    counts = Counter(element.tag.rpartition("}")[2] for element in music.iter("{*}*"))
    check_note_count(sum(counts[name] for name in EVENTS))
    if sum(counts[name] for name in FRAMES) > MAX_FRAMES:
        msg = f"it has more than {MAX_FRAMES:,} measures of a staff, or definitions"
        raise Refusal(msg)
    numbers = Counter(
        (element.tag.rpartition("}")[2], attribute, text)
        for element in music.iter("{*}*")
        for attribute, text in element.items()
        if attribute in CHECKED
    )
    for name, attribute, text in sorted(numbers):
        _check_attribute(name, attribute, text)
    rests = [
        int(text) * count
        for (name, attribute, text), count in numbers.items()
        if name in LONG_RESTS and attribute == "num"
    ]
    check_measure_count(counts["measure"] + sum(rests))
    _check_copies(music)


def _check_attribute(name: str, attribute: str, text: str) -> None:
    """Refuse an attribute with a number out of bounds."""
    told = f"<{name}> has {attribute} ="
    if limits := NUMBERS.get(attribute):
        check_number(text, *limits, told)
    elif limits := MIXED.get(attribute) or OF_ELEMENT.get((name, attribute)):
        for number in WITHIN.finditer(text):
            is_plain = number[1] and not number[2]
            check_number(number[1] if is_plain else text, *limits, told)


def _check_copies(music: Any) -> None:
    """Refuse elements that stand for so many others, or for themselves.

    A copy of a copy of a copy doubles with each if each is made twice.
    """
    copies = [element for element in music.iter("{*}*") if element.get("copyof")]
    if not copies:
        return
    named = {element.get(XML_ID): element for element in music.iter("{*}*") if element.get(XML_ID)}
    weight: dict[Any, int] = {}
    for element in inner_first(music, named):
        target = original(element, named)
        inside = sum(weight[child] for child in element.iterchildren("{*}*"))
        weight[element] = 1 + inside + (0 if target is None else weight[target])
        if weight[element] > MAX_ELEMENTS:
            msg = f"its copies (copyof) come to more than {MAX_ELEMENTS:,} elements"
            raise Refusal(msg)


def original(element: Any, named: dict[str, Any]) -> Any:
    """The element that another is a copy of, or None."""
    return named.get((element.get("copyof") or "").removeprefix("#"))


def inner_first(music: Any, named: dict[str, Any]) -> Iterator[Any]:
    """All elements, each behind its children and the one that it copies.

    Raises:
        Refusal: If an element is, at last, a copy of itself.
    """
    done: set[Any] = set()
    waiting: set[Any] = set()
    stack = [music]
    while stack:
        element = stack[-1]
        if element in done:
            stack.pop()
        elif element in waiting:
            stack.pop()
            done.add(element)
            yield element
        else:
            waiting.add(element)
            target = original(element, named)
            needed = [*element.iterchildren("{*}*"), *([] if target is None else [target])]
            if any(one in waiting and one not in done for one in needed):
                msg = "an element is a copy (copyof) of itself or of what it is in"
                raise Refusal(msg)
            stack += [one for one in needed if one not in done]
