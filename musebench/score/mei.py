"""MEI -> partitura's parts."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.mei_bounds import XML_ID, check_mei
from musebench.score.safe_xml import parse_xml

TIMED_TAGS = ("note", "rest", "chord", "space", "mRest", "multiRest")
UNUSED_TAGS = ("annot", "artic", "dir", "dynam", "fermata", "syl", "verse", "pb", "sb")
WHOLE_MEASURE = ("mRest", "multiRest", "space")  # partitura goes through the part for each
MAX_STEPS = 50_000_000
WRAPPERS = ("bTrem", "graceGrp")  # what is inside counts, and partitura does not know them
SIGNATURES = (("meterSig", "count", "meter.count"), ("meterSig", "unit", "meter.unit"),
              ("keySig", "sig", "key.sig"))  # fmt: skip


def load_mei(data: bytes) -> list[Any]:
    """Read the parts of an MEI score: one a staff.

    A note sounds as its ``accid`` or ``accid.ges`` says; the key signature alone alters nothing.

    Args:
        data: The file.

    Returns:
        Its parts in order, as partitura's.

    Raises:
        Refusal: If it cannot be read safely or within bounds.
    """
    from lxml import etree

    root = parse_xml(data)
    namespace = root.nsmap.get(None)
    if namespace is None or etree.QName(root).localname not in {"mei", "music"}:
        msg = f"it is not MEI: its root is <{root.tag}>"
        raise Refusal(msg)
    for music in [*root.iter("{*}music")] or [root]:
        check_mei(music)
    from partitura.score import iter_parts

    _check_rests(root)
    _tidy(root, f"{{{namespace}}}")
    parser = _parser(root, namespace)
    parser.create_parts()
    parser.fill_parts()
    return list(iter_parts(parser.parts))


def _check_rests(root: Any) -> None:
    """Refuse so many rests of a measure that partitura's time for all before them adds up."""
    steps = 0
    before: Counter[str | None] = Counter()
    for staff in root.iter("{*}staff"):
        tags = [str(element.tag).rpartition("}")[2] for element in staff.iter("{*}*")]
        before[staff.get("n")] += len(tags)
        steps += before[staff.get("n")] * sum(tag in WHOLE_MEASURE for tag in tags)
    if steps > MAX_STEPS:
        msg = "it has too many rests of a whole measure for its length"
        raise Refusal(msg)


def _parser(root: Any, namespace: str) -> Any:
    """Partitura's parser on a tree of ours: its own would call verovio where that is installed."""
    from partitura.io.importmei import MeiParser

    from musebench.score.timeline import QuickPart

    class TreeParser(MeiParser):  # type: ignore[misc]  # partitura is untyped
        def _parse_mei(self, mei_path: Any, use_verovio: bool = False) -> Any:  # noqa: ARG002
            return root.getroottree(), namespace

        def _handle_initial_staffdef(self, definition: Any) -> Any:
            part = super()._handle_initial_staffdef(definition)
            points = vars(part).pop("_points")
            part.__class__, part._points = QuickPart, points
            return part

    return TreeParser(Path(__file__))  # it asks only whether the path exists


def _tidy(root: Any, ns: str) -> None:
    """Write out what MEI lets an editor leave unsaid and partitura asks for."""
    from lxml import etree

    etree.strip_elements(root, *(ns + tag for tag in UNUSED_TAGS), with_tail=False)
    etree.strip_tags(root, *(ns + tag for tag in WRAPPERS))
    for number, element in enumerate(root.iter(*(ns + tag for tag in TIMED_TAGS))):
        if element.get(XML_ID) is None:
            element.set(XML_ID, f"unnamed{number}")
    for group in root.iter(ns + "staffGrp"):
        if group.find(ns + "grpSym") is None and group.get("symbol") is None:
            group.set("symbol", "none")
    for definition in root.iter(ns + "scoreDef"):
        for tag, inside, outside in SIGNATURES:
            element = definition.find(ns + tag)
            if element is not None and element.get(inside) is not None:
                definition.set(outside, element.get(inside))
        if definition.get("keysig") is not None:  # MEI 5 writes it without the point
            definition.set("key.sig", definition.get("keysig"))
    for start, end in _tied_notes(root, ns):
        tie = etree.SubElement(end.getroottree().find(f".//{ns}measure"), ns + "tie")
        tie.set("startid", f"#{start.get(XML_ID)}")
        tie.set("endid", f"#{end.get(XML_ID)}")


def _tied_notes(root: Any, ns: str) -> Iterator[tuple[Any, Any]]:
    """Pairs of notes tied by the attribute ``tie``; partitura knows only the element."""
    open_notes: dict[tuple[str | None, ...], Any] = {}
    for staff in root.iter(ns + "staff"):
        for note in staff.iter(ns + "note"):
            tie = note.get("tie")
            if tie is None and note.getparent().tag == ns + "chord":
                tie = note.getparent().get("tie")
            if not tie:
                continue
            key = (staff.get("n"), note.get("pname"), note.get("oct"))
            if tie[0] in "mt" and key in open_notes:
                yield open_notes.pop(key), note
            if tie[0] in "im":
                open_notes[key] = note
