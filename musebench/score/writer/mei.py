"""MusicXML -> MEI, by verovio.

What verovio makes of MusicXML is mended where the two differ: layers are counted in each staff,
triple accidentals sound as they are written, a signature inside a measure stays there, notes
without a note value last as long as they do, and ties join what the ids say.
"""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from lxml import etree

from musebench.errors import InputError
from musebench.score.mei_signs import StaffState, length_of, ratio_of
from musebench.score.writer.marks import Harmony, Mark
from musebench.score.writer.voices import MAX_VOICES

MEI = "{http://www.music-encoding.org/ns/mei}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
TIMED = [f"{MEI}{tag}" for tag in ("note", "chord", "rest", "space", "mRest", "mSpace")]
DOUBLE, TRIPLE = 2, {3: "ts", -3: "tf"}  # semitones
# Measure and staff -> time in it and <key> or <time>; the last is the end, without either.
Signs = dict[tuple[int, int], list[tuple[int, Any]]]


def to_mei(musicxml: bytes, path: Path, marks: Sequence[Mark] = ()) -> bytes:
    """Turn MusicXML into MEI.

    Args:
        musicxml: A score, as ``to_musicxml`` writes it with ids.
        marks: The words in it.
        path: The file to be written, for messages.

    Raises:
        InputError: If verovio does not read the score.
    """
    import verovio

    root = etree.fromstring(musicxml)
    signs = _take_signs(root)
    for harmony in list(root.iter("harmony")):  # MEI has the words and the chord in one
        harmony.getparent().remove(harmony)
    verovio.enableLog(verovio.LOG_OFF)
    toolkit: Any = verovio.toolkit()
    toolkit.setOptions({"xmlIdSeed": 1})
    if not toolkit.loadData(etree.tostring(root, encoding="unicode")):
        msg = f"{path}: verovio does not read the score; write MusicXML instead."
        raise InputError(msg)
    mei = etree.fromstring(str(toolkit.getMEI()).encode("utf-8"))
    _mend(mei, root, path)
    _put_ties(mei)
    _put_signs(mei, signs)
    _say_ratios(mei)
    _say_harmonies(mei, marks)
    return bytes(etree.tostring(mei.getroottree(), encoding="UTF-8", xml_declaration=True))


def _say_ratios(mei: Any) -> None:
    """Let what lasts longer than its note value says, in its tuplets, say the ratio.

    MEI has it for a single note as for a tuplet: ``num`` of this value in the time of ``numbase``.
    """
    ticks = {one.get("n"): int(one.get("ppq")) for one in mei.iter(f"{MEI}staffDef")}
    for event in mei.iter(*TIMED):
        lasts = int(event.get("dur.ppq", "0"))
        written = length_of(event, StaffState(), None) if lasts else None
        if written is None:
            continue
        for tuplet in event.iterancestors(f"{MEI}tuplet"):
            written *= ratio_of(tuplet)
        staff = next(event.iterancestors(f"{MEI}staff"))
        ratio = Fraction(lasts, ticks[staff.get("n")]) / written
        if ratio != 1:
            event.set("num", str(ratio.denominator))
            event.set("numbase", str(ratio.numerator))


def _say_harmonies(mei: Any, marks: Sequence[Mark]) -> None:
    """Make words that mean a chord a ``harm``, whose ``label`` is the chord in letters."""
    waiting: dict[tuple[str, str], list[Harmony | None]] = defaultdict(list)
    for mark in sorted(marks, key=lambda mark: -mark.onset_div):  # the first one is taken first
        waiting[mark.placement, mark.text].append(mark.harmony)
    for direction in list(mei.iter(f"{MEI}dir")):
        same = waiting[direction.get("place", ""), "".join(direction.itertext()).strip()]
        if same and (harmony := same.pop()):
            direction.tag = f"{MEI}harm"
            direction.set("label", harmony.text)


def _take_signs(root: Any) -> Signs:
    """Take the signatures out that change inside a measure: verovio moves them to its start."""
    found: Signs = defaultdict(list)
    first_staff = 1
    for part in root.iterfind("part"):
        staves = range(first_staff, first_staff + int(part.findtext("measure/attributes/staves")))
        first_staff = staves.stop
        for number, measure in enumerate(part):
            now, lasted, inside = 0, 0, list[tuple[int, Any]]()
            for element in measure:
                lasts = int(element.findtext("duration", "0"))
                if element.tag == "backup":
                    now -= lasts
                elif element.tag == "forward" or element.find("chord") is None:
                    now += lasts
                for sign in element.xpath("key | time") if now else ():
                    inside.append((now, sign))
                    element.remove(sign)
                lasted = max(lasted, now)
            for staff in staves if inside else ():
                found[number, staff] = [*inside, (lasted, None)]
    return found


def _put_signs(mei: Any, signs: Signs) -> None:
    """Put the signatures into the layers, where they are inside a measure."""
    for number, measure in enumerate(mei.iter(f"{MEI}measure")):
        for staff in measure.iterfind(f"{MEI}staff"):
            here = signs.get((number, int(staff.get("n"))), [])
            for layer in staff.iterfind(f"{MEI}layer") if here else ():
                for rest in layer.findall(f"{MEI}mRest"):
                    _divide(rest, [time for time, _ in here])
                for time, sign in here[:-1]:
                    _put_sign(layer, time, sign)


def _divide(rest: Any, ends: list[int]) -> None:
    """Make rests with these ends of one that lasts a measure, so that signs are between them."""
    for start, end in pairwise([0, *ends]):
        rest.addprevious(etree.Element(f"{MEI}rest", {"dur": "1", "dur.ppq": str(end - start)}))
    rest.getparent().remove(rest)


def _put_sign(layer: Any, time: int, sign: Any) -> None:
    """Put a signature in front of what begins at a time or later, or at the end."""
    if sign.tag == "time":
        told = {"count": sign.findtext("beats"), "unit": sign.findtext("beat-type")}
        added = etree.Element(f"{MEI}meterSig", told)
    else:
        fifths, mode = int(sign.findtext("fifths")), sign.findtext("mode")
        sig = "0" if not fifths else f"{abs(fifths)}{'s' if fifths > 0 else 'f'}"
        added = etree.Element(f"{MEI}keySig", {"sig": sig} | ({"mode": mode} if mode else {}))
    now = 0
    for element in layer.iter(*TIMED):
        if now >= time and element.getparent().tag != f"{MEI}chord":
            element.addprevious(added)
            return
        now += int(element.get("dur.ppq", "0"))
    layer.append(added)


def _put_ties(mei: Any) -> None:
    """Tie what belongs to one note, by the ids: verovio mixes up ties of one pitch at one time."""
    for tie in list(mei.iter(f"{MEI}tie")):
        tie.getparent().remove(tie)
    for measure in mei.iter(f"{MEI}measure"):
        for note in measure.iter(f"{MEI}note"):
            row, _, place = note.get(XML_ID).partition("-")
            if place:
                before = f"{row}-{int(place) - 1}" if int(place) > 1 else row
                ends = {"startid": f"#{before}", "endid": f"#{row}-{place}"}
                etree.SubElement(measure, f"{MEI}tie", ends)


def _mend(mei: Any, musicxml: Any, path: Path) -> None:
    """Mend what verovio makes otherwise of layers and triple accidentals, and what dates a file."""
    for application in mei.iter(f"{MEI}application"):
        application.attrib.pop("isodate", None)
    for layer in mei.iter(f"{MEI}layer"):
        layer.set("n", str((int(layer.get("n")) - 1) % MAX_VOICES + 1))
    beyond = {
        note.get("id"): alter
        for note in musicxml.iter("note")
        if abs(alter := int(note.findtext("pitch/alter", "0"))) > DOUBLE
    }
    if unknown := set(beyond.values()) - set(TRIPLE):
        msg = f"{path}: MEI has no accidental of {unknown.pop()} semitones; write MusicXML instead."
        raise InputError(msg)
    for note in mei.iter(f"{MEI}note") if beyond else ():
        if alter := beyond.get(note.get(XML_ID), 0):
            shown = note.find(f"{MEI}accid")
            (note if shown is None else shown).set("accid.ges", TRIPLE[alter])
