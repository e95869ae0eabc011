"""The shapes that a MusicXML document may have -> the one that is read, in place.

What reads it further finds ``score-partwise`` without namespaces, and names and numbers without
white space, spelled one way. A name or number that is none stays, to be refused where it is read.
"""

from collections.abc import Callable
from typing import Any

from musebench.score.concert_pitch import ROUNDED, semitones
from musebench.score.errors import Refusal
from musebench.score.limits import (
    MAX_ELEMENTS,
    check_number,
    check_part_count,
    decimal_number,
    whole_number,
)
from musebench.score.told import Told

MAX_STAFF = 1_000
# What partitura takes from an accidental if the note has no <alter>, and what it does not know of.
KNOWN_ACCIDENTALS = {"sharp", "natural", "flat", "double-sharp", "double-flat"}
ACCIDENTALS = {
    "sharp-sharp": 2, "natural-sharp": 1, "natural-flat": -1, "flat-flat": -2,
    "triple-sharp": 3, "triple-flat": -3,
}  # fmt: skip


def to_partwise(root: Any) -> Any:
    """Bring a document to ``score-partwise`` without namespaces.

    Args:
        root: Its root element; it is changed.

    Returns:
        The root of the score, which may be another element.

    Raises:
        Refusal: If it is not a score.
    """
    name, _, tag = str(root.tag).rpartition("}")
    if name:
        for element in root.iter(f"{name}}}*"):
            element.tag = element.tag.rpartition("}")[2]
    if tag == "score-timewise":
        _turn(root)
    elif tag != "score-partwise":
        msg = (
            "only score-partwise and score-timewise structure is supported, and its root is "
            f"<{tag}>"
        )
        raise Refusal(msg)
    return root


def _turn(root: Any) -> None:
    """Measures of parts -> parts of measures."""
    measures = root.findall("measure")
    found = dict.fromkeys(part.get("id") for part in root.iterfind("measure/part"))
    check_part_count(len(found))
    if len(found) * len(measures) > MAX_ELEMENTS:
        msg = f"its measures have more than {MAX_ELEMENTS:,} elements"
        raise Refusal(msg)
    parts = {name: root.makeelement("part", {} if name is None else {"id": name}) for name in found}
    for measure in measures:
        root.remove(measure)
        inside = {part.get("id"): part for part in measure.iterfind("part")}
        for name, part in parts.items():
            turned = root.makeelement("measure", dict(measure.attrib))
            turned.extend(list(inside.get(name, ())))
            part.append(turned)
    root.extend(parts.values())
    root.tag = "score-partwise"


def tidy(root: Any, told: Told) -> None:
    """Spell names and numbers of notes one way, in place.

    Args:
        root: A ``score-partwise`` element.
        told: Takes what is rounded.

    Raises:
        Refusal: If a staff cannot be counted.
    """
    said: dict[str, set[str]] = {}
    for element in root.iter("step", "octave", "staff", "alter", "voice", "accidental"):
        said.setdefault(element.tag, set()).add(element.text or "")
    spellings: dict[str, Callable[[str], str]] = {
        "step": str.strip,
        "octave": _whole,
        "staff": _staff,
        "alter": _semitones,
    }
    microtones = {text for text in said.get("alter", ()) if (decimal_number(text) or 0) % 1}
    rounded = sum(alter.text in microtones for alter in root.iter("alter")) if microtones else 0
    told.add(ROUNDED, min(microtones, default=""), rounded)
    for tag, spell in spellings.items():
        _respell(root, tag, {text: spell(text) for text in said.get(tag, ())})
    if any(str(whole_number(text) or "") != (text or "?") for text in said.get("voice", ())):
        for part in root.iterfind("part"):
            _number_voices(part)
    if not KNOWN_ACCIDENTALS.issuperset(said.get("accidental", ())):
        _settle_accidentals(root, told)


def _respell(element: Any, tag: str, spelled: dict[str, str]) -> None:
    """Give elements of a name the texts that are right for theirs."""
    if any(text != right for text, right in spelled.items()):
        for one in element.iter(tag):
            one.text = spelled[one.text or ""]


def _whole(text: str) -> str:
    """A whole number in plain digits; other text stays."""
    number = whole_number(text)
    return text.strip() if number is None else str(number)


def _staff(text: str) -> str:
    """A staff number in plain digits; empty if there is none."""
    if not text.strip():
        return ""
    return str(check_number(text, 0, MAX_STAFF, "it has a staff number of"))


def _semitones(text: str) -> str:
    """A whole number of semitones."""
    number = decimal_number(text)
    return text.strip() if number is None else str(semitones(number))


def _number_voices(part: Any) -> None:
    """Number the voices of a part that have names, or numbers that are none."""
    numbers = {voice.text or "": whole_number(voice.text) for voice in part.iter("voice")}
    taken = {n for n in numbers.values() if n is not None and 0 < n <= MAX_STAFF}
    free = (number for number in range(1, len(numbers) + len(taken) + 2) if number not in taken)
    spelled: dict[str, str] = {}  # "Voice 1 " is "Voice 1"
    for name, number in numbers.items():
        if number in taken:
            spelled[name] = str(number)
        else:
            same = spelled.get(name.strip())
            spelled[name] = spelled[name.strip()] = same or str(next(free))
    _respell(part, "voice", spelled)


def _settle_accidentals(root: Any, told: Told) -> None:
    """Take the alteration of a note without one from its accidental, as partitura does."""
    for accidental in list(root.iter("accidental")):
        text = accidental.text = (accidental.text or "").strip()
        if text in KNOWN_ACCIDENTALS:
            continue
        pitch = accidental.getparent().find("pitch")
        if pitch is not None and pitch.find("alter") is None:
            if text not in ACCIDENTALS:
                told.add("an accidental of a note without <alter> is not read", text)
            alter = pitch.makeelement("alter")
            alter.text = str(ACCIDENTALS.get(text, 0))
            pitch.insert(1, alter)
        accidental.getparent().remove(accidental)
