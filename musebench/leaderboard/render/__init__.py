"""Standings rendered for people: Markdown beside the submissions, and a static web site.

In come ``Standings``, out comes text; the same standings give the same bytes. What submissions say
of themselves is hostile (see ``text``).
"""

from musebench.leaderboard.render.markdown import render_index, render_markdown
from musebench.leaderboard.render.pages import stale_pages, write_pages
from musebench.leaderboard.render.site import render_site

__all__ = ["render_index", "render_markdown", "render_site", "stale_pages", "write_pages"]
