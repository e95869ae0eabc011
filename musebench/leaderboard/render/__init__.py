"""Render standings for people: Markdown next to the submissions, and a static web site.

``Standings`` become text; the same standings give the same bytes. Texts of submissions are
untrusted (see ``text``).
"""

from musebench.leaderboard.render.charts import shorten as shorten
from musebench.leaderboard.render.markdown import render_index as render_index
from musebench.leaderboard.render.markdown import render_markdown as render_markdown
from musebench.leaderboard.render.numbers import MISSING as MISSING
from musebench.leaderboard.render.numbers import Measure as Measure
from musebench.leaderboard.render.numbers import duration_text as duration_text
from musebench.leaderboard.render.numbers import is_share as is_share
from musebench.leaderboard.render.numbers import measure_of as measure_of
from musebench.leaderboard.render.numbers import shown_as as shown_as
from musebench.leaderboard.render.pages import render_pages as render_pages
from musebench.leaderboard.render.pages import stale_files as stale_files
from musebench.leaderboard.render.pages import write_files as write_files
from musebench.leaderboard.render.site import render_site as render_site
from musebench.leaderboard.render.text import clean as clean
from musebench.leaderboard.render.words import rank_text as rank_text
from musebench.leaderboard.render.words import rank_words as rank_words
