"""Playback of the page of a score in a real browser: what sounds, when, and the line."""

import numpy as np
import pytest
from selenium.webdriver.common.by import By

from headless import MARKS, run_browser, set_screen
from made_scores import random_table
from musebench.see.piece import own_piece
from musebench.see.views import View, stage
from test_view_in_browser import wait

pytestmark = MARKS

RECORD = """
window.heard = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.heard.push([this.frequency.value, at]);
  return start.call(this, at);
};
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    yield from run_browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def shown():
    """A part of a score of several systems."""
    return View(
        stage(own_piece(random_table(700), "made up", "pitch-spelling"), {}, measures="3-9")
    )


@pytest.fixture
def visit(browser, shown, tmp_path):
    """Open the page at a width; afterwards the console must be empty."""

    def open_page(width=1280):
        shown.save(tmp_path / "page.html")
        set_screen(browser, width, "light")
        browser.get((tmp_path / "page.html").as_uri())
        wait(browser, "return document.documentElement.dataset.ready === 'true'")
        wait(browser, "return document.querySelector('.layer') !== null")
        browser.execute_script(RECORD)
        return browser

    browser.get_log("browser")
    yield open_page
    assert browser.get_log("browser") == []


def test_the_score_is_played_and_a_line_follows(shown, visit):
    """Each note sounds once, at its pitch and time; the line goes on, pauses and goes away."""
    browser, notes = visit(), shown.scene.piece.notes
    rows_shown = np.flatnonzero(shown.scene.places.is_shown)
    tempo = browser.find_element(By.NAME, "tempo")
    tempo.clear()
    tempo.send_keys("240")
    button = browser.find_element(By.NAME, "play")
    button.click()
    wait(browser, "return document.querySelector('.cursor') !== null")
    assert button.text == "pause"
    first = browser.execute_script("return document.querySelector('.cursor').getAttribute('x1')")
    wait(browser, f"return document.querySelector('.cursor').getAttribute('x1') !== '{first}'")
    button.click()
    heard = browser.execute_script("return window.heard")
    assert 0 < len(heard) < len(rows_shown)
    rows = rows_shown[: len(heard)]
    frequency, at = np.array(heard).T
    np.testing.assert_allclose(frequency, 440 * 2 ** ((notes.pitch[rows] - 69) / 12), rtol=1e-4)
    quarters = notes.onset_quarter[rows] - notes.onset_quarter[rows[0]]
    np.testing.assert_allclose(at - at[0], quarters / 4, atol=0.08)
    assert button.text == "play"
    assert browser.find_elements(By.CSS_SELECTOR, ".cursor")
    button.click()  # goes on where it was
    wait(browser, f"return window.heard.length > {len(heard)}")
    tempo.clear()
    tempo.send_keys("40")  # from here on, slower; nothing is skipped or comes again
    wait(browser, f"return window.heard.length > {len(heard) + 2}")
    again = browser.execute_script("return window.heard.map(([frequency]) => frequency)")
    sounded = np.array(again[len(heard) :])
    expected = 440 * 2 ** ((notes.pitch[rows_shown] - 69) / 12)
    assert any(
        np.allclose(sounded, expected[begin:][: len(sounded)], rtol=1e-4)
        for begin in range(1, len(heard))
    )
    browser.find_element(By.NAME, "stop").click()
    assert not browser.find_elements(By.CSS_SELECTOR, ".cursor")
    assert not browser.find_element(By.NAME, "stop").is_enabled()


def test_it_is_played_to_the_end_and_from_a_kept_note(shown, visit):
    browser = visit(width=390)
    rows = np.flatnonzero(shown.scene.places.is_shown)
    last = int(rows[-1])
    wait(browser, f"return document.querySelector('.hit[data-row=\"{last}\"]') !== null")
    hit = browser.find_element(By.CSS_SELECTOR, f'.hit[data-row="{last}"]')
    click = "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    browser.execute_script(click, hit)
    browser.find_element(By.NAME, "play").click()
    wait(browser, "return document.querySelector('[name=play]').textContent === 'play'")
    onset = shown.scene.piece.notes.onset_div
    together = int((onset[rows] == onset[last]).sum())
    assert len(browser.execute_script("return window.heard")) == together
