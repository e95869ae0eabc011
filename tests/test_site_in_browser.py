"""The web site in a real browser, from files: what readers do, and what must not happen."""

import json

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from headless import MARKS, contrast, luminance, run_browser, set_screen
from made_standings import BOARDS, ENTRIES, NO_ARCHIVE, hostile, write_site
from musebench.leaderboard.frozen import freeze
from musebench.leaderboard.render import render_site, write_files

FULL = "boards/asap-pitch-spelling.html"
METHODS = [entry.method for entry in ENTRIES]
ENTRY = "entries/asap-pitch-spelling/entry-01.html"
COMPARE = "compare/asap-pitch-spelling.html"
PAGES = [
    *(f"{name}.html" for name in ("index", "best", "matrix", "history", "data")),
    *(f"boards/{board.board}.html" for board in BOARDS),
    *(ENTRY, COMPARE),
]

pytestmark = MARKS


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    write_site(BOARDS, folder / "site", freeze(BOARDS, []))
    return folder / "site"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    yield from run_browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture
def visit(browser, site):
    """Open a page of the site at a size, in a mode; afterwards the console must be empty."""

    def open_page(path, width=1280, mode="light"):
        set_screen(browser, width, mode)
        browser.get((site / path).as_uri())
        return browser

    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get_log("browser")
    browser.get_log("performance")
    yield open_page
    assert browser.get_log("browser") == []


def methods(browser):
    """Full names of the methods of the rows that are seen, in order."""
    script = """return [...document.querySelectorAll("#entries tbody tr")]
        .filter((row) => row.offsetParent).map((row) => row.querySelector("th").dataset.value)"""
    return browser.execute_script(script)


def header(browser, name):
    (found,) = (
        th
        for th in browser.find_elements(By.CSS_SELECTOR, "#entries th[data-sort]")
        if th.is_displayed() and th.text.lower().startswith(name)
    )
    return found


def button(browser, name):
    return header(browser, name).find_element(By.TAG_NAME, "button")


def status(browser):
    return browser.find_element(By.ID, "status").text


def color(browser, selector, which="color"):
    return browser.find_element(By.CSS_SELECTOR, selector).value_of_css_property(which)


def test_sorting_by_click(visit):
    browser = visit(FULL)
    assert methods(browser) == METHODS
    button(browser, "parameters").click()
    assert header(browser, "parameters").get_attribute("aria-sort") == "ascending"
    rules = ["ps13s1", "CIV", "line-of-fifths", "krumhansl"]
    assert methods(browser)[:5] == [*rules, "MLP"]
    button(browser, "parameters").click()
    assert header(browser, "parameters").get_attribute("aria-sort") == "descending"
    assert methods(browser)[0] == METHODS[2]
    assert methods(browser)[-4:] == rules
    assert len(browser.find_elements(By.CSS_SELECTOR, "th[aria-sort]")) == 1
    assert status(browser) == "12 of 12 entries, by parameters, descending."


def test_sorting_by_keyboard(visit):
    browser = visit(FULL)
    button(browser, "accuracy, %").send_keys(Keys.ENTER)
    assert header(browser, "accuracy, %").get_attribute("aria-sort") == "descending"
    assert methods(browser) == METHODS
    browser.switch_to.active_element.send_keys(Keys.SPACE)
    assert header(browser, "accuracy, %").get_attribute("aria-sort") == "ascending"
    assert methods(browser) == [*METHODS[-2::-1], METHODS[-1]]  # what is missing stays last


def test_everything_is_reached_by_tab(visit):
    browser = visit(FULL)
    seen = []
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        element = browser.switch_to.active_element
        seen.append(element.get_attribute("id") or element.text or element.tag_name)
    assert seen[0] == "Skip to the content"
    assert {"metric", "search", "reset", "Rank", "Method", "NoteGNN"} <= set(seen)
    script = "return [...document.querySelectorAll('a.point')].filter((p) => p.tabIndex < 0).length"
    assert browser.execute_script(script) == 0


def test_search_and_filters(visit):
    browser = visit(FULL)
    search = browser.find_element(By.ID, "search")
    search.send_keys("MLP")
    assert methods(browser) == ["MLP, window of 9", "MLP"]
    assert status(browser).startswith("2 of 12 entries")
    search.send_keys(" window")
    assert methods(browser) == ["MLP, window of 9"]
    browser.find_element(By.ID, "reset").click()
    assert methods(browser) == METHODS
    for name, value in (("kind", "rule"), ("trust", "rerun"), ("family", "rule")):
        select = browser.find_element(By.CSS_SELECTOR, f"[data-filter={name}]")
        Select(select).select_by_value(value)
    assert methods(browser) == ["ps13s1", "krumhansl"]
    search.send_keys("nothing like it")
    assert methods(browser) == []
    assert status(browser).startswith("0 of 12 entries")


def test_the_metric_is_chosen(visit):
    browser = visit(FULL)

    def shown():
        headers = browser.find_elements(By.CSS_SELECTOR, "th[data-metric]")
        return [th.get_attribute("data-metric") for th in headers if th.is_displayed()]

    def figures():
        found = browser.find_elements(By.CSS_SELECTOR, "[data-figures]")
        return [f.get_attribute("data-figures") for f in found if f.is_displayed()]

    select = Select(browser.find_element(By.ID, "metric"))
    assert shown() == ["accuracy", "accuracy_up_to_shift"]
    assert figures() == ["accuracy"]
    select.select_by_value("error_rate")
    assert shown() == figures() == ["error_rate"]
    button(browser, "error rate").click()
    assert header(browser, "error rate").get_attribute("aria-sort") == "ascending"
    assert methods(browser) == METHODS
    select.select_by_value("all")
    assert len(shown()) == 5


def test_the_command_is_copied(visit):
    browser = visit(ENTRY)
    copy = browser.find_element(By.CSS_SELECTOR, ".command button")
    copy.click()
    browser.execute_script("return new Promise((done) => setTimeout(done, 100))")
    assert copy.text in ("Copied", "Selected")


def test_points_say_what_they_are(visit):
    browser = visit(FULL)
    point = browser.find_element(By.CSS_SELECTOR, "a.point")
    browser.execute_script("arguments[0].focus()", point)
    tip = point.find_element(By.CSS_SELECTOR, ".tip")
    assert tip.value_of_css_property("visibility") == "visible"
    assert tip.text == "NoteGNN: 98.12 % [97.72, 98.44], 412 k"
    point.send_keys(Keys.ENTER)
    assert browser.current_url.endswith(ENTRY)


@pytest.mark.parametrize("path", PAGES)
def test_dark_mode_changes_colours_and_keeps_contrast(visit, path):
    papers = []
    for mode in ("light", "dark"):
        browser = visit(path, mode=mode)
        paper = color(browser, "body", "background-color")
        papers.append(luminance(paper))
        for selector in ("body", "h1", "a.home", "footer p"):
            assert contrast(color(browser, selector), paper) >= 4.5
    assert papers[0] > 0.8
    assert papers[1] < 0.05


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast_of_badges_and_heat(visit, mode):
    browser = visit(FULL, mode=mode)
    paper = color(browser, "body", "background-color")
    for trust in ("reported", "recomputed", "rerun"):
        back = color(browser, f".trust-{trust}", "background-color")
        back = paper if back.endswith(", 0)") else back
        assert contrast(color(browser, f".trust-{trust}"), back) >= 4.5
    ink = color(browser, "td.heat-7")
    rgb, alpha = color(browser, "td.heat-7", "background-color")[5:-1].rsplit(",", 1)
    under = [float(x) for x in paper[paper.index("(") + 1 : -1].split(",")[:3]]
    over = [float(x) for x in rgb.split(",")]
    mixed = [o * float(alpha) + u * (1 - float(alpha)) for o, u in zip(over, under, strict=True)]
    assert contrast(ink, f"rgb({mixed[0]}, {mixed[1]}, {mixed[2]})") >= 4.5


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_the_page_never_scrolls_sideways(visit, path, width):
    browser = visit(path, width=width)
    root = "document.documentElement"
    assert browser.execute_script(f"return {root}.scrollWidth <= {root}.clientWidth")
    assert browser.execute_script(f"scrollTo(500, 0); return {root}.scrollLeft") == 0


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_asked_of_the_network(visit, site, path):
    browser = visit(path)
    messages = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert (site / path).as_uri() in asked
    assert (site / "style.css").as_uri() in asked
    assert all(url.startswith(site.as_uri()) for url in asked)


def test_without_javascript_the_table_is_complete(visit, browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    visit(FULL)
    rows = browser.find_elements(By.CSS_SELECTOR, "#entries tbody tr")
    assert len(rows) == 12
    assert all(cell.is_displayed() for cell in rows[0].find_elements(By.CSS_SELECTOR, "td, th"))
    assert len(rows[0].find_elements(By.CSS_SELECTOR, "td.metric")) == 5
    assert browser.find_element(By.CSS_SELECTOR, "svg.scatter").is_displayed()
    assert not browser.find_element(By.ID, "controls").is_displayed()
    assert browser.find_elements(By.CSS_SELECTOR, "button:not(#reset)") == []
    visit(ENTRY)
    assert browser.find_element(By.CSS_SELECTOR, "pre").is_displayed()
    visit(COMPARE)
    assert browser.find_element(By.LINK_TEXT, "works.csv").is_displayed()


@pytest.mark.parametrize(
    "attack",
    [
        '"><img src=x onerror="window.hit=1"><svg onload="window.hit=1">',
        "</title></script><script>window.hit=1</script>",
        "javascript:window.hit=1",
        "'+(window.hit=1)+'\"+(window.hit=1)+\"",
    ],
)
def test_hostile_text_does_nothing(visit, browser, site, attack):
    pages = render_site([hostile(attack)], NO_ARCHIVE)
    folder = site / "hostile"
    write_files({folder / path: text for path, text in pages.items()})
    entry = "entries/asap-pitch-spelling/1.html"
    for path in ("best.html", "history.html", COMPARE, entry):
        visit(f"hostile/{path}")
        assert browser.execute_script("return window.hit === undefined")
    visit(f"hostile/{entry}")
    assert attack in browser.find_element(By.TAG_NAME, "h1").text
    visit(f"hostile/{FULL}")
    button(browser, "method").click()
    browser.find_element(By.ID, "search").send_keys('x"')
    browser.find_element(By.ID, "reset").click()
    assert browser.execute_script("return window.hit === undefined")


def test_the_policy_forbids_what_is_not_our_own(browser, visit, site):
    """Were there a hole in the escaping, a script in the page would still not run."""
    page = (site / "index.html").read_text("utf-8")
    path = site / "hole.html"
    path.write_text(page.replace("<main", "<script>window.hit=1</script><main"), "utf-8")
    visit("hole.html")
    assert browser.execute_script("return window.hit === undefined")
    (entry,) = browser.get_log("browser")
    assert "Content Security Policy" in entry["message"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_landmarks_names_and_unique_ids(visit, path):
    browser = visit(path)
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(browser.find_elements(By.TAG_NAME, landmark)) == 1
    script = """const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
        const missing = [...document.querySelectorAll("[aria-labelledby]")]
            .filter((e) => !document.getElementById(e.getAttribute("aria-labelledby")));
        const unnamed = [...document.querySelectorAll("input, select")]
            .filter((e) => !e.labels.length);
        return [ids.length - new Set(ids).size, missing.length, unnamed.length]"""
    assert browser.execute_script(script) == [0, 0, 0]


def test_the_way_there_and_back(visit):
    browser = visit("index.html")
    browser.find_element(By.LINK_TEXT, "difficulty").click()
    assert browser.title == "difficulty \N{EN DASH} musebench leaderboards"
    browser.find_element(By.LINK_TEXT, "leaderboards").click()
    assert browser.title == "musebench leaderboards"


def test_what_is_chosen_stands_in_the_address(visit, browser, site):
    visit(FULL)
    Select(browser.find_element(By.ID, "metric")).select_by_value("error_rate")
    Select(browser.find_element(By.CSS_SELECTOR, "[data-filter=kind]")).select_by_value("learned")
    browser.find_element(By.ID, "search").send_keys("gnn")
    button(browser, "parameters").click()
    address, shown = browser.current_url, methods(browser)
    assert shown == ["NoteGNN", "untrained twin", "MetricalGNN"] or len(shown) > 1
    assert "#?" in address
    visit("index.html")
    browser.get(address)
    assert methods(browser) == shown
    assert Select(browser.find_element(By.ID, "metric")).first_selected_option.text == "error rate"
    assert header(browser, "parameters").get_attribute("aria-sort") == "ascending"
    browser.find_element(By.ID, "reset").click()
    assert "kind" not in browser.current_url
    browser.get(address.partition("#")[0] + "#?metric=nonsense&kind=%3Cb%3E&sort=99.x")
    assert len(methods(browser)) == 12


def test_limits_of_cost_and_licence(visit):
    browser = visit(FULL)

    def choose(which, value):
        Select(browser.find_element(By.CSS_SELECTOR, which)).select_by_value(value)
        return methods(browser)

    assert "MetricalGNN" not in choose("[data-limit=parameters]", "1000000.0")
    browser.find_element(By.ID, "reset").click()
    assert choose("[data-limit=prediction]", "1") == ["MLP", "untrained twin"]  # rules: unknown
    browser.find_element(By.ID, "reset").click()
    assert choose("[data-filter=licence]", "other data") == [METHODS[2]]
    browser.find_element(By.ID, "reset").click()
    assert choose("[data-filter=licence]", "none") == [
        "ps13s1",
        "CIV",
        "line-of-fifths",
        "krumhansl",
    ]


def test_two_entries_are_compared_work_by_work(visit, browser, site):
    visit(COMPARE)
    assert browser.find_element(By.ID, "status").text.startswith("31 works: NoteGNN has the larger")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#plot circle")) == 31
    assert "0.17" in browser.find_element(By.ID, "pair").text
    Select(browser.find_element(By.ID, "b")).select_by_visible_text("ps13s1")
    assert "ps13s1" in status(browser)
    address = browser.current_url
    assert address.endswith("#?a=entry-01&b=entry-05")
    visit("index.html")
    browser.get(address)
    assert "ps13s1" in status(browser)
    assert "not ranked against each other" in browser.find_element(By.ID, "pair").text


def test_works_of_an_entry_are_sorted(visit):
    browser = visit(ENTRY)
    browser.find_element(By.CSS_SELECTOR, "details summary").click()
    table = browser.find_element(By.CSS_SELECTOR, "table.sortable")
    table.find_elements(By.CSS_SELECTOR, "th button")[2].click()
    cells = table.find_elements(By.CSS_SELECTOR, "tbody td:last-child")
    values = [float(cell.text) for cell in cells]
    assert values == sorted(values)
    assert len(values) == 31
