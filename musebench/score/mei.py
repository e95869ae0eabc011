"""MEI -> note table.

The file is read itself, not what verovio makes of it: verovio loses copies, nested tuplets, spaces
of a measure, ties by time stamps or into another layer, and names below a prefix.
"""

from collections import Counter
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.exact import exact_table, together
from musebench.score.mei_bounds import check_mei
from musebench.score.mei_score import MeiScore
from musebench.score.mei_variants import name_same, settle_variants, write_out_copies
from musebench.score.safe_xml import parse_xml
from musebench.score.source import pick, text_of
from musebench.score.table import NoteTable
from musebench.score.told import warn_of

ROOTS = ("mei", "meiCorpus", "music")


def read_mei(data: bytes, number: int | None = None) -> NoteTable:
    """Read an MEI score, as it is notated: repeats are not unfolded.

    A note sounds as its ``accid.ges`` or ``accid`` says; the key signature alone alters nothing.
    Instruments are read as they sound. Staves with one brace and no labels of their own are one
    part. Repeat signs of measures and beats (``mRpt``) keep their time, and say so.

    Args:
        data: The file.
        number: Which of several movements (``mdiv``), from 1; None: the first.

    Returns:
        Its note table.

    Raises:
        Refusal: If it cannot be read safely, rightly or within bounds.

    Warns:
        ScoreWarning: If something was left out, rounded or chosen.
    """
    root = _root(data)
    movements = _movements(root)
    if not movements:
        msg = "it has no <mdiv> with a <score> or <parts>"
        raise Refusal(msg)
    readers = [MeiScore(score) for score in pick(movements, number, "movements (mdiv)")]
    found = together([reader.read() for reader in readers])
    warn_of(sum((reader.warned for reader in readers), Counter[str]()))
    found.title = _title(root)
    return exact_table(found)


def count_movements(data: bytes) -> int:
    """How many movements with music an MEI file has.

    Raises:
        Refusal: As ``read_mei`` does.
    """
    # The whole document is parsed only where there can be several.
    return len(_movements(_root(data))) if text_of(data).count("mdiv") > 2 else 1


def _root(data: bytes) -> Any:
    """The document, its elements named without namespaces."""
    root = parse_xml(data)
    for element in root.iter("{*}*"):
        element.tag = element.tag.rpartition("}")[2]
    if root.tag not in ROOTS:
        msg = f"it is not MEI: its root is <{root.tag}>"
        raise Refusal(msg)
    return root


def _movements(root: Any) -> list[list[Any]]:
    """The score of each movement, or those of its parts."""
    movements = []
    for music in root.xpath("descendant-or-self::music[not(ancestor::music)]"):
        name_same(music)
        check_mei(music)
        write_out_copies(music)
        settle_variants(music)
        movements += [scores for mdiv in music.iter("mdiv") if (scores := _scores(mdiv))]
    return movements


def _title(root: Any) -> str:
    """The title of the work, or else of the file; the main part of one of several parts."""
    for place in ("work/title", "work/titleStmt/title", "fileDesc/titleStmt/title"):
        for title in root.iterfind(f"meiHead//{place}"):
            part = title.find("titlePart")
            if text := " ".join("".join((title if part is None else part).itertext()).split()):
                return text
    return ""


def _scores(mdiv: Any) -> list[Any]:
    """The score of a movement, or those of its parts."""
    score = mdiv.find("score")
    return mdiv.findall("parts/part") if score is None else [score]
