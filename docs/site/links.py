"""Links of the pages that lead out of ``docs/``, as the repository's own page needs them.

In the site they lead to the page that shows the same, or to the leaderboards' own site; what is in
neither, such as a folder of the package, keeps its words and loses its link. What is included
from elsewhere is read as if it stood in the page that includes it.
"""

import os
import re
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
LINK = re.compile(r"(?<!!)\[([^][]+)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)", re.MULTILINE | re.DOTALL)
PAGES = {  # path in the repository -> page that shows it
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "docs/cards": "datasets.md",
    "leaderboards/README.md": "leaderboards.md",
    "leaderboards/RULES.md": "rules.md",
}


def rewrite(text: str, source: PurePosixPath, page: PurePosixPath) -> str:
    """Rewrite the links of a text.

    Args:
        text: Markdown.
        source: Where the text comes from, a path in the repository.
        page: The page that shows it, a path in ``docs/``.
    """

    def replace(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        path = os.path.normpath(source.parent / target)
        if path not in PAGES and not (ROOT / path).exists():
            msg = f"{source} links to {target}, which does not exist."
            raise ExtensionError(msg)
        if path in PAGES:
            path = f"docs/{PAGES[path]}"
        if not path.startswith("docs/"):
            return words
        if words.endswith(".md") and target.endswith(words):
            words = ""  # a path says less than the title, which is filled in
        return f"[{words}]({os.path.relpath(path, PurePosixPath('docs') / page.parent)}{anchor})"

    parts, end = [], 0
    for fence in FENCE.finditer(text):  # code is no prose
        parts += [LINK.sub(replace, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, LINK.sub(replace, text[end:])])


def _rewrite_page(app: Sphinx, docname: str, content: list[str]) -> None:
    page = PurePosixPath(app.env.doc2path(docname, base=False))
    content[0] = rewrite(content[0], "docs" / page, page)


def _rewrite_included(app: Sphinx, path: Path, _parent: str, content: list[str]) -> None:
    page = PurePosixPath(app.env.doc2path(app.env.docname, base=False))
    source = os.path.relpath(DOCS / path, ROOT)
    content[0] = rewrite(content[0], PurePosixPath(source), page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", _rewrite_page)
    app.connect("include-read", _rewrite_included)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
