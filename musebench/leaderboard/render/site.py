"""Standings as a static web site: plain files that work from a disk, without server or network.

The addresses of pages and data are stable: ``boards/<board>.html``, ``entries/<board>/<id>.html``,
``compare/<board>.html``, and what ``data`` lists.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from musebench.leaderboard.frozen import Frozen, frozen_of
from musebench.leaderboard.published import Published
from musebench.leaderboard.render import front
from musebench.leaderboard.render.archive import WORDS as ARCHIVE_WORDS
from musebench.leaderboard.render.archive import archived_boards
from musebench.leaderboard.render.best import best_page, history_rows, matrix_of
from musebench.leaderboard.render.board_page import board_page
from musebench.leaderboard.render.data import DATA_FILES, data_files
from musebench.leaderboard.render.entry_page import compare_page, entry_page
from musebench.leaderboard.render.environment import TEMPLATES, render
from musebench.leaderboard.render.rows import page_of
from musebench.leaderboard.render.text import clean_standings
from musebench.leaderboard.standings import Standings

if TYPE_CHECKING:
    import pandas as pd

_ASSETS = ("board.js", "compare.js", "icon.svg", "style.css")


def render_site(
    list_of_standings: Sequence[Standings],
    archive: "pd.DataFrame",
    frozen: Iterable[Frozen] = (),
    published: Sequence[Published] = (),
) -> dict[str, str]:
    """All files of the web site.

    Args:
        list_of_standings: All boards; texts of entries are untrusted.
        archive: Entries of their earlier versions, see ``read_archive``.
        frozen: Rules and ceilings of the versions of boards.
        published: Results as they were published.

    Returns:
        Path relative to the site's folder -> text.

    Raises:
        InputError: If the name of a board is not valid in file names.
    """
    boards = [clean_standings(standings) for standings in list_of_standings]
    rules = frozen_of(boards, frozen)
    pages = {
        "index.html": _index(boards),
        "best.html": best_page(boards, rules),
        "matrix.html": render("matrix.html", root="", matrix=matrix_of(boards, rules)),
        "history.html": render("history.html", root="", boards=history_rows(boards)),
        "data.html": render("data.html", root="", files=DATA_FILES, boards=boards),
        "archive.html": _archive(archive),
    }
    for board in boards:
        own = [row for row in published if row.board == board.board]
        pages[f"boards/{board.board}.html"] = board_page(board, own)
        pages[f"compare/{board.board}.html"] = compare_page(board)
        for position in range(len(board.entries)):
            pages[page_of(board, position)] = entry_page(board, position)
    assets = {name: (TEMPLATES / name).read_text("utf-8") for name in _ASSETS}
    return pages | data_files(boards, rules, archive) | assets


def _index(boards: Sequence[Standings]) -> str:
    tables = [("", False), (front.SMOKE_TESTS, True)]
    groups = [
        (title, [(b, front.front_cells(b)) for b in boards if b.is_smoke_test == smoke])
        for title, smoke in tables
    ]
    return render("index.html", root="", groups=groups, columns=front.COLUMNS, words=front.WORDS)


def _archive(archive: "pd.DataFrame") -> str:
    boards = list(archived_boards(archive))
    return render("archive.html", root="", words=ARCHIVE_WORDS, boards=boards)
