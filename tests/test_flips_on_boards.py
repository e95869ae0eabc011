"""``symmetry.csv``: what flips stands on the pages of a board, of the submissions that stand."""

from dataclasses import replace

import pytest

from made_standings import ENTRIES, FULL, NO_ARCHIVE
from musebench.files import sha256_of
from musebench.leaderboard import record_flips
from musebench.leaderboard.render import render_markdown, render_site
from musebench.leaderboard.symmetry import Flips, flips_of, read_symmetry

ENTRY = ENTRIES[0]
ROWS = [
    Flips(FULL.board, ENTRY.id, ENTRY.sha256, "transposed by -1", 4, 0.25, 0.1),
    Flips(FULL.board, ENTRY.id, ENTRY.sha256, "transposed by +1", 4, 0.5, 0.1),
    Flips(FULL.board, ENTRY.id, ENTRY.sha256, "repeated", 4, 0.9, 0.0),
    Flips(FULL.board, ENTRIES[1].id, "0" * 64, "repeated", 4, 0.1, 0.0),
    Flips("dcml-phrase", ENTRY.id, ENTRY.sha256, "repeated", 4, 0.7, 0.0),
]


def test_only_what_was_measured_of_this_submission_counts():
    assert flips_of(FULL, ROWS) == {
        ENTRY.id: {"transposed by -1": 0.25, "transposed by +1": 0.5, "repeated": 0.9}
    }


def test_pages_show_the_mean_over_transpositions():
    found = flips_of(FULL, ROWS)
    entries = tuple(replace(entry, flips=found.get(entry.id, {})) for entry in ENTRIES)
    board = replace(FULL, entries=entries)
    assert entries[0].flips_transposed == pytest.approx(0.375)
    assert entries[1].flips_transposed is None
    lines = render_markdown(board).splitlines()
    line = next(line for line in lines if line.startswith("|") and ENTRY.method in line)
    assert "| 37.5 % |" in line
    pages = render_site([board], NO_ARCHIVE, [])
    assert 'data-value="0.375">37.5 %</td>' in pages[f"boards/{board.board}.html"]
    assert '<td class="number">90.0 %</td>' in pages[f"entries/{board.board}/{ENTRY.id}.html"]


def test_rows_of_an_entry_are_replaced_and_the_others_stay(tmp_path):
    for entry in ("one", "two"):
        (tmp_path / "dcml-phrase" / entry).mkdir(parents=True)
        (tmp_path / "dcml-phrase" / entry / "submission.json").write_text(entry)
    record_flips(tmp_path, "dcml-phrase", "two", [("repeated", 3, 0.5, 0.25)])
    record_flips(tmp_path, "dcml-phrase", "one", [("repeated", 3, 0.125, 0.0)])
    record_flips(tmp_path, "dcml-phrase", "two", [("an octave lower", 2, 0.0, 0.0)])
    sha256 = [sha256_of(tmp_path / "dcml-phrase" / e / "submission.json") for e in ("one", "two")]
    assert read_symmetry(tmp_path) == [
        Flips("dcml-phrase", "one", sha256[0], "repeated", 3, 0.125, 0.0),
        Flips("dcml-phrase", "two", sha256[1], "an octave lower", 2, 0.0, 0.0),
    ]
