"""The size of the score on its page in a real browser, the names of lanes, and confidence."""

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from headless import MARKS, run_browser
from made_scores import random_table
from musebench.graph import RELATIONS
from musebench.see.colors import BOWS
from musebench.see.picture import curve
from musebench.see.piece import own_piece
from musebench.see.views import View, stage
from test_view_in_browser import (
    circle,
    draw_all,
    drawn_curves,
    drawn_edges,
    edges_of,
    opener,
    point_at,
    switch,
    view_of,
    wait,
)

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    yield from run_browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def views():
    notes = random_table(700)
    return {"whole": view_of(notes), "lanes": lanes_of(notes)}


@pytest.fixture(scope="module")
def pages(views, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, shown in views.items():
        shown.save(folder / f"{name}.html")
    return folder


@pytest.fixture
def visit(browser, pages):
    """Open a page at a width; afterwards the console must be empty."""
    browser.get_log("browser")
    yield opener(browser, pages)
    assert browser.get_log("browser") == []


def lanes_of(notes):
    """Phrase ends of two predictors, one of which is sure to 75 %."""
    piece = own_piece(notes, "made up", "phrase")
    ends = np.arange(int(notes.onset_index[-1]) + 1) % 5 == 0
    score = np.where(ends[:, None], [[0.25, 0.75]], [[0.75, 0.25]])
    said = {"phrase_end": ends.astype(np.int64)}
    return View(stage(piece, {"one": said | {"phrase_end_score": score}, "two": said}))


def test_a_narrow_screen_has_systems_that_fit(visit, views):
    browser, scene = visit("whole", width=390), views["whole"].scene
    drawn = scene.draw_narrow()
    assert len(browser.find_elements(By.CSS_SELECTOR, ".sheet")) == len(drawn.systems)
    room, content = browser.execute_script(
        "const s = document.getElementById('score'); return [s.clientWidth, s.scrollWidth]"
    )
    assert content <= room
    draw_all(browser)
    switch(browser, "all")
    assert drawn_edges(browser) == edges_of(scene, *RELATIONS)
    first = {int(row): i for i, row in reversed(list(enumerate(drawn.heads.row)))}
    for _, u, v, path in drawn_curves(browser, ".edges .edge[data-relation=during]:not(.stub)"):
        ends = [(drawn.heads.x[first[note]], drawn.heads.y[first[note]]) for note in (u, v)]
        assert path == curve(*ends, BOWS["during"])


def size_of(browser, row):
    """Diameter of the circle around a note, in pixels."""
    return circle(browser, row).rect["width"]


def test_the_score_is_zoomed_and_stays_where_it_was(visit, views):
    """Twice as large, in narrower systems, so that nothing lies beside the screen."""
    browser, scene = visit("whole"), views["whole"].scene
    row = 250
    number = scene.engraving.heads.system[scene.places.head_of[row]]
    sheet = browser.find_element(By.CSS_SELECTOR, f'[data-system="{number}"]')
    browser.execute_script("arguments[0].scrollIntoView()", sheet)
    wait(browser, f"return document.querySelector('.hit[data-row=\"{row}\"]') !== null")
    browser.execute_script(
        "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", circle(browser, row)
    )
    before = size_of(browser, row)
    zoom = Select(browser.find_element(By.NAME, "zoom"))
    zoom.select_by_visible_text("200 %")
    wait(browser, f"return document.querySelector('.hit[data-row=\"{row}\"]') !== null")
    assert size_of(browser, row) == pytest.approx(2 * before, rel=0.02)
    top, height, content, room = browser.execute_script(
        """const score = document.getElementById("score");
        const { top } = arguments[0].getBoundingClientRect();
        return [top, innerHeight, score.scrollWidth, score.clientWidth]""",
        circle(browser, row),
    )
    assert 0 < top < height
    assert content <= room
    assert "kept" in browser.find_element(By.ID, "note").text
    assert drawn_edges(browser, ".lit .edge")
    zoom.select_by_visible_text("100 %")
    wait(browser, f"return document.querySelector('.hit[data-row=\"{row}\"]') !== null")
    assert size_of(browser, row) == pytest.approx(before, rel=0.02)
    assert len(browser.find_elements(By.CSS_SELECTOR, ".sheet")) == len(scene.engraving.systems)


def test_lanes_are_named_and_predictions_say_how_sure_they_are(visit):
    browser = visit("lanes")
    captions = browser.find_elements(By.CSS_SELECTOR, '[data-system="0"] .caption')
    assert [caption.text for caption in captions] == ["phrase end, one", "phrase end, two"]
    point_at(browser, 0)
    cells = browser.find_elements(By.CSS_SELECTOR, "#note table:first-of-type td")
    assert cells[0].text.endswith("(75 %)")
    assert "%" not in cells[1].text
