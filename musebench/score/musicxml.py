"""MusicXML -> partitura's parts."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from musebench.score.concert_pitch import to_concert_pitch
from musebench.score.cycles import without_search
from musebench.score.errors import Refusal
from musebench.score.musicxml_align import align, match_measures
from musebench.score.musicxml_bounds import check_musicxml
from musebench.score.musicxml_cues import silent_cues
from musebench.score.musicxml_signs import keep_first_staff
from musebench.score.musicxml_ties import join_ties, read_ties
from musebench.score.musicxml_times import PartTimes, settle_times
from musebench.score.musicxml_tree import tidy, to_partwise
from musebench.score.mxl import is_archive, unpack_mxl
from musebench.score.parts import parts_to_table
from musebench.score.safe_xml import parse_xml
from musebench.score.table import NoteTable
from musebench.score.told import Told

if TYPE_CHECKING:
    from musebench.score.timeline import OwnSign

# What no column of a note table is made of. Half of partitura's time goes into it, and some of it
# breaks partitura: slurs without a type, tuplets that cross, endings without a start.
UNUSED_TAGS = (
    "barline", "beam", "clef", "credit", "defaults", "direction", "dot", "figured-bass", "harmony",
    "identification", "instrument", "link", "listening", "lyric", "midi-device", "midi-instrument",
    "bookmark", "notations", "notehead", "notehead-text", "part-symbol", "print",
    "score-instrument", "sound", "staff-details", "staves", "stem",
    "tie", "time-modification", "type",
)  # fmt: skip
Parts = dict[str | None, Any]
KEPT = "kept-notations"


def read_musicxml(data: bytes) -> NoteTable:
    """Read a MusicXML score, compressed or not, as a note table; see ``load_musicxml``."""
    with without_search():
        return parts_to_table(load_musicxml(data))


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
    from musebench.score.timeline import QuickPart

    told = Told()
    root = to_partwise(parse_xml(unpack_mxl(data) if is_archive(data) else data))
    check_musicxml(root)
    parts = _listed_parts(root, QuickPart)
    _read(root, parts, told, with_fermatas=with_fermatas)
    told.warn()
    return list(parts.values())


def _read(root: Any, parts: Parts, told: Told, *, with_fermatas: bool) -> None:
    """Fill parts with what is in a score."""
    from partitura.io.importmusicxml import _parse_parts

    ties, silent, endings = read_ties(root), silent_cues(root, told), _beginning_endings(root)
    _strip(root, with_fermatas=with_fermatas)
    tidy(root, told)
    match_measures(root, told)
    going_on = {note for note, (_, goes_on) in ties.items() if goes_on}
    times = settle_times(root, silent, going_on, told)
    align(times, told)
    to_concert_pitch(root, told)
    signs = _own_signs(times)
    _parse_parts(root.getroottree(), parts)
    for of_part, own in zip(times, signs, strict=True):
        part = parts[of_part.part.get("id")]
        part.own_signs = own
        _mark_endings(part, of_part, endings)
        join_ties(part, of_part, ties)


def _beginning_endings(root: Any) -> set[int]:
    """Places of the measures, in any part, with which an ending of a repeat begins."""
    return {
        place
        for part in root.iterfind("part")
        for place, measure in enumerate(part.iterfind("measure"))
        if measure.find("barline/ending[@type='start']") is not None
    }


def _mark_endings(part: Any, times: PartTimes, endings: set[int]) -> None:
    """Let a part know where endings of repeats begin."""
    from partitura.score import Ending

    starts = times.starts
    for place in sorted(endings):
        if starts[place] < starts[place + 1]:
            part.add(Ending(1), starts[place], starts[place + 1])


def _strip(root: Any, *, with_fermatas: bool) -> None:
    """Take out what no column of a note table is made of, and elements of other names, in place."""
    from lxml import etree

    if with_fermatas:
        for notations in root.iter("notations"):  # renamed, they are not stripped
            notations[:] = notations.findall("fermata")
            notations.tag = KEPT
    etree.strip_elements(root, *UNUSED_TAGS, with_tail=False)
    for notations in root.iter(KEPT):
        notations.tag = "notations"


def _own_signs(times: list[PartTimes]) -> "list[tuple[OwnSign, ...]]":
    """The signatures of each part, if parts or staves differ in them.

    Those of a staff below the first are taken out of the score.
    """
    from musebench.score.timeline import OwnSign

    meters = [
        {
            (one.measure, Fraction(one.position, part.unit), one.meter)
            for one in part.signs
            if one.meter
        }
        for part in times
    ]
    if all(of_part == meters[0] for of_part in meters) and not any(
        sign.staff for part in times for sign in part.signs
    ):
        return [()] * len(times)
    found = []
    for part in times:
        starts = part.starts
        found.append(
            tuple(
                OwnSign(starts[sign.measure] + sign.position, sign.staff, sign.fifths, sign.meter)
                for sign in part.signs
            )
        )
        keep_first_staff(part.signs)
    return found


def _listed_parts(root: Any, kind: Any) -> Parts:
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
