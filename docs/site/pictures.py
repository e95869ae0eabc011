"""The directive ``picture NAME``: a picture that is drawn when the site is built, with its caption.

``PICTURES`` of ``station_pictures`` and ``dataset_pictures`` name the functions that draw them. A
picture stands in the page as SVG, so that it takes the colour of the text by day and by night.
"""

import re
from collections.abc import Callable
from io import StringIO
from typing import ClassVar

import matplotlib as mpl
from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from drawing import INK

Draw = Callable[[], Figure]


def as_svg(name: str, figure: Figure, words: str) -> str:
    """A figure as SVG to stand in a page.

    Args:
        name: Name of the picture, unique on its page.
        figure: The figure.
        words: What it shows, for those who do not see it.
    """
    stream = StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # they would be there twice on a page of several
    head = f'<svg role="img" aria-label="{nodes.make_id(name)}: {_plain(words)}" '
    return f'<div class="picture">{svg.replace("<svg ", head, 1)}</div>'


def _plain(words: str) -> str:
    return re.sub(r"[\"<>&`*]", "", words).replace("\n", " ")


class Picture(SphinxDirective):
    """A picture with its caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Draw it."""
        name = self.arguments[0]
        pictures: dict[str, Draw] = _all_pictures()
        if name not in pictures:
            msg = f"there is no picture {name!r}; there are {', '.join(pictures)}."
            raise self.error(msg)
        words = "\n".join(self.content)
        svg = as_svg(name, pictures[name](), words)
        figure = nodes.container(classes=["drawn"])
        figure += nodes.raw("", svg, format="html")
        if words:
            figure += nodes.container("", *self.parse_text_to_nodes(words), classes=["caption"])
        return [figure]


class DatasetPictures(SphinxDirective):
    """A line about each board, and the picture of its composers."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        from musebench.boards import BOARDS

        lines = [
            f"### {board.name}\n\n{board.title}: "
            f"[its card](cards/{board.name}.md).\n\n```{{picture}} composers-{board.name}\n```"
            for board in BOARDS.values()
        ]
        return self.parse_text_to_nodes("\n\n".join(lines), allow_section_headings=True)


def _all_pictures() -> dict[str, Draw]:
    import dataset_pictures
    import station_pictures

    return station_pictures.PICTURES | dataset_pictures.PICTURES


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("picture", Picture)
    app.add_directive("dataset-pictures", DatasetPictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
