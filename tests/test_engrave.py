"""Engraving: every note of the table is drawn where it sounds, and is found again."""

import sys

import numpy as np
import pytest

from made_scores import random_table, table_of
from musebench.errors import EngravingError
from musebench.score import SYSTEM_WIDTH, engrave, read_score
from musebench.see.places import Places
from musebench.see.roll import roll
from musebench.see.views import NARROW, view

SCORES = ["divisions.musicxml", "duet.musicxml", "piano.musicxml", "duet.krn", "duet.mei"]


@pytest.mark.parametrize("draw", [engrave, roll])
@pytest.mark.parametrize("name", SCORES)
def test_every_note_has_one_first_head(toy, name, draw):
    notes = read_score(toy / name)
    heads = draw(notes).heads
    assert heads.row[heads.part == 0].tolist() == list(range(len(notes)))


@pytest.mark.parametrize("width", [SYSTEM_WIDTH, NARROW])
@pytest.mark.parametrize("draw", [engrave, roll])
def test_heads_stand_in_the_order_of_time_and_in_their_measure(draw, width):
    notes = random_table()
    drawn = draw(notes, width=width)
    assert {system.width for system in drawn.systems} == {width}
    heads = drawn.heads
    first = heads.part == 0
    row, system, x = heads.row[first], heads.system[first], heads.x[first]
    box_of = {b.index: (n, b) for n, s in enumerate(drawn.systems) for b in s.measures}
    assert sorted(box_of) == list(range(len(notes.measures)))
    for note, number, place in zip(row, system, x, strict=True):
        in_system, box = box_of[int(notes.measure_index[note])]
        assert in_system == number
        assert box.left <= place <= box.right < width
    for number in range(len(drawn.systems)):
        here = system == number
        onsets = notes.onset_div[row[here]]
        starts = [x[here][onsets == time].min() for time in np.unique(onsets)]
        assert np.all(np.diff(starts) > 0)


@pytest.mark.parametrize("as_roll", [False, True])
def test_narrow_systems_have_the_same_notes_and_times(as_roll):
    scene = view(random_table(700), measures="3-9", as_roll=as_roll).scene
    wide, narrow = scene.content()["layouts"]
    assert len(narrow["systems"]) > len(wide["systems"])
    for one, other in zip(wide["heads"][:2], narrow["heads"][:2], strict=True):
        assert sorted(one) == sorted(other)
    for kind in ("beat", "measure"):
        assert [at is None for at in narrow[kind]] == [at is None for at in wide[kind]]


def test_higher_notes_stand_higher(toy):
    notes = read_score(toy / "piano.musicxml")
    heads = roll(notes).heads
    order = np.argsort(notes.pitch[heads.row], kind="stable")
    assert np.all(np.diff(heads.y[order]) <= 0)


def test_what_is_tied_belongs_to_its_note():
    notes = table_of([0, 6, 8], [2, 8, 2])  # the second note ends in the next measure
    heads = engrave(notes).heads
    drawn = list(zip(heads.row.tolist(), heads.part.tolist(), strict=True))
    assert drawn == [(0, 0), (1, 0), (1, 1), (2, 0)]


def test_each_head_has_its_id_in_the_picture():
    drawn = engrave(random_table(100))
    heads = drawn.heads
    for row, part, system in zip(heads.row, heads.part, heads.system, strict=True):
        name = f"n{row}-{part}" if part else f"n{row}"
        assert f'<g id="{name}" class="note' in drawn.systems[system].svg


@pytest.mark.parametrize("draw", [engrave, roll])
def test_measures_are_chosen(draw):
    notes = random_table()
    drawn = draw(notes, (2, 4))
    shown = drawn.heads.row[drawn.heads.part == 0]
    expected = np.flatnonzero((notes.measure_index >= 2) & (notes.measure_index <= 4))
    # Heads that are tied to earlier notes are drawn, too; they are not first heads.
    assert shown.tolist() == expected.tolist()
    assert [box.index for system in drawn.systems for box in system.measures] == [2, 3, 4]


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(sys.modules["musebench.score.engrave"], "MAX_ENGRAVED", 2)
    with pytest.raises(EngravingError, match="it has 3 notes, and up to 2 are engraved"):
        engrave(table_of([0, 2, 4], [2, 2, 2]))


def test_notes_that_outlast_the_measures_are_drawn():
    notes = table_of([0, 4], [2, 200])
    drawn = engrave(notes)
    assert [box.index for system in drawn.systems for box in system.measures] == [0]
    assert drawn.systems[-1].measures == ()
    places = Places(notes, drawn)
    assert places.is_shown.all()
    assert [place is None for place in places.of_times(np.array([0, 4, 8]))] == [False, False, True]
