"""The site: it is built without a warning, nothing in it leads nowhere, and every name is there."""

import json
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from sphinx.util.inventory import InventoryFile

import musebench
from musebench.boards import BOARDS
from public_names import public_names

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGES = [
    module
    for module in sorted((ROOT / "musebench").rglob("__init__.py"))
    if module.parent.name != "cli"
]
WITHOUT_PAGE = {
    "__main__",
    "cli",
    "upkeep",
}  # the commands have one of their own; the other is on that of store
# The beginning of a block of code, up to its end.
FENCE = re.compile(r"^(`{3,}|:{3,})([^`\n]*)\n(?:.*\n)*?\1$", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built without executing the tutorials, which have tests of their own.

    ``MUSEBENCH_TEST_SITE`` names a folder in which it has just been built.
    """
    if built := os.environ.get("MUSEBENCH_TEST_SITE"):
        return Path(built)
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    command += ["-D", "nb_execution_mode=off", "-D", "suppress_warnings=myst-nb.lexer"]
    command += ["-d", str(folder / "doctrees")]
    done = subprocess.run(
        [*command, str(DOCS), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Page(HTMLParser):
    """The links and the names of places of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = [], set()
        self.feed(text)

    def handle_starttag(self, _tag, attributes):
        found = dict(attributes)
        self.places.update(found[name] for name in ("id", "name") if found.get(name))
        self.links += [found[name] for name in ("href", "src") if found.get(name)]


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def targets(path, page):
    """Files of the site that a page leads to, with the place in them."""
    for link in page.links:
        parts = urlsplit(link)
        if not parts.scheme and not parts.netloc:
            place = "" if parts.fragment.startswith("?") else parts.fragment  # a choice, no place
            yield (path.parent / unquote(parts.path)).resolve() if parts.path else path, place


def test_every_link_leads_somewhere(pages):
    dead = {
        (path.name, str(target), place)
        for path, page in pages.items()
        for target, place in targets(path, page)
        if not target.exists() or (place and target in pages and place not in pages[target].places)
    }
    assert not dead


def test_no_page_is_an_orphan(site, pages):
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in pages and path not in reached:
            reached.add(path)
            waiting += [target for target, _ in targets(path, pages[path])]
    assert set(pages) - reached == set()
    sources = [p for p in DOCS.rglob("*.md") if "site" not in p.relative_to(DOCS).parts]
    assert {p.relative_to(DOCS).with_suffix(".html") for p in sources} <= {
        p.relative_to(site) for p in pages
    }


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("batch size", "path/loader"),
        ("out of memory", "faq"),
        ("errors in the corpora", "errata"),
        ("datasheet", "cards/dcml-cadence"),
    ],
)
def test_the_search_finds_a_page_by_its_headings(site, words, page):
    """What is typed is compared with all headings before the text of the pages."""
    text = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    found = {
        index["docnames"][number]
        for title, places in index["alltitles"].items()
        if words in title.lower()
        for number, _ in places
    }
    assert page in found


def test_what_scrolls_is_reached_and_headings_have_levels(site):
    """What the accessibility checker axe asks of the pages of Sphinx and its theme."""
    for path in site.rglob("*.html"):
        if "leaderboards" in path.relative_to(site).parts[:-1]:
            continue
        text = path.read_text("utf-8")
        assert set(re.findall(r'role="heading"( aria-level)?', text)) <= {" aria-level"}, path
        for tag in re.findall(r'<pre\b[^>]*>|<div class="(?:picture|table-wrapper)\b[^>]*>', text):
            assert 'tabindex="0"' in tag, path
        assert not re.search(r"<dl>\s*<dd|<summary aria-label", text), path
    assert '<div class="parameters">' in (site / "api/graph.html").read_text("utf-8")


def test_every_board_has_a_card_a_picture_and_a_page_of_the_leaderboards(site):
    datasets = (site / "datasets.html").read_text("utf-8")
    leaderboards = (site / "leaderboards.html").read_text("utf-8")
    for board in BOARDS:
        assert (site / "cards" / f"{board}.html").exists()
        assert f'aria-label="composers-{board}' in datasets
        assert f'href="leaderboards/boards/{board}.html"' in leaderboards
        assert (site / "leaderboards" / "boards" / f"{board}.html").exists()


def documented(site):
    text = (site / "objects.inv").read_bytes()
    found = InventoryFile.loads(text, uri="")
    return {name for kind, names in found.data.items() if kind.startswith("py:") for name in names}


@pytest.mark.parametrize("module", PACKAGES, ids=lambda path: path.parent.name)
def test_every_public_name_is_on_the_api_pages(site, module):
    home = ".".join(module.parent.relative_to(ROOT).parts)
    names = public_names(home)
    parent = home.rpartition(".")[0]
    found = documented(site)
    for name in set(names) - {"__version__"}:
        if home == "musebench":
            home_of_name = musebench.HOMES.get(name, "musebench.datasets")
            assert f"{home_of_name}.{name}" in found
        else:
            assert {f"{home}.{name}", f"{parent}.{name}"} & found, name


def test_every_station_has_a_page_of_its_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    stations = set(layers) - WITHOUT_PAGE
    assert {page.stem for page in (DOCS / "api").glob("*.md")} == stations | {"index"}


def vocabulary():
    """Rows of the tables of the vocabulary: words, and words not to say."""
    text = (DOCS / "vocabulary.md").read_text("utf-8")
    for row in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
        cells = [cell.strip() for cell in row.split("|")]
        yield re.findall(r"`([a-z_]+)`", cells[0]), cells[3] if len(cells) == 4 else ""


def test_every_block_of_code_names_its_language():
    """Without a name, Sphinx colours it as Python and GitHub not at all."""
    sources = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "leaderboards").rglob("*.md")]
    marks = [mark for source in sources for mark in FENCE.findall(source.read_text("utf-8"))]
    languages = {language.split(" ")[0] for _, language in marks if not language.startswith("{")}
    assert languages == {"sh", "python", "text", "bibtex"}


def test_the_words_of_the_vocabulary_are_used():
    code = "\n".join(p.read_text("utf-8") for p in (ROOT / "musebench").rglob("*.py"))
    words = [word for row, _ in vocabulary() for word in row]
    assert len(words) > 40
    assert [word for word in words if not re.search(rf"\b{word}s?\b", code)] == []


def test_no_public_field_has_a_name_that_the_vocabulary_rules_out():
    ruled_out = {word for _, words in vocabulary() for word in words.split(", ") if word}
    assert {"bar", "track", "ppq"} <= ruled_out
    seen = set()
    for package in PACKAGES:
        module = ".".join(package.parent.relative_to(ROOT).parts)
        for name in public_names(module):
            fields = getattr(getattr(import_module(module), name), "__dataclass_fields__", {})
            assert not ruled_out & set(fields), name
            seen |= set(fields)
    assert {"onset_div", "measure_index"} <= seen
