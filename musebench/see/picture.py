"""Draw a scene as a static picture: all systems with the edges between their notes."""

import importlib.util
import re
from pathlib import Path
from xml.sax.saxutils import escape

from musebench.errors import InputError
from musebench.see.colors import BOWS, LIGHT
from musebench.see.places import LANE_BASE, LANE_HEIGHT
from musebench.see.scene import Scene

PICTURES = (".svg", ".png")
MAX_SYSTEMS = 40  # per picture; a page draws more when they are visible
LEGEND, LEAST_WIDTH = 60.0, 1100.0  # height of the legend, and the width that it needs
STUB = 44.0  # length of the drawn part of an edge into another system
GAP = 20.0
PNG_ZOOM = 1.0  # pixels per unit: a space between staff lines has 18
INK, PAPER = "#1d1f21", "#ffffff"
FONTS = "'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"

Point = tuple[float, float]


def check_png(path: Path) -> None:
    """Refuse a PNG if resvg is not installed.

    Raises:
        InputError: If it is not installed.
    """
    if importlib.util.find_spec("resvg_py") is None:
        msg = (
            f"{path}: PNG needs resvg, which is not installed; pip install "
            f"'musebench[render]', or write {path.with_suffix('.svg').name}."
        )
        raise InputError(msg)


def write_png(svg: str) -> bytes:
    """Draw an SVG as pixels."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, zoom=PNG_ZOOM, background=PAPER, serif_family="DejaVu Serif"
        )
    )


def write_svg(scene: Scene) -> str:
    """Draw all systems below one another, with edges, texts and a legend.

    Raises:
        InputError: If there are too many systems for a picture.
    """
    systems = scene.engraving.systems
    if len(systems) > MAX_SYSTEMS:
        msg = (
            f"it has {len(systems)} systems, and a picture can have {MAX_SYSTEMS}; choose measures "
            "(--measures), or write a page (.html)."
        )
        raise InputError(msg)
    edges = _edges(scene)
    body, y = [_legend(scene)], LEGEND
    for number, system in enumerate(systems):
        # Identifiers of glyphs differ from system to system; those of notes are not needed here.
        body.append(
            f'<g transform="translate(0, {y:g})">{"".join(edges[number])}'
            f"{_inner(system.svg, system.width, system.height)}{_lanes(scene, number)}</g>"
        )
        y += system.height + len(scene.lanes) * LANE_HEIGHT + GAP
    ends = [box.right for system in systems for box in system.measures[-1:]]
    width = min(systems[0].width, max([*ends, LEAST_WIDTH]) + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {y:g}" '
        f'role="img" aria-label="{escape(scene.piece.title, {chr(34): "&quot;"})}">'
        f'<rect width="{width:g}" height="{y:g}" fill="{PAPER}"/>{"".join(body)}</svg>\n'
    )


def curve(start: Point, end: Point, bow: float) -> str:
    """Path of an edge; the page draws the same one. Its reverse bows to the other side."""
    (x1, y1), (x2, y2) = start, end
    middle = _tenth((x1 + x2) / 2 + bow * (y2 - y1)), _tenth((y1 + y2) / 2 - bow * (x2 - x1))
    return f"M{x1:g} {y1:g}Q{middle[0]:g} {middle[1]:g} {x2:g} {y2:g}"


def stub(point: Point, direction: int, bow: float) -> str:
    """Path of the visible part of an edge that leaves the system (1) or enters it (-1)."""
    x, y = point
    rise = _tenth(-bow * STUB)
    return f"M{x:g} {y:g}q{direction * STUB / 2:g} {rise:g} {direction * STUB:g} 0"


def _tenth(value: float) -> float:
    return float(int(value * 10 + 0.5 + 1e6)) / 10 - 1e5


def _edges(scene: Scene) -> list[list[str]]:
    """The drawn edges of each system."""
    heads, head_of = scene.engraving.heads, scene.places.head_of
    drawn: list[list[str]] = [[] for _ in scene.engraving.systems]
    for relation, color in LIGHT.items():
        paths: list[list[str]] = [[] for _ in drawn]
        bow = BOWS[relation]
        for u, v in scene.edges(relation).T.tolist():
            if relation == "onset" and u > v:
                continue  # one line shows both directions
            (a, start), (b, end) = (
                (int(heads.system[head_of[note]]), (heads.x[head_of[note]], heads.y[head_of[note]]))
                for note in (u, v)
            )
            if a == b:
                paths[a].append(curve(start, end, bow))
            else:
                paths[a].append(stub(start, 1, bow))
                paths[b].append(stub(end, -1, bow))
        for number, of_system in enumerate(paths):
            if of_system:
                drawn[number].append(
                    f'<path d="{"".join(of_system)}" fill="none" stroke="{color}" '
                    'stroke-width="2" stroke-opacity="0.7"/>'
                )
    return drawn


def _lanes(scene: Scene, number: int) -> str:
    texts = []
    height = scene.engraving.systems[number].height
    for place, signs in enumerate(scene.signs(scene.places)):
        y = height + place * LANE_HEIGHT + LANE_BASE
        texts += [
            f'<text x="{x:g}" y="{y:g}">{escape(text)}</text>'
            for system, x, text, _ in signs
            if system == number
        ]
    return f'<g font-family="{FONTS}" font-size="26" fill="{INK}">{"".join(texts)}</g>'


def _legend(scene: Scene) -> str:
    items, x = [], 40.0
    for relation, color in LIGHT.items():
        text = f"{relation} {scene.edges(relation).shape[1]}"
        items.append(
            f'<path d="M{x:g} 32h44" stroke="{color}" stroke-width="5"/>'
            f'<text x="{x + 56:g}" y="41">{text}</text>'
        )
        x += 100 + 15 * len(text)
    return f'<g font-family="{FONTS}" font-size="26" fill="{INK}">{"".join(items)}</g>'


def _inner(svg: str, width: float, height: float) -> str:
    """A picture in another one; its own size is that of its ``viewBox``."""
    size = f' width="{width:g}" height="{height:g}"'
    return re.sub(r"<svg ", f"<svg{size} ", svg, count=1).strip()
