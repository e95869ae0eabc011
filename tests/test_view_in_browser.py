"""The page of a score in a real browser: every edge it draws, and what its readers do."""

import json
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from headless import MARKS, contrast, luminance, run_browser, set_screen
from made_scores import random_table
from musebench.graph import RELATIONS
from musebench.score import PartTable
from musebench.see.colors import BOWS
from musebench.see.picture import curve
from musebench.see.piece import own_piece
from musebench.see.views import View, stage

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    yield from run_browser(tmp_path_factory.mktemp("profile"))


def view_of(notes, wrong=(), **options):
    """A view of made-up notes, two of whose predictions of spelling are wrong."""
    piece = own_piece(notes, "made up", "pitch-spelling")
    said = {head: labels.copy() for head, labels in piece.labels.items()}
    said["spelling"][list(wrong)] = (said["spelling"][list(wrong)] + 7) % 35
    other = {"spelling": piece.labels["spelling"].copy()}
    other["spelling"][list(wrong)[:1]] = 0
    return View(stage(piece, {"one": said, "two": other} if wrong else {}, **options))


WRONG = (10, 20, 250)


@pytest.fixture(scope="module")
def views():
    notes = random_table(700)
    return {
        "whole": view_of(notes),
        "part": view_of(notes, measures="3-9"),
        "roll": view_of(notes, as_roll=True),
        "errors": view_of(notes, WRONG, explains=True),
    }


@pytest.fixture(scope="module")
def pages(views, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, shown in views.items():
        shown.save(folder / f"{name}.html")
    return folder


def opener(browser, pages):
    """Opens a page at a size, in a mode."""

    def open_page(name, width=1280, mode="light"):
        set_screen(browser, width, mode)
        browser.get((pages / f"{name}.html").as_uri())
        wait(browser, "return document.documentElement.dataset.ready === 'true'")
        wait(browser, "return document.querySelector('.layer') !== null")
        return browser

    return open_page


@pytest.fixture
def visit(browser, pages):
    """Open a page; afterwards the console must be empty."""
    browser.get_log("browser")
    browser.get_log("performance")
    yield opener(browser, pages)
    assert browser.get_log("browser") == []


def wait(browser, script):
    WebDriverWait(browser, 60, 0.05).until(lambda b: b.execute_script(script))


def draw_all(browser):
    """All systems, as for print."""
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")


def switch(browser, name):
    browser.find_element(By.NAME, name).click()


def drawn_curves(browser, selector=".edges .edge"):
    """Relation, source, target and path of each curve that is seen."""
    script = """return [...document.querySelectorAll(arguments[0])]
        .filter((e) => e.checkVisibility())
        .map((e) => [e.dataset.relation, e.dataset.edges, e.getAttribute("d")])"""
    curves = []
    for relation, edges, path in browser.execute_script(script, selector):
        notes, paths = list(map(int, edges.split())), path.split("M")[1:]
        pairs = zip(notes[::2], notes[1::2], paths, strict=True)
        curves += [(relation, u, v, f"M{d}") for u, v, d in pairs]
    return curves


def drawn_edges(browser, selector=".edges .edge"):
    """Relation, source and target of all that is drawn, each once."""
    return {curve[:3] for curve in drawn_curves(browser, selector)}


def edges_of(scene, *relations):
    """The edges that a page draws: one line stands for both directions of an onset edge."""
    found = set()
    for relation in relations:
        for u, v in scene.edges(relation).T.tolist():
            if relation != "onset" or u < v:
                found.add((relation, u, v))
    return found


def circle(browser, row):
    return browser.find_element(By.CSS_SELECTOR, f'.hit[data-row="{row}"]')


def point_at(browser, row):
    script = "arguments[0].dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))"
    browser.execute_script(script, circle(browser, row))


@pytest.mark.parametrize("name", ["whole", "part", "roll"])
def test_every_drawn_edge_is_in_the_graph_and_every_edge_is_drawn(visit, views, name):
    browser, scene = visit(name), views[name].scene
    draw_all(browser)
    assert drawn_edges(browser) == set()  # at first, a note shows its own
    switch(browser, "all")
    assert drawn_edges(browser) == edges_of(scene, *RELATIONS)
    graph, shown = scene.piece.graph, scene.places.is_shown
    for relation in RELATIONS:
        edges = graph["note", relation, "note"].edge_index.numpy()
        assert scene.edges(relation).shape[1] == shown[edges].all(axis=0).sum()


def test_reverse_edges_are_those_of_the_graph(visit, views):
    browser, scene = visit("part"), views["part"].scene
    draw_all(browser)
    switch(browser, "all")
    switch(browser, "reverse")
    shown = scene.places.is_shown
    expected = set()
    for source, relation, target in scene.piece.graph.edge_types:
        if source == target == "note":
            edges = scene.piece.graph[source, relation, target].edge_index.numpy()
            edges = edges[:, shown[edges].all(axis=0)]
            expected |= {(relation, u, v) for u, v in edges.T.tolist()}
    assert drawn_edges(browser) == expected


def test_relations_are_switched(visit, views):
    browser, scene = visit("part"), views["part"].scene
    draw_all(browser)
    switch(browser, "all")
    switch(browser, "consecutive")
    assert drawn_edges(browser) == edges_of(scene, "onset", "during", "rest")
    switch(browser, "onset")
    switch(browser, "rest")
    assert drawn_edges(browser) == edges_of(scene, "during")
    switch(browser, "onset")
    assert drawn_edges(browser) == edges_of(scene, "onset", "during")


def test_beats_and_measures_are_those_of_the_graph(visit, views):
    browser, scene = visit("part"), views["part"].scene
    draw_all(browser)
    graph = scene.piece.graph
    in_measures = np.flatnonzero((scene.piece.notes.measure_index >= 2) & scene.places.is_shown)
    for kind in ("beat", "measure"):
        assert browser.find_elements(By.CSS_SELECTOR, f".{kind} .node") == []
        switch(browser, kind)
        pairs = browser.execute_script(
            """return [...document.querySelectorAll(`.${arguments[0]} .connects`)]
                .map((e) => [Number(e.dataset.u), Number(e.dataset.v)])""",
            kind,
        )
        expected = graph["note", "connects", kind].edge_index.numpy()
        expected = expected[:, np.isin(expected[0], in_measures)]
        assert {tuple(p) for p in pairs} == set(map(tuple, expected.T.tolist()))
        assert (
            len(browser.find_elements(By.CSS_SELECTOR, f".{kind} .node"))
            == {
                "beat": 28,
                "measure": 7,
            }[kind]
        )
        switch(browser, kind)


def test_curves_are_those_of_the_static_picture(visit, views):
    browser, scene = visit("whole"), views["whole"].scene
    draw_all(browser)
    switch(browser, "all")
    heads, first = scene.engraving.heads, scene.places.head_of
    found = drawn_curves(browser, ".edges .edge:not(.stub)")
    assert len(found) > 500
    for relation, u, v, path in found:
        ends = [(heads.x[first[note]], heads.y[first[note]]) for note in (u, v)]
        assert path == curve(*ends, BOWS[relation])


def test_systems_are_drawn_when_they_come_into_view(visit, views):
    browser, scene = visit("whole"), views["whole"].scene
    number = len(scene.engraving.systems)
    count = "return document.querySelectorAll('.layer.over').length"
    assert 0 < browser.execute_script(count) < number
    browser.execute_script("scrollTo(0, document.body.scrollHeight)")
    last = f"return document.querySelector('[data-system=\"{number - 1}\"] .layer') !== null"
    wait(browser, last)


def test_neighbours_light_up(visit, views):
    browser, scene = visit("whole"), views["whole"].scene
    row = 12
    point_at(browser, row)
    expected = {
        edge for edge in edges_of(scene, "consecutive", "during", "rest") if row in edge[1:]
    }
    expected |= {("onset", u, v) for u, v in scene.edges("onset").T.tolist() if u == row}
    assert drawn_edges(browser, ".lit .edge") == expected
    lit = browser.execute_script(
        "return [...document.querySelectorAll('.lit .near')].map((e) => Number(e.dataset.row))"
    )
    assert sorted(lit) == sorted({n for _, u, v in expected for n in (u, v)} - {row})
    panel = browser.find_element(By.ID, "note").text
    names = scene.content()["notes"]["name"]
    assert panel.startswith(names[row])
    assert "consecutive →" in panel
    spoken = browser.find_element(By.ID, "spoken").get_attribute("textContent")
    counts = dict(item.rsplit(" ", 1) for item in spoken.split(", "))
    assert counts["onset"] == str(sum(relation == "onset" for relation, _, _ in expected))
    assert counts["consecutive to"] == str(
        sum((relation, u) == ("consecutive", row) for relation, u, _ in expected)
    )
    assert "log_duration_quarter" in panel


def test_the_slider_widens_the_neighbourhood(visit, views):
    browser, scene = visit("whole"), views["whole"].scene
    draw_all(browser)
    row = 60
    beside = {}
    for relation in RELATIONS:
        for u, v in scene.edges(relation).T.tolist():
            beside.setdefault(u, set()).add(v)
            beside.setdefault(v, set()).add(u)
    hop_of, waiting = {row: 0}, deque([row])
    while waiting:
        note = waiting.popleft()
        for other in beside[note] - hop_of.keys():
            hop_of[other] = hop_of[note] + 1
            waiting.append(other)
    point_at(browser, row)
    slider = browser.find_element(By.NAME, "hops")
    for hops in (2, 3):
        slider.send_keys(Keys.ARROW_RIGHT)
        found = browser.execute_script(
            """return [...document.querySelectorAll('.lit .near')]
                .map((e) => [Number(e.dataset.row), Number(e.dataset.hop)])"""
        )
        assert {tuple(f) for f in found} == {
            (note, hop) for note, hop in hop_of.items() if 0 < hop <= hops
        }


def test_a_batch_shows_targets_and_hops(visit, views):
    browser, batch = visit("whole"), views["whole"].scene.batch
    draw_all(browser)
    switch(browser, "batch")
    rows = """return [...document.querySelectorAll(arguments[0])]
        .map((e) => Number(e.dataset.row)).sort((a, b) => a - b)"""
    assert browser.execute_script(rows, ".marks .target") == np.flatnonzero(batch.hop == 0).tolist()
    for hop in (1, 2):
        selector = f'.marks .hop[data-hop="{hop}"]'
        assert browser.execute_script(rows, selector) == np.flatnonzero(batch.hop == hop).tolist()
    expected = {
        (relation, u, v) for relation, pairs in batch.edges.items() for u, v in pairs.T.tolist()
    }
    assert drawn_edges(browser) == expected
    assert batch.about in browser.find_element(By.ID, "legend").text


def test_keys_lead_through_the_score(visit, views):
    browser, notes = visit("whole"), views["whole"].scene.piece.notes

    def focused():
        return browser.execute_script("return Number(document.activeElement.dataset.row)")

    browser.execute_script("arguments[0].focus()", circle(browser, 0))
    onsets = [0]
    for _ in range(3):
        browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
        onsets.append(int(notes.onset_index[focused()]))
    assert onsets == [0, 1, 2, 3]
    browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert notes.onset_index[focused()] == 2
    chord = np.flatnonzero(notes.onset_index == np.bincount(notes.onset_index[:40]).argmax())
    browser.execute_script("arguments[0].focus()", circle(browser, chord[0]))
    browser.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert focused() == chord[1]
    browser.switch_to.active_element.send_keys(Keys.END)
    assert focused() == len(notes) - 1
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert "kept" in browser.find_element(By.ID, "note").text
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert "Point at a note" in browser.find_element(By.ID, "note").text
    assert len(browser.find_elements(By.CSS_SELECTOR, '.hit[tabindex="0"]')) == 1
    label = browser.switch_to.active_element.get_attribute("aria-label")
    assert label.endswith(f"beat {1 + notes.beat_position[-1]:g}")


def test_errors_are_coloured_counted_and_visited(visit):
    browser = visit("errors")
    draw_all(browser)
    marked = "return [...document.querySelectorAll('.wrong')].map((e) => Number(e.dataset.row))"
    assert sorted(browser.execute_script(marked)) == list(WRONG)
    status = browser.find_element(By.ID, "error-status")
    assert status.text == "3 errors"
    for i, row in enumerate((*WRONG, WRONG[0])):
        switch(browser, "next")
        assert status.text == f"{i % 3 + 1} of 3"
        assert browser.execute_script("return document.activeElement.dataset.row") == str(row)
    switch(browser, "previous")
    assert status.text == "3 of 3"
    panel = browser.find_element(By.ID, "note")
    wrong = [cell.text for cell in panel.find_elements(By.CSS_SELECTOR, "td.is-wrong")]
    assert len(wrong) == 1
    chosen = Select(browser.find_element(By.NAME, "errorClass"))
    chosen.select_by_index(1)
    (count,) = [int(part.strip("()")) for part in chosen.first_selected_option.text.split()[1:]]
    assert 1 <= count < 3
    assert status.text in (f"{count} errors", *(f"{i + 1} of {count}" for i in range(count)))
    Select(browser.find_element(By.NAME, "paint")).select_by_visible_text("spelling, two: errors")
    assert browser.execute_script(marked) in ([WRONG[0]], [])


def test_notes_take_the_colour_of_their_class(visit):
    browser = visit("errors")
    Select(browser.find_element(By.NAME, "paint")).select_by_visible_text("spelling, label")
    colors = browser.execute_script(
        """return [...document.querySelectorAll('g.note')].slice(0, 30)
            .map((e) => getComputedStyle(e).color)"""
    )
    assert len(set(colors)) > 3
    assert browser.find_element(By.ID, "legend").text != ""


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_and_lines_stand_out_from_the_paper(visit, mode):
    browser = visit("whole", mode=mode)
    switch(browser, "all")

    def css(selector, name):
        return browser.find_element(By.CSS_SELECTOR, selector).value_of_css_property(name)

    paper = css("body", "background-color")
    assert (luminance(paper) > 0.8) == (mode == "light")
    for selector in ("h1", ".facts", "label", "legend", ".count", ".hint"):
        assert contrast(css(selector, "color"), paper) >= 4.5
    assert contrast(css(".music svg", "color"), paper) >= 7
    for relation in RELATIONS:
        assert contrast(css(f".edges .edge.{relation}", "stroke"), paper) >= 3


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_never_scrolls_sideways(visit, width):
    browser = visit("errors", width=width)
    root = "document.documentElement"
    assert browser.execute_script(f"return {root}.scrollWidth <= {root}.clientWidth")


def test_nothing_is_asked_of_the_network(visit, pages):
    browser = visit("whole")
    messages = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert asked == {(pages / "whole.html").as_uri()}


def test_all_is_printed_in_light_colours(visit, views):
    browser = visit("whole", mode="dark")
    # What is far away goes again soon after the printing, so it is counted at its end.
    browser.execute_script(
        """addEventListener("afterprint", () => {
            window.printed = document.querySelectorAll(".layer.over").length;
        });"""
    )
    pdf = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    assert len(pdf) > 100_000
    wait(browser, "return window.printed !== undefined")
    printed = browser.execute_script("return window.printed")
    assert printed == len(views["whole"].scene.engraving.systems)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    paper = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert luminance(paper) > 0.8
    assert not browser.find_element(By.NAME, "onset").is_displayed()
    assert browser.find_element(By.CLASS_NAME, "relation").is_displayed()  # it is the legend
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_page_has_landmarks_names_and_unique_ids(visit):
    browser = visit("errors")
    draw_all(browser)
    for landmark in ("header", "main", "aside", "footer", "h1"):
        assert len(browser.find_elements(By.TAG_NAME, landmark)) == 1
    script = """const ids = [...document.querySelectorAll("[id]")].map((e) => e.id)
            .filter((id) => /^n\\d/.test(id) || !document.getElementById(id).closest("svg"));
        const unnamed = [...document.querySelectorAll("input, select")]
            .filter((e) => !e.labels.length);
        const hits = [...document.querySelectorAll(".hit")].filter((e) => !e.ariaLabel);
        return [ids.length - new Set(ids).size, unnamed.length, hits.length]"""
    assert browser.execute_script(script) == [0, 0, 0]


def test_hostile_text_does_nothing(visit, browser, pages):
    attack = '</script><img src=x onerror="window.hit=1"><svg onload="window.hit=1">'
    notes = random_table(20)
    notes = replace(notes, parts=PartTable(np.array([attack])))
    piece = replace(own_piece(notes, "made up", "pitch-spelling"), title=attack)
    View(stage(piece, {attack: piece.labels})).save(pages / "hostile.html")
    visit("hostile")
    draw_all(browser)
    point_at(browser, 0)
    assert browser.execute_script("return window.hit === undefined")
    assert browser.find_element(By.TAG_NAME, "h1").text == attack


def test_a_notebook_shows_the_page(visit, browser, views, pages):
    frame = views["part"]._repr_html_()
    (pages / "notebook.html").write_text(f"<!doctype html><title>n</title>{frame}", "utf-8")
    browser.get((pages / "notebook.html").as_uri())
    browser.switch_to.frame(0)
    wait(browser, "return document.documentElement.dataset.ready === 'true'")
    draw_all(browser)
    browser.execute_script("document.querySelector('[name=all]').click()")
    assert drawn_edges(browser) == edges_of(views["part"].scene, *RELATIONS)
    browser.switch_to.default_content()
