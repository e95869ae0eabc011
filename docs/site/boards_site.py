"""The leaderboards' own site, written into the build, and the directive ``boards-site``.

The directive shows the site in a frame and lists its boards.
"""

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from musebench.boards import BOARDS
from musebench.leaderboard import write_site

LEADERBOARDS = Path(__file__).parent.parent.parent / "leaderboards"
FOLDER = "leaderboards"
FRAME = f"""
<iframe class="boards" src="{FOLDER}/index.html" title="Leaderboards" loading="lazy"></iframe>
<p><a href="{FOLDER}/index.html">Open the leaderboards on their own page.</a> The boards:</p>
"""


class BoardsSite(SphinxDirective):
    """The leaderboards in a frame, and a link to each board."""

    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        items = "".join(
            f'<li><a href="{FOLDER}/boards/{board.name}.html">{board.name}</a>: {board.about}</li>'
            for board in BOARDS.values()
        )
        return [nodes.raw("", f"{FRAME}<ul>{items}</ul>", format="html")]


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        write_site(LEADERBOARDS, Path(app.outdir) / FOLDER)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("boards-site", BoardsSite)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
