"""Render standings for people: Markdown next to the submissions, and a static web site.

``Standings`` become text; the same standings give the same bytes. Texts of submissions are
untrusted (see ``text``).
"""

from musebench.leaderboard.render.markdown import render_index, render_markdown
from musebench.leaderboard.render.pages import (
    left_over_pages,
    render_pages,
    stale_files,
    write_files,
)
from musebench.leaderboard.render.site import render_site

__all__ = [
    "left_over_pages",
    "render_index",
    "render_markdown",
    "render_pages",
    "render_site",
    "stale_files",
    "write_files",
]
