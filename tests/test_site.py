"""The pages of the site that show more than one board, and where their links lead."""

import csv
import io
import posixpath
import re
from dataclasses import replace
from pathlib import Path

import pytest

from active import Page
from made_standings import EMPTY, ENTRIES, FULL, NO_ARCHIVE
from musebench.boards import BOARDS as ALL_BOARDS
from musebench.leaderboard.frozen import freeze
from musebench.leaderboard.published import Published, read_published
from musebench.leaderboard.render import render_site
from musebench.leaderboard.render.best import history_rows, lite_rows, matrix_of
from musebench.leaderboard.render.text import safe_url
from musebench.models import models_of

ROOT = Path(__file__).parent.parent
LITE = [name for name, board in ALL_BOARDS.items() if board.is_lite]
PAGES = {
    path: text
    for path, text in render_site([FULL, EMPTY], NO_ARCHIVE, freeze([FULL], [])).items()
    if path.endswith(".html")
}


def test_every_link_within_the_site_leads_somewhere():
    boards = [FULL, replace(FULL, board="dcml-phrase"), EMPTY]
    site = render_site(boards, NO_ARCHIVE, freeze(boards, []))
    for path, text in site.items():
        if path.endswith(".html"):
            page = Page(text)
            ids = {value for name, value in page.attributes if name == "id"}
            for link in [*page.links, *page.scripts]:
                if link.startswith("https://"):
                    continue
                target, _, anchor = link.partition("#")
                found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                assert not target or found in site, (path, link)
                if anchor and not anchor.startswith("?") and not target:
                    assert anchor in ids, (path, link)


def test_the_page_of_the_best_has_the_methods_of_all_boards():
    boards = [FULL, replace(FULL, board="dcml-phrase", entries=ENTRIES[:6]), EMPTY]
    site = render_site(boards, NO_ARCHIVE, freeze(boards, []))
    page = site["best.html"]
    assert "5 of 5" not in page
    assert page.count('<tr id="method-') == 6
    assert "PKSpell" in page
    assert "line-of-fifths" not in page.split('id="headroom"')[0]
    first = next(csv.DictReader(io.StringIO(site["data/overall.csv"])))
    assert first["method"] == "NoteGNN"
    assert "No method stands on all boards yet." in render_site([EMPTY], NO_ARCHIVE)["best.html"]


def test_the_matrix_names_every_method_once():
    other = replace(FULL, board="dcml-phrase", entries=(replace(ENTRIES[1], method="note gnn"),))
    matrix = matrix_of([FULL, other], {})
    rows = dict(matrix.rows)
    assert next(method for method, _ in matrix.rows) == "NoteGNN"
    assert [cell.text for cell in rows["NoteGNN"]] == ["98.12", "97.95"]
    assert rows["MetricalGNN"][1] is None
    assert "untrained twin" not in rows


def test_the_history_has_each_entry_that_was_the_best():
    ((board, measure, rows),) = history_rows([FULL])
    assert board is FULL
    assert [method for _, method, _, _ in rows] == ["NoteGNN"]
    late = replace(FULL, entries=tuple(reversed(ENTRIES)))
    days = [replace(entry, submitted=f"2026-01-{k + 10}") for k, entry in enumerate(late.entries)]
    ((*_, rows),) = history_rows([replace(late, entries=tuple(days))])
    assert [value for _, _, value, _ in rows] == sorted(value for _, _, value, _ in rows)
    assert len(rows) == 11
    assert measure.name == "accuracy"


def test_the_lite_table_is_of_fold_0_of_its_boards(monkeypatch):
    boards = [replace(FULL, board=name) for name in LITE]
    frozen = {row.board: row for row in freeze(boards, [])}
    rows = lite_rows(boards, frozen)
    assert [method for method, _, _ in rows][:2] == ["NoteGNN", "MetricalGNN"]
    assert all(len(cells) == len(LITE) for _, _, cells in rows)
    assert (
        lite_rows([*boards[:-1], replace(boards[-1], entries=ENTRIES[4:])], frozen)[0][0]
        == "ps13s1"
    )


def test_the_lite_set_has_a_board_per_kind():
    kinds = {ALL_BOARDS[name].task.kind for name in LITE}
    assert kinds == {"note", "onset", "link", "graph"}
    assert len(LITE) == 4


def test_published_results_stand_on_their_board_unranked(tmp_path):
    row = Published(
        FULL.board, "X <b>", "Y, 2020", "https://a.example", "m", "12 %", "s", "much", "mlp,gnn"
    )
    site = render_site([FULL, EMPTY], NO_ARCHIVE, published=[row])
    page = site[f"boards/{FULL.board}.html"]
    assert "X &lt;b&gt;" in page
    assert "12 %" in page.split('id="published"')[1]
    assert ">mlp, gnn<" in page
    assert 'id="published"' not in site[f"boards/{EMPTY.board}.html"]
    assert read_published(tmp_path) == []
    (tmp_path / "published.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match="must have the columns board, method"):
        read_published(tmp_path)


def test_the_published_results_of_the_repository_are_complete():
    rows = read_published(ROOT / "leaderboards")
    assert rows
    for row in rows:
        assert row.board in ALL_BOARDS
        assert row.differs
        assert row.source
        assert not row.address or safe_url(row.address)
        assert set(filter(None, row.models.split(","))) <= set(models_of(row.board))


def test_every_model_after_a_publication_has_its_row():
    named = {
        name for row in read_published(ROOT / "leaderboards") for name in row.models.split(",")
    }
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    listed = set(re.findall(r"^\| \[`([a-z0-9-]+)`\]", page, re.MULTILINE))
    assert listed <= named


@pytest.mark.parametrize("page", sorted(PAGES))
def test_landmarks_have_names_of_their_own(page):
    """A box that scrolls has the name of its section, so it is a group and no second landmark."""
    landmarks = re.findall(r'<section aria-labelledby="(\w+)"', PAGES[page])
    landmarks += re.findall(r'role="region"[^>]*aria-label(?:ledby)?="([^"]+)"', PAGES[page])
    assert len(set(landmarks)) == len(landmarks)
    for tag in re.findall(r"<(?:div|pre) [^>]*tabindex[^>]*>", PAGES[page]):
        assert 'role="group"' in tag  # only what has a role can have a name
        assert "aria-label" in tag
