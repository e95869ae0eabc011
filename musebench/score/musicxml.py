"""MusicXML -> partitura's parts."""

from typing import Any

from musebench.score.concert_pitch import to_concert_pitch
from musebench.score.errors import Refusal
from musebench.score.musicxml_bounds import check_musicxml
from musebench.score.safe_xml import is_archive, parse_xml, unpack_mxl

# What no column of a note table is made of. Half of partitura's time goes into it, and some of it
# breaks partitura: slurs without a type, tuplets that cross, endings without a start.
UNUSED_TAGS = (
    "barline", "beam", "clef", "credit", "defaults", "direction", "dot", "figured-bass", "harmony",
    "identification", "instrument", "link", "listening", "lyric", "midi-device", "midi-instrument",
    "bookmark", "notations", "notehead", "notehead-text", "part-symbol", "print",
    "score-instrument", "sound", "staff-details", "staves", "stem",
    "time-modification", "transpose", "type",
)  # fmt: skip
KEPT = "kept-notations"


def load_musicxml(data: bytes, *, with_fermatas: bool = False) -> list[Any]:
    """Read the parts of a MusicXML score.

    Args:
        data: The file, compressed or not.
        with_fermatas: Keep the fermatas of notes, which no note table is made of.

    Returns:
        Its parts in order, as partitura's.

    Raises:
        Refusal: If it cannot be read safely or within bounds.
    """
    from lxml import etree

    root = parse_xml(unpack_mxl(data) if is_archive(data) else data)
    if root.tag != "score-partwise":
        msg = f"only score-partwise structure is supported, and its root is <{root.tag}>"
        raise Refusal(msg)
    check_musicxml(root)
    from partitura.io.importmusicxml import _parse_parts

    from musebench.score.timeline import QuickPart

    to_concert_pitch(root)
    if with_fermatas:
        for notations in root.iter("notations"):  # renamed, they are not stripped
            notations[:] = notations.findall("fermata")
            notations.tag = KEPT
    etree.strip_elements(root, *UNUSED_TAGS, with_tail=False)
    for notations in root.iter(KEPT):
        notations.tag = "notations"
    parts = _listed_parts(root, QuickPart)
    _parse_parts(root.getroottree(), parts)
    return list(parts.values())


def _listed_parts(root: Any, kind: Any) -> dict[str | None, Any]:
    """An empty part for each of the list of parts, in its order.

    Raises:
        Refusal: If a part is not in the list, or there twice: partitura would lose its notes.
    """
    parts = {}
    title = _title(root)
    for listed in root.iterfind("part-list/score-part"):
        part = kind(listed.get("id"))
        part.title = title
        part.part_name = listed.findtext("part-name") or None
        parts[listed.get("id")] = part
    found = [part.get("id") for part in root.iterfind("part")]
    for name in found:
        if name not in parts or found.count(name) > 1:
            msg = f"its part {name!r} is twice in it, or not in its list of parts"
            raise Refusal(msg)
    return parts


def _title(root: Any) -> str:
    """The title of the work or else of the movement, in one line."""
    titles = [root.findtext(place) or "" for place in ("work/work-title", "movement-title")]
    return next((" ".join(title.split()) for title in titles if title.strip()), "")
