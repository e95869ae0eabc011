"""MusicXML -> partitura's parts."""

from typing import TYPE_CHECKING, Any

from musebench.score.concert_pitch import to_concert_pitch
from musebench.score.errors import Refusal
from musebench.score.musicxml_align import align, match_measures
from musebench.score.musicxml_bounds import check_musicxml
from musebench.score.musicxml_cues import silent_cues
from musebench.score.musicxml_signs import keep_first_staff
from musebench.score.musicxml_ties import join_ties, read_ties
from musebench.score.musicxml_times import PartTimes
from musebench.score.musicxml_tree import tidy, to_partwise
from musebench.score.mxl import is_archive, unpack_mxl
from musebench.score.safe_xml import parse_xml
from musebench.score.told import Told

if TYPE_CHECKING:
    from musebench.score.timeline import StaffSign

# What no column of a note table is made of. Half of partitura's time goes into it, and some of it
# breaks partitura: slurs without a type, tuplets that cross, endings without a start.
UNUSED_TAGS = (
    "barline", "beam", "clef", "credit", "defaults", "direction", "dot", "figured-bass", "harmony",
    "identification", "instrument", "link", "listening", "lyric", "midi-device", "midi-instrument",
    "bookmark", "notations", "notehead", "notehead-text", "part-symbol", "print",
    "score-instrument", "sound", "staff-details", "staves", "stem", "tie",
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

    Warns:
        ScoreWarning: If something was mended or left out.
    """
    from lxml import etree

    told = Told()
    root = to_partwise(parse_xml(unpack_mxl(data) if is_archive(data) else data))
    check_musicxml(root)
    from partitura.io.importmusicxml import _parse_parts

    from musebench.score.timeline import QuickPart

    parts = _listed_parts(root, QuickPart)
    tidy(root, told)
    times = _settle(root, told)
    to_concert_pitch(root, told)
    for of_part in times:
        keep_first_staff(of_part.signs)
    ties = [read_ties(of_part.part) for of_part in times]
    if with_fermatas:
        for notations in root.iter("notations"):  # renamed, they are not stripped
            notations[:] = notations.findall("fermata")
            notations.tag = KEPT
    etree.strip_elements(root, *UNUSED_TAGS, with_tail=False)
    for notations in root.iter(KEPT):
        notations.tag = "notations"
    _parse_parts(root.getroottree(), parts)
    for of_part, tied in zip(times, ties, strict=True):
        part = parts[of_part.part.get("id")]
        join_ties(part, tied)
        part.staff_signs = _staff_signs(of_part)
    told.warn()
    return list(parts.values())


def _staff_signs(times: PartTimes) -> "tuple[StaffSign, ...]":
    """The key and time signatures of a part that has some of a single staff."""
    from musebench.score.timeline import StaffSign

    starts = times.starts
    if not any(sign.staff for sign in times.signs):
        return ()
    return tuple(
        StaffSign(starts[sign.measure] + sign.position, sign.staff, sign.fifths, sign.meter)
        for sign in times.signs
    )


def _settle(root: Any, told: Told) -> list[PartTimes]:
    """Settle the times of all parts."""
    divisions = next(root.iter("divisions"), None)
    silent = silent_cues(root, told)
    match_measures(root, told)
    parts = root.findall("part")
    times = [PartTimes(part, divisions, silent, told) for part in parts]
    align(times, told)
    return times


def _listed_parts(root: Any, kind: Any) -> dict[str | None, Any]:
    """An empty part for each of the list of parts, in its order.

    Raises:
        Refusal: If a part is not in the list, or there twice: partitura would lose its notes.
    """
    parts = {}
    for listed in root.iterfind("part-list/score-part"):
        part = kind(listed.get("id"))
        part.part_name = listed.findtext("part-name") or None
        parts[listed.get("id")] = part
    found = [part.get("id") for part in root.iterfind("part")]
    for name in found:
        if name not in parts or found.count(name) > 1:
            msg = f"its part {name!r} is twice in it, or not in its list of parts"
            raise Refusal(msg)
    return parts
