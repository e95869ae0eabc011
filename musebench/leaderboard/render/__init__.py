"""Standings rendered for people: Markdown beside the submissions, and a static web site.

In come ``Standings``, out comes text; the same standings give the same bytes. What submissions say
of themselves is hostile (see ``text``).
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
