"""The rendered leaderboards: hostile text stays text, the same standings give the same bytes."""

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from active import Page
from made_standings import (
    BOARDS,
    EMPTY,
    ENTRIES,
    FULL,
    NO_ARCHIVE,
    REGRESSION,
    SINGLE,
    hostile,
    stale_tables,
    write_tables,
)
from musebench.boards import BOARDS as ALL_BOARDS
from musebench.evaluation.intervals import Estimate
from musebench.leaderboard.frozen import freeze
from musebench.leaderboard.render import (
    render_index,
    render_markdown,
    render_site,
)
from musebench.leaderboard.render.board_page import board_page
from musebench.leaderboard.render.charts import COSTS, axis_of, bar_of, scatter_of
from musebench.leaderboard.render.environment import SOURCE
from musebench.leaderboard.render.numbers import (
    duration_text,
    is_share,
    measure_of,
    parameters_text,
)
from musebench.leaderboard.render.text import clean, code_url, escape_cell, fence, safe_url
from musebench.leaderboard.standings import read_standings, to_json
from musebench.leaderboard.works import works_to_csv

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="',
    "</title></style></script><iframe src=https://evil.example></iframe>",
    "<!-- comment --> --> <b>bold</b>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "[click](javascript:alert(1))",
    "![pixel](https://evil.example/pixel.png)",
    "<https://evil.example>",
    "https://evil.example/autolink www.evil.example WWW.evil.example",
    "[ref]\n\n[ref]: https://evil.example",
    "cell | more | cells |",
    "line\n\n# heading\r\n\r\n- item\u2028| a |\n|---|",
    "```\n</code></pre><script>alert(1)</script>\n````\n<script>",
    "`code` **strong** _emphasis_ ~~gone~~ $x^2$ &lt;b&gt; &#60;b&#62;",
    "back\\",
    "\\[click](javascript:alert(1))",
    "\u202eevil\u202c \u2066x\u2069 \u200b\x00\x07\x1b[31m\ud800",
    "data:text/html,<script>alert(1)</script>",
    "https://evil.example/\" onclick=\"alert(1)' x='",
    "https://evil.example/](x) [y](javascript:alert(1)",
    "",
)
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "span"),
    *("main", "h1", "h2", "h3", "p", "section", "div", "label", "select", "option", "input"),
    *("button", "table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "g", "path", "rect"),
    *("circle", "text", "dl", "dt", "dd", "figure", "figcaption", "article", "code", "pre"),
    *("footer", "br", "details", "summary", "noscript"),
}
ROOT = Path(__file__).parent.parent
LITE = [name for name, board in ALL_BOARDS.items() if board.is_lite]
NONE = "\N{EN DASH}"
ADDRESSES = {
    "https://doi.org/10.5281/zenodo.5624527",
    f"https://github.com/example/spelling/tree/{ENTRIES[1].code_commit}",
}


def test_each_entry_has_the_command_that_shows_its_errors():
    site = render_site([FULL], NO_ARCHIVE)
    for entry in FULL.entries:
        command = f"musebench leaderboard explain {FULL.board}/{entry.id} PIECE -o page.html"
        assert f"<code>{command}</code>" in site[f"entries/{FULL.board}/{entry.id}.html"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text_in_html(attack):
    boards = [hostile(attack), replace(FULL, board="dcml-phrase")]
    site = render_site(boards, NO_ARCHIVE, freeze(boards, []))
    for path in (path for path in site if path.endswith(".html")):
        page = Page(site[path])
        assert set(page.tags) <= ELEMENTS
        assert {script.rpartition("/")[2] for script in page.scripts} <= {"board.js", "compare.js"}
        names = {name for name, _ in page.attributes}
        assert not [name for name in names if name.startswith("on") or name == "style"]
        assert [link for link in page.links if not is_ours(link)] == []
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00\x07\x1b]", site[path])
        site[path].encode()


def is_ours(link):
    """Whether a link leads to https, or to a page of the site by a plain name."""
    plain = re.fullmatch(r"(\.\./)*[a-z0-9/-]*(\.(html|csv|json))?(#[A-Za-z0-9?=%.~/_-]*)?", link)
    return bool(link.startswith("https://") or plain)


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_adds_no_element_to_a_page(attack):
    """A page has the same elements as one of harmless text, but for links that are allowed."""
    tame = render_site([hostile("1")], NO_ARCHIVE)
    site = render_site([hostile(attack)], NO_ARCHIVE)
    assert site.keys() == tame.keys()
    # The rows of the history depend on the order of days.
    for path in (path for path in site if path.endswith(".html") and path != "history.html"):
        if attack and not safe_url(attack):
            assert Page(site[path]).tags == Page(tame[path]).tags


@pytest.mark.parametrize("attack", [*ATTACKS, "=1+1", "@SUM(A1)", "-1", "+1"])
def test_hostile_text_is_one_cell_of_a_file(attack):
    site = render_site([hostile(attack)], NO_ARCHIVE)
    head, *rows = csv.reader(io.StringIO(site["data/all.csv"]))
    assert {len(row) for row in rows} == {len(head)}
    first = dict(zip(head, rows[0], strict=True))
    assert not first["method"].startswith(("=", "+", "-", "@"))
    assert json.loads(site["data/asap-pitch-spelling/standings.json"])["entries"]
    _, script = site["data/asap-pitch-spelling/compare.js"].split("const BOARD = ")
    assert json.loads(script.removesuffix(";\n"))["entries"][0]["method"] == clean(attack)
    assert "<" not in script


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text_in_markdown(attack):
    text = render_markdown(hostile(attack))
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    flat = [part for token in tokens for part in [token, *(token.children or [])]]
    kinds = [token.type for token in flat]
    (own,) = (token.content for token in flat if token.type == "html_block")
    assert own.startswith("<!-- Generated by `musebench leaderboard render`")
    assert not {"html_inline", "image", "strong_open", "s_open"} & set(kinds)
    assert [t.content for t in flat if t.type == "code_inline"] == [
        "standings.json",
        "musebench leaderboard render",
    ]
    assert {dict(token.attrs)["href"] for token in flat if token.type == "link_open"} <= ADDRESSES
    assert kinds.count("table_open") == 4
    outside = re.sub(r"(?s)```.*", "", text)
    rows = [line for line in outside.split("\n") if line.startswith("| ")]
    assert len(rows) == 15  # four tables: a head, a rule, and two entries, or one pair
    cells = [token for token in tokens if token.type in ("td_open", "th_open")]
    assert len(cells) == 3 * 10 + 3 * 4 + 2 * 7 + 3 * len({*FULL.entries[1].by_composer, attack, 1})
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00\x07\x1b]", text)
    assert not re.search(r"(?i)\bwww\.|(?<!\()https?://", outside)
    text.encode()


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text_in_the_index(attack):
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = parser.parse(render_index([hostile(attack)]))
    flat = [part for token in tokens for part in [token, *(token.children or [])]]
    assert [t.content.strip() for t in flat if t.type.startswith("html")] == [
        "<!-- begin: generated by `musebench leaderboard render` -->",
        "<!-- end: generated -->",
    ]
    assert [dict(t.attrs)["href"] for t in flat if t.type == "link_open"] == [
        "asap-pitch-spelling/README.md",
        "archive.md",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "HTTPS://a.example",
        "javascript:alert(1)//https://a.example",
        " https://a.example",
        "https://a.example\n",
        "https://a.example/\tx",
        'https://a.example/"x',
        "https://a.example/'x",
        "https://a.example/`x",
        "https://a.example/<x>",
        "https://a.example/x y",
        "https://a.example/\\x",
        "https://github.com@evil.example/",
        "https://gi\u0442hub.com/",
        "https:///x",
        "https://localhost/",
        "",
    ],
)
def test_an_address_that_is_no_link(url):
    assert safe_url(url) is None
    board = replace(FULL, entries=(replace(ENTRIES[0], code_url=url, paper_url=url),), pairs=())
    assert "](h" not in render_markdown(board)
    links = Page(render_site([board], NO_ARCHIVE)["boards/asap-pitch-spelling.html"]).links
    assert not [link for link in links if not link.startswith(("#", "../", SOURCE))]


def test_an_address_in_markdown_ends_where_it_should():
    board = replace(
        FULL, entries=(replace(ENTRIES[0], paper_url="https://a.example/(x)?a&copy*"),), pairs=()
    )
    assert "[paper](https://a.example/%28x%29?a&amp;copy%2A)" in render_markdown(board)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://github.com/a/b", "https://github.com/a/b/tree/"),
        ("https://github.com/a/b.git", "https://github.com/a/b/tree/"),
        ("https://gitlab.com/a/b/", "https://gitlab.com/a/b/-/tree/"),
        ("https://codeberg.org/a/b", "https://codeberg.org/a/b/src/commit/"),
    ],
)
def test_code_is_linked_at_its_commit(url, path):
    entry = replace(ENTRIES[0], code_url=url)
    assert code_url(entry) == path + "0" * 40
    assert code_url(replace(entry, code_commit="main/../..")) == url


def test_code_of_an_unknown_host_is_linked_as_it_is():
    entry = replace(ENTRIES[0], code_url="https://git.example.org/a")
    assert code_url(entry) == "https://git.example.org/a"


def test_text_is_cleaned():
    assert clean("a\u202eb\u200b c\t d\r\ne") == "ab c d e"
    assert clean("one  \r\ntwo\n", keep_lines=True) == "one\ntwo"
    assert escape_cell("a|b *c* www.d.e") == r"a\|b \*c\* www\.d.e"


def test_a_fence_is_longer_than_what_it_holds():
    assert fence("a\n````\nb").startswith("`````sh\n")


def test_a_board_that_cannot_name_a_file():
    with pytest.raises(ValueError, match=r"'\.\./x' cannot be rendered: its name is used"):
        render_site([replace(FULL, board="../x")], NO_ARCHIVE)


def test_the_same_standings_give_the_same_bytes(tmp_path):
    path = tmp_path / "standings.json"
    for board in BOARDS:
        path.write_text(to_json(board), "utf-8")
        (tmp_path / "works.csv").write_text(works_to_csv(board.works), "utf-8")
        again = read_standings(path)
        assert render_markdown(board) == render_markdown(again)
        assert render_site([board], NO_ARCHIVE) == render_site([again], NO_ARCHIVE)
        assert render_index([board]) == render_index([again])


def test_the_markdown_of_a_board():
    text = render_markdown(FULL)
    assert "from standings.json; changes by hand are lost" in text.splitlines()[0]
    assert (
        "| 1 (1\N{EN DASH}3) | NoteGNN (gnn, learned) "
        "| 98.12 \\[97.72, 98.44\\] | 98.72 \\[98.32, 99.04\\] "
        f"| 5 | 412 k | 90 min | {NONE} | rerun | [paper](https://doi.org/10.5281/zenodo.5624527), "
        f"[code at 0000000](https://github.com/example/spelling/tree/{'0' * 40}) |"
    ) in text
    assert f"| {NONE} | untrained twin (gnn, learned) | {NONE} | {NONE} | 1 | 412 k |" in text
    assert f"| 6 (5{NONE}6)\\* | GraphSAGE (gnn, learned) |" in text
    assert "| 7 | CIV (rule) |" in text
    assert "\\* A single run: how much" in text
    assert "A single run" not in render_markdown(SINGLE)
    assert (
        "| NoteGNN | MetricalGNN | 0.17 \\[\N{MINUS SIGN}0.23, 0.57\\] | 0.4 | 0.6 "
        "| \\[0.14, 0.19\\] | 0.35 |"
    ) in text
    page = render_site([FULL], NO_ARCHIVE)[f"boards/{FULL.board}.html"]
    assert "All 3 pairs, accuracy, %" in page
    assert text.count("| NoteGNN | ") == 2  # the pair with the next entry, and the composers
    assert text.count("| NoteGNN (gnn, learned) | ") == 2  # the standings, and the official split
    assert "94.3 % of such intervals contained the true value" in text
    assert "```sh\nmusebench reproduce rnn --board asap-pitch-spelling --seeds 5\n```" in text
    assert text.count("\n### ") == 12


def test_markdown_without_entries():
    text = render_markdown(EMPTY)
    assert "\n\nThere is no entry yet.\n\nThis page is generated by `musebench" in text
    assert "|" not in text


def test_the_index_names_every_board():
    text = render_index(BOARDS)
    ordered = sorted(BOARDS, key=lambda board: board.is_smoke_test)
    assert re.findall(r"^\| \[(.*?)\]", text, re.MULTILINE) == [b.board for b in ordered]
    assert "98.12 \\[97.72, 98.44\\]" in text
    assert "NoteGNN (and 2 not significantly worse)" in text
    assert "There is no board yet." in render_index([])


def test_the_site_is_a_few_files_that_need_nothing_else():
    site = render_site(BOARDS, NO_ARCHIVE)
    pages = {name for name in site if name.endswith(".html")}
    of_boards = {f"{kind}/{board.board}.html" for board in BOARDS for kind in ("boards", "compare")}
    of_entries = {f"entries/{b.board}/{entry.id}.html" for b in BOARDS for entry in b.entries}
    top = {f"{name}.html" for name in ("index", "best", "matrix", "history", "data", "archive")}
    assert pages == top | of_boards | of_entries
    data = {name for name in site if name.startswith("data/")}
    assert site.keys() - pages - data == {"style.css", "board.js", "compare.js", "icon.svg"}
    assert not re.search(r"url\(|@import|https?:", site["style.css"])
    for script in ("board.js", "compare.js"):
        assert not re.search(r"innerHTML|eval|fetch|https?:(?!//www.w3.org/2000/svg)", site[script])
    for path in pages:
        assert "default-src 'none'" in unescape(site[path])
        assert 'lang="en"' in site[path]
        assert not re.search(r"<style|\sstyle=", site[path])


def test_which_metrics_are_shares():
    shares = ("accuracy", "accuracy_up_to_shift_piece_mean", "key_signature_accuracy", "f1_lower")
    assert all(map(is_share, shares))
    assert not any(map(is_share, ("mse_velocity", "pearson_r", "error_rate", "num_notes", "loss")))
    rate = measure_of(FULL, "error_rate")
    assert (rate.text(1.88), rate.unit, rate.higher_is_better) == ("1.88", "%", False)
    assert measure_of(FULL, "accuracy").text(0.9812) == "98.12"
    assert not measure_of(REGRESSION, "mse_velocity").higher_is_better
    pearson = measure_of(REGRESSION, "pearson_r")
    assert (pearson.text(-0.1), pearson.higher_is_better) == ("\N{MINUS SIGN}0.100", True)


def test_what_is_not_finite_is_missing():
    entry = replace(ENTRIES[0], metrics={"accuracy": Estimate(float("nan"))})
    board = replace(FULL, entries=(entry,), pairs=())
    assert f"| NoteGNN (gnn, learned) | {NONE} | {NONE} |" in render_markdown(board)
    assert "nan" not in board_page(board, []).lower()


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (812, "812"), (999_999, "1 M"), (98_765, "98.8 k"), (1_243_000, "1.24 M")],
)
def test_parameters_as_text(count, text):
    assert parameters_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.04, "< 0.1 s"),
        (4.25, "4.2 s"),
        (95, "95 s"),
        (5400, "90 min"),
        (2e5, "2.3 d"),
    ],
)
def test_time_as_text(seconds, text):
    assert duration_text(seconds) == text


def test_intervals_share_one_scale():
    measure = measure_of(FULL, "accuracy")
    axis = axis_of(measure, ENTRIES)
    assert (axis.low, axis.high, axis.step) == (80, 100, 5)
    bars = [bar for entry in ENTRIES if (bar := bar_of(measure, axis, entry))]
    assert len(bars) == 11
    assert [bar.mean for bar in bars] == sorted((bar.mean for bar in bars), reverse=True)
    assert all(2 <= bar.low <= bar.mean <= bar.low + bar.width + 0.1 for bar in bars if bar.width)


def test_the_front_holds_what_nobody_beats_for_less():
    parameters = scatter_of(measure_of(FULL, "accuracy"), COSTS[0], ENTRIES)
    front = {ENTRIES[p.position].method for p in parameters.points if p.on_front}
    assert front == {"NoteGNN", "PKSpell", "ps13s1"}
    assert len(parameters.points) == 11
    lower = scatter_of(measure_of(REGRESSION, "mse_velocity"), COSTS[1], REGRESSION.entries)
    assert [p.on_front for p in lower.points] == [True, True, False]


def test_entries_without_parameters_stand_left_of_the_axis():
    figure = scatter_of(measure_of(FULL, "accuracy"), COSTS[0], ENTRIES)
    for point in figure.points:
        assert (point.x < figure.strip) == point.is_rule
    assert scatter_of(measure_of(SINGLE, "accuracy"), COSTS[0], SINGLE.entries).strip is None


def test_labels_do_not_run_into_each_other():
    entries = [replace(e, method="n" * 24, place=1) for e in ENTRIES[:4]]
    figure = scatter_of(measure_of(FULL, "accuracy"), COSTS[1], entries)
    places = [p.label_y for p in figure.points if p.label]
    assert len(set(places)) == len(places) == 2


@pytest.fixture
def written(tmp_path):
    leaderboards = tmp_path / "leaderboards"
    leaderboards.mkdir()
    (leaderboards / "README.md").write_text("# Leaderboards\n\nBy hand.\n", "utf-8")
    write_tables(BOARDS, leaderboards)
    return leaderboards


def test_written_pages_are_not_stale_and_not_written_again(written):
    files = {path: path.stat().st_mtime_ns for path in written.rglob("*.*")}
    assert len(files) == 2 + len(BOARDS)
    assert stale_tables(BOARDS, written) == []
    write_tables(BOARDS, written)
    assert files == {path: path.stat().st_mtime_ns for path in written.rglob("*.*")}


def test_text_around_the_index_stays(written):
    index = written / "README.md"
    index.write_text(index.read_text("utf-8") + "\nAfter.\n", "utf-8")
    assert stale_tables(BOARDS, written) == []
    write_tables([FULL], written)
    text = index.read_text("utf-8")
    assert text.startswith("# Leaderboards\n\nBy hand.\n\n<!-- begin")
    assert text.endswith("<!-- end: generated -->\n\nAfter.\n")
    assert text.count("README.md)") == 1


def test_half_an_index_is_refused(written):
    index = written / "README.md"
    index.write_text(index.read_text("utf-8").replace("<!-- end: generated -->", ""), "utf-8")
    with pytest.raises(ValueError, match="must have the line '<!-- begin: generated by"):
        write_tables(BOARDS, written)


def test_stale_pages_are_named(written):
    (written / "one-entry/README.md").write_text("changed", "utf-8")
    stale = stale_tables([FULL, SINGLE], written)
    assert stale == [str(written / "README.md"), str(written / "one-entry/README.md")]
    write_tables([FULL, SINGLE], written)
    assert stale_tables([FULL, SINGLE], written) == []


def test_line_ends_of_a_checkout_are_no_difference(written):
    page = written / "README.md"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    assert stale_tables(BOARDS, written) == []
