"""Note table -> engraved systems, by verovio."""

import re
from typing import Any

from lxml import etree

from musebench.errors import EngravingError
from musebench.score.systems import Engraving, Heads, MeasureBox, System
from musebench.score.table import NoteTable
from musebench.score.writer import to_musicxml

MAX_ENGRAVED = 30_000  # notes; beyond that a page would have more than its 10 MB
SYSTEM_WIDTH = 2200
INNER = 10.0  # verovio counts ten inside a picture for one outside
HEAD_WIDTH, WIDE_HEADS = 314.0, {"E0A0": 600.0, "E0A2": 430.0}  # font units; breve and whole
OPTIONS = {
    "adjustPageHeight": True,
    "breaks": "auto",
    "footer": "none",
    "header": "none",
    "mnumInterval": 0,
    "pageHeight": 100,  # lower than any system, so that each is a page of its own
    "pageMarginBottom": 30,
    "pageMarginLeft": 30,
    "pageMarginRight": 30,
    "pageMarginTop": 40,
    "scale": 100,
    "svgRemoveXlink": True,
    "svgViewBox": True,
    "xmlIdSeed": 1,
}
SVG = "{http://www.w3.org/2000/svg}"
NOTE_ID = re.compile(r"n(\d+)(?:-(\d+))?")
PLACE = re.compile(r"translate\(([-\d.]+),? ([-\d.]+)\)(?: scale\(([-\d.]+))?")
LINE = re.compile(r"M([-\d.]+) ([-\d.]+) L([-\d.]+) ([-\d.]+)")


def engrave(
    notes: NoteTable, measures: tuple[int, int] | None = None, width: int = SYSTEM_WIDTH
) -> Engraving:
    """Engrave a score, one picture per system.

    What is engraved is the note table, whatever file it came from: it is written as MusicXML, each
    note with its row as its id, and verovio keeps the ids.

    Args:
        notes: A note table, with staves and voices.
        measures: First and last measure, as rows of ``notes.measures``; None: all.
        width: Width of a system, of which a space between staff lines is 18.

    Raises:
        EngravingError: If the score is too large or verovio does not read it.
    """
    if len(notes) > MAX_ENGRAVED:
        msg = f"it has {len(notes):,} notes, and up to {MAX_ENGRAVED:,} are engraved"
        raise EngravingError(msg)
    musicxml = to_musicxml(notes, with_ids=True).decode("utf-8")
    first, last = measures or (0, len(notes.measures) - 1)
    pictures = _draw(musicxml, measures, width)
    systems: list[System] = []
    found: list[tuple[int, int, int, float, float]] = []
    for number, picture in enumerate(pictures):
        reader = _SystemReader(picture, first, len(notes.measures))
        systems.append(reader.system)
        found += [(row, part, number, x, y) for row, part, x, y in reader.heads()]
        first += reader.num_measures
    if measures and first != last + 1:
        msg = f"verovio drew measures up to the {first}th, and the {last + 1}th was asked"
        raise EngravingError(msg)
    return Engraving(tuple(systems), Heads.of(found))


def _draw(musicxml: str, measures: tuple[int, int] | None, width: int) -> list[str]:
    """Let verovio draw these measures."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit: Any = verovio.toolkit()
    toolkit.setOptions({**OPTIONS, "pageWidth": width})
    if not toolkit.loadData(musicxml):
        msg = "verovio does not read it"
        raise EngravingError(msg)
    if measures:
        # What is selected is laid out as if it were all: clefs, keys and ties stay.
        toolkit.select({"measureRange": f"{measures[0] + 1}-{measures[1] + 1}"})
        toolkit.redoLayout()
    return [str(toolkit.renderToSVG(page + 1)) for page in range(toolkit.getPageCount())]


class _SystemReader:
    """Reads what verovio drew: where staves, measures and heads are.

    Args:
        picture: An SVG of one system.
        first_measure: Row of its first measure.
        end: Number of measures in the note table; where notes outlast them, more are written.
    """

    def __init__(self, picture: str, first_measure: int, end: int) -> None:
        root = etree.fromstring(picture.encode("utf-8"))
        _, _, self.width, self.height = map(float, root.get("viewBox").split())
        self.classes: dict[str, list[Any]] = {}
        for group in root.iter(f"{SVG}g"):
            self.classes.setdefault(str(group.get("class")).split(" ")[0], []).append(group)
        self.shift = (0.0, 0.0)
        for margin in self.classes.get("page-margin", []):
            place = PLACE.match(margin.get("transform", ""))
            if place:
                self.shift = (float(place[1]), float(place[2]))
        lines = [self._staff_lines(group) for group in self.classes.get("measure", [])]
        self.num_measures = len(lines)
        ends = [y for of_measure in lines for _, y, _ in of_measure] or [0.0, self.height]
        self.system = System(
            svg=picture,
            width=self.width,
            height=self.height,
            top=min(ends),
            bottom=max(ends),
            measures=tuple(
                MeasureBox(
                    first_measure + i,
                    min((left for left, _, _ in of_measure), default=0.0),
                    max((right for _, _, right in of_measure), default=0.0),
                )
                for i, of_measure in enumerate(lines[: max(end - first_measure, 0)])
            ),
        )

    def heads(self) -> list[tuple[int, int, float, float]]:
        """Row, number of the tied part, and centre of each head."""
        found = []
        for group in self.classes.get("note", []):
            name = NOTE_ID.fullmatch(group.get("id", ""))
            drawn = group.find(f"{SVG}g[@class='notehead']/{SVG}use")
            place = None if drawn is None else PLACE.match(drawn.get("transform", ""))
            if name and place:
                code = drawn.get("href", "")[1:5]
                half = WIDE_HEADS.get(code, HEAD_WIDTH) * float(place[3] or 1) / 2
                x, y = self._outside(float(place[1]) + half, float(place[2]))
                found.append((int(name[1]), int(name[2] or 0), x, y))
        return found

    def _staff_lines(self, measure: Any) -> list[tuple[float, float, float]]:
        """Left end, height and right end of the lines of all staves."""
        lines = []
        for path in measure.iterfind(f"{SVG}g[@class='staff']/{SVG}path"):
            if line := LINE.fullmatch(path.get("d", "")):
                left, y = self._outside(float(line[1]), float(line[2]))
                lines.append((left, y, self._outside(float(line[3]), 0.0)[0]))
        return lines

    def _outside(self, x: float, y: float) -> tuple[float, float]:
        """A point inside the picture, in units of its ``viewBox``."""
        return round((x + self.shift[0]) / INNER, 1), round((y + self.shift[1]) / INNER, 1)
