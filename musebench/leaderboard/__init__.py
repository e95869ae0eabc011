"""RANK: submissions are read, checked against the labels, ranked and rendered, without torch.

A submission is a folder ``leaderboards/<board>/<id>`` with ``submission.json`` and its prediction
files. Every number of a board is computed here from these files and the labels of the store;
numbers reported by a submission are only compared with them.
"""

from musebench.leaderboard.archive import add_to_archive as add_to_archive
from musebench.leaderboard.archive import read_archive as read_archive
from musebench.leaderboard.audit import MIN_KINDS as MIN_KINDS
from musebench.leaderboard.audit import Audit as Audit
from musebench.leaderboard.audit import audit_board as audit_board
from musebench.leaderboard.board import check_board as check_board
from musebench.leaderboard.board import make_standings as make_standings
from musebench.leaderboard.check import Report as Report
from musebench.leaderboard.check import check_submission as check_submission
from musebench.leaderboard.commits import Repository as Repository
from musebench.leaderboard.corrections import Correction as Correction
from musebench.leaderboard.corrections import corrections_of as corrections_of
from musebench.leaderboard.detection import power as power
from musebench.leaderboard.names import IDENTIFIER as IDENTIFIER
from musebench.leaderboard.newcomers import standings_beside as standings_beside
from musebench.leaderboard.prepare import add_runs as add_runs
from musebench.leaderboard.prepare import init_submission as init_submission
from musebench.leaderboard.prepare import pack as pack
from musebench.leaderboard.publish import boards_in as boards_in
from musebench.leaderboard.publish import changed_submissions as changed_submissions
from musebench.leaderboard.publish import find_stale as find_stale
from musebench.leaderboard.publish import publish_boards as publish_boards
from musebench.leaderboard.publish import recompute_boards as recompute_boards
from musebench.leaderboard.publish import stored_standings as stored_standings
from musebench.leaderboard.publish import write_site as write_site
from musebench.leaderboard.ranking import Entry as Entry
from musebench.leaderboard.ranking import Pair as Pair
from musebench.leaderboard.ranking import compare as compare
from musebench.leaderboard.render import MISSING as MISSING
from musebench.leaderboard.render import Measure as Measure
from musebench.leaderboard.render import duration_text as duration_text
from musebench.leaderboard.render import is_share as is_share
from musebench.leaderboard.render import measure_of as measure_of
from musebench.leaderboard.render import rank_text as rank_text
from musebench.leaderboard.render import rank_words as rank_words
from musebench.leaderboard.render import shorten as shorten
from musebench.leaderboard.render import shown_as as shown_as
from musebench.leaderboard.review import Review as Review
from musebench.leaderboard.review import accept as accept
from musebench.leaderboard.review import review_archive as review_archive
from musebench.leaderboard.review import review_commit as review_commit
from musebench.leaderboard.review import to_markdown as to_markdown
from musebench.leaderboard.review import write_rendered as write_rendered
from musebench.leaderboard.standings import STANDINGS as STANDINGS
from musebench.leaderboard.standings import Standing as Standing
from musebench.leaderboard.standings import Standings as Standings
from musebench.leaderboard.standings import read_standings as read_standings
from musebench.leaderboard.standings import to_json as to_json
from musebench.leaderboard.submission import Submission as Submission
from musebench.leaderboard.submission import read_submission as read_submission
from musebench.leaderboard.suspects import Suspect as Suspect
from musebench.leaderboard.symmetry import record_flips as record_flips
