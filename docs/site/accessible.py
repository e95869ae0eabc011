"""What Sphinx and the theme leave out for those who use a keyboard or a screen reader.

Headings of the contents say their level, what scrolls sideways can be reached, and the parameters
of a long signature are no list of definitions, since they define nothing.
"""

import re
from typing import Any

from sphinx.application import Sphinx

AFTER_THE_THEME = 900
RULES = (
    (re.compile(r'role="heading"(?! aria-level)'), 'role="heading" aria-level="2"'),
    (re.compile(r"<pre(?![^>]*tabindex)(?=[ >])"), '<pre tabindex="0"'),
    (re.compile(r"<summary aria-label=[^>]*>"), "<summary>"),  # its words are its name
    (re.compile(r'<div class="(table-wrapper[^"]*|picture)"'), r'<div class="\1" tabindex="0"'),
)
PARAMETERS = re.compile(r"<dl>\s*(<dd>.*?</dd>)\s*</dl>", re.DOTALL)
PARAMETER = re.compile(r"<(/?)dd>")


def mend(text: str) -> str:
    """A part of a page, with what was left out."""
    for pattern, words in RULES:
        text = pattern.sub(words, text)
    return PARAMETERS.sub(_mend_parameters, text)


def _mend_parameters(found: re.Match[str]) -> str:
    inner = PARAMETER.sub(r"<\1div>", found[1])
    return f'<div class="parameters">{inner}</div>'


def _mend_page(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    for part in ("body", "furo_navigation_tree"):
        if part in context:
            context[part] = mend(context[part])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _mend_page, priority=AFTER_THE_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
