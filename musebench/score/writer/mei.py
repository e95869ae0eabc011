"""MusicXML -> MEI, by verovio.

What verovio makes of MusicXML is mended where the two differ: layers are counted in each staff,
triple accidentals sound as they are written, a key signature inside a measure stays there, and ties
join what the ids say.
"""

import warnings
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from lxml import etree

from musebench.errors import InputError, ScoreWarning
from musebench.score.writer.values import PER_QUARTER, TYPES
from musebench.score.writer.voices import MAX_VOICES

MEI = "{http://www.music-encoding.org/ns/mei}"
LENGTHS = {name: length for length, name in TYPES.items()}  # 128ths of each value
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
TIMED = [f"{MEI}{tag}" for tag in ("note", "chord", "rest", "space", "mRest", "mSpace")]
DOUBLE, TRIPLE = 2, {3: "ts", -3: "tf"}  # semitones
Keys = dict[tuple[int, int], list[tuple[int, Any]]]  # measure, staff -> time in it, <key>


def to_mei(musicxml: bytes, path: Path) -> bytes:
    """Turn MusicXML into MEI.

    Args:
        musicxml: A score, as ``to_musicxml`` writes it with ids.
        path: The file to be written, for messages.

    Raises:
        InputError: If verovio does not read the score.

    Warns:
        ScoreWarning: If durations have no note value: MEI has the next shorter one.
    """
    import verovio

    root = etree.fromstring(musicxml)
    _warn_of_durations(root, path)
    keys = _take_keys(root)
    verovio.enableLog(verovio.LOG_OFF)
    toolkit: Any = verovio.toolkit()
    toolkit.setOptions({"xmlIdSeed": 1})
    if not toolkit.loadData(etree.tostring(root, encoding="unicode")):
        msg = f"{path}: verovio does not read the score; write MusicXML instead."
        raise InputError(msg)
    mei = etree.fromstring(str(toolkit.getMEI()).encode("utf-8"))
    _mend(mei, root, path)
    _put_ties(mei)
    _put_keys(mei, keys)
    return bytes(etree.tostring(mei.getroottree(), encoding="UTF-8", xml_declaration=True))


def _warn_of_durations(root: Any, path: Path) -> None:
    """Warn of notes that last longer than their value says: in MEI they last as it says."""
    divisions = int(root.findtext(".//divisions"))
    measures = []
    for note in root.iter("note"):
        if note.find("grace") is not None or note.find("type") is None:
            continue
        dots = len(note.findall("dot"))
        actual, normal = (
            int(note.findtext(f"time-modification/{kind}-notes", "1"))
            for kind in ("actual", "normal")
        )
        written = Fraction(LENGTHS[note.findtext("type")] * (2 ** (dots + 1) - 1), 2**dots)
        lasts = Fraction(int(note.findtext("duration")) * PER_QUARTER, divisions)
        if lasts != written * normal / actual:
            measures.append(note.getparent().get("number"))
    if measures:
        msg = (
            f"{path}: {len(measures):,} durations are no note values, first in measure "
            f"{measures[0]}; MEI has the next shorter values, so what follows comes too early."
        )
        warnings.warn(msg, ScoreWarning, stacklevel=4)


def _take_keys(root: Any) -> Keys:
    """Take the key signatures out that change inside a measure: verovio moves them to its start."""
    found: Keys = defaultdict(list)
    first_staff = 1
    for part in root.iterfind("part"):
        staves = range(first_staff, first_staff + int(part.findtext("measure/attributes/staves")))
        first_staff = staves.stop
        for number, measure in enumerate(part):
            now = 0
            for element in measure:
                lasts = int(element.findtext("duration", "0"))
                if element.tag == "backup":
                    now -= lasts
                elif element.tag == "forward" or element.find("chord") is None:
                    now += lasts
                for key in element.findall("key") if now else ():
                    for staff in staves:
                        found[number, staff].append((now, key))
                    element.remove(key)
    return found


def _put_keys(mei: Any, keys: Keys) -> None:
    """Put the key signatures into the layers, where they are inside a measure."""
    for number, measure in enumerate(mei.iter(f"{MEI}measure")):
        for staff in measure.iterfind(f"{MEI}staff"):
            for time, key in keys.get((number, int(staff.get("n"))), ()):
                for layer in staff.iterfind(f"{MEI}layer"):
                    _put_key(layer, time, key)


def _put_key(layer: Any, time: int, key: Any) -> None:
    """Put a key signature in front of what begins at a time or later, or at the end."""
    fifths, mode = int(key.findtext("fifths")), key.findtext("mode")
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
