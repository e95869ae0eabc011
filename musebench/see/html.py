"""Write a scene as one self-contained HTML page: no server, no network."""

import base64
import gzip
import hashlib
import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from musebench.see.colors import DARK, LIGHT, LINES_DARK, LINES_LIGHT
from musebench.see.scene import Scene

FOLDER = files("musebench.see").joinpath("page")
# In order of their dependencies; together they are one script.
SCRIPTS = (
    *("data.js", "layout.js", "sheets.js", "paint.js", "focus.js"),
    *("errors.js", "play.js", "controls.js"),
)
MAX_HOPS = 4
STYLE = re.compile(r"<style[^>]*>([^<]*)</style>")


def write_html(scene: Scene) -> str:
    """Write a page: it contains its data, compressed, and draws systems when they are visible."""
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    content = scene.content()
    rules = _take_rules([s for layout in content["layouts"] for s in layout["systems"]])
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    packed = gzip.compress(text.encode(), compresslevel=6, mtime=0)
    piece, shown = scene.piece, scene.places.is_shown
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=piece.title,
            about=piece.about,
            notice=piece.notice,
            why_roll=scene.engraving.why_roll,
            num_shown=int(shown.sum()),
            num_notes=len(shown),
            relations={
                name: {"count": scene.edges(name).shape[1], "leaving": scene.num_leaving(name)}
                for name in LIGHT
            },
            lanes=list(dict.fromkeys(lane.kind for lane in scene.lanes)),
            has_batch=scene.batch is not None,
            max_hops=MAX_HOPS,
            style=Markup(_style() + rules),
            script=Markup(script),
            script_hash=digest,
            data=Markup(base64.b64encode(packed).decode()),
            **_graph_predictions(scene),
        )
    )


def _take_rules(systems: list[dict[str, Any]]) -> str:
    """Move the style rules out of the pictures, where they differ only in the picture's id.

    With a ``<style>`` in each system, the browser would restyle the whole page every time.
    """
    rules = ""
    for system in systems:
        found = STYLE.search(system["svg"])
        if found:
            rules = re.sub(r"#[\w-]+ ", ".music ", found[1])
            system["svg"] = STYLE.sub("", system["svg"])
    return rules


def _graph_predictions(scene: Scene) -> dict[str, Any]:
    """Predictions for the piece as a whole: lines for the head of the page."""
    task = scene.piece.task
    if task is None or task.unit != "graph":
        return {"of_piece": []}
    names = task.heads[task.main_head]
    sources = {"label": scene.piece.labels, **scene.predictions}
    return {
        "of_piece": [
            (source, names[int(labels[task.main_head][0])])
            for source, labels in sources.items()
            if task.main_head in labels
        ]
    }


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(str(FOLDER)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _script() -> str:
    parts = [FOLDER.joinpath(name).read_text("utf-8") for name in SCRIPTS]
    return '(async () => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


@lru_cache
def _style() -> str:
    def variables(relations: dict[str, str], lines: tuple[str, ...]) -> str:
        named = [f"--{name}: {color};" for name, color in relations.items()]
        named += [f"--line-{i}: {color};" for i, color in enumerate(lines)]
        return " ".join(named)

    light, dark = variables(LIGHT, LINES_LIGHT), variables(DARK, LINES_DARK)
    return (
        f":root {{ {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        + FOLDER.joinpath("page.css").read_text("utf-8")
    )
