"""Changed scores: what they are, and which predictions they flip."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import toy_board
from made_scores import table_of
from musebench import build_graph, read_score
from musebench.cli.app import app
from musebench.evaluation import Evaluator
from musebench.features import note_features
from musebench.models import rules_of
from musebench.pitch import STEP_TO_PITCH_CLASS, STEP_TO_TPC
from musebench.symmetry import CHANGES, flipped, sensitivities
from musebench.symmetry.changes import ADDED
from musebench.symmetry.flips import moved_labels
from musebench.tasks import MELODY, PITCH_SPELLING, TASKS
from musebench.train import make_predictions, plan_run

TRANSPOSED = [name for name in CHANGES if name.startswith("transposed")]
VOICES = TASKS["voice-separation"]


@pytest.fixture(params=["piano", "duet"])
def notes(toy, request):
    return read_score(toy / f"{request.param}.musicxml")


def changed(name, notes, seed=0):
    return CHANGES[name](notes, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("fifths", "semitones", "moved"),
    [
        (-5, "-6", 1),
        (-5, "+6", 1),
        (-5, "-1", 0),
        (-5, "+1", 2),
        (5, "-1", -2),
        (5, "+1", 0),
        (-6, "+1", 1),
        (6, "-1", -1),
        (3, "+2", 5),
        (0, "+6", -6),
        (1, "+6", -5),
    ],
)
def test_a_transposed_score_is_in_the_key_of_fewest_accidentals(fifths, semitones, moved):
    tpc = np.arange(-1, 6) + fifths  # a major scale
    names = [("FCGDAEB"[(t + 1) % 7], (t + 1) // 7) for t in tpc]
    notes = table_of(np.arange(7), np.ones(7, int))
    pitches = np.array([60 + (7 * t) % 12 for t in tpc])
    notes = replace(
        notes,
        pitch=pitches,
        step=np.array([s for s, _ in names]),
        alter=np.array([a for _, a in names]),
    )
    found = CHANGES[f"transposed by {semitones}"](notes, np.random.default_rng(0))
    assert found.fifths == moved - fifths
    letters = np.array([STEP_TO_TPC[step] for step in found.notes.step])
    assert sorted(letters + 7 * found.notes.alter) == list(np.arange(-1, 6) + moved)


def test_there_are_the_changes_that_were_promised():
    assert len(TRANSPOSED) == 12
    assert len(CHANGES) == 12 + 9


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_score_is_a_score(notes, name):
    found = changed(name, notes)
    if found is None:
        assert (name, len(notes.parts) > 1) in {("parts permuted", False)}
        return
    after = found.notes
    build_graph(after, ["pitch", "duration", "metrical_position", "time_signature", "spelling"])
    semitones = [STEP_TO_PITCH_CLASS[step] for step in after.step.tolist()]
    assert (after.pitch == 12 * (after.octave + 1) + semitones + after.alter).all()
    index = after.measure_index
    position = after.onset_div - after.measures.start_div[index]
    if name != "bar lines a beat late" or notes.measures.position_div[0] == 0:
        offset = after.measure_position_div - position - after.measures.position_div[index]
        before = notes.measure_position_div - notes.onset_div
        assert len(np.unique(offset)) <= len(
            np.unique(before + notes.measures.start_div[notes.measure_index])
        )
    old = found.origin != ADDED
    assert (after.is_grace[old] == notes.is_grace[found.origin[old]]).all()
    assert (np.diff(after.onset_div) >= 0).all()
    assert changed(name, notes).notes.pitch.tolist() == after.pitch.tolist()  # the seed decides


def test_nothing_but_the_key_moves(notes):
    for semitones, name in zip((*range(-6, 0), *range(1, 7)), TRANSPOSED, strict=True):
        found = changed(name, notes)
        assert (found.notes.pitch - notes.pitch == semitones).all()
        assert (found.fifths - 7 * semitones) % 12 == 0
        assert (found.notes.key_fifths - notes.key_fifths == found.fifths).all()
        for group in ("duration", "metrical_position", "time_signature"):
            np.testing.assert_array_equal(
                note_features(found.notes, [group]), note_features(notes, [group])
            )


def test_a_score_beyond_midi_is_left_alone():
    high = replace(table_of([0, 1], [1, 1]), pitch=np.array([60, 125]))
    assert changed("transposed by +3", high) is None
    assert changed("transposed by +2", high) is not None
    assert changed("an octave higher", high) is None


def test_a_repeat_is_the_music_twice(notes):
    found = changed("repeated", notes)
    size = len(notes)
    shift = found.notes.onset_div[size:] - notes.onset_div
    assert len(np.unique(shift)) == 1
    assert len(found.notes.measures) == 2 * len(notes.measures)
    ends, starts = found.notes.measures.end_div[:-1], found.notes.measures.start_div[1:]
    assert (ends == starts).all()
    assert found.onset_origin.tolist() == 2 * np.unique(notes.onset_index).tolist()


def test_labels_move_with_the_notes():
    notes = table_of([0, 0, 1, 2, 3], [1, 1, 1, 1, 1])
    links = {"next_note": np.array([2, -1, 3, 4, -1])}
    found = changed("repeated", notes)
    twice = [2, -1, 3, 4, -1, 7, -1, 8, 9, -1]
    assert moved_labels(VOICES, found, links)["next_note"].tolist() == twice
    rows = np.array([0, 1, 3, 4])  # the third is left out: its link goes on
    less = replace(found, notes=notes, origin=rows, copy=np.zeros(4, int))
    assert moved_labels(VOICES, less, links)["next_note"].tolist() == [2, -1, 3, -1]
    more = changed("5 % of the notes added", table_of(np.arange(40), np.full(40, 1)))
    y = moved_labels(MELODY, more, {MELODY.main_head: np.ones(40, int)})[MELODY.main_head]
    assert (y[more.origin == ADDED] == MELODY.hidden_label).all()
    assert (more.origin == ADDED).sum() == 2


def test_spellings_move_along_the_line_of_fifths(notes):
    head = PITCH_SPELLING.main_head
    labels = PITCH_SPELLING.read_labels(notes)
    for name in TRANSPOSED:
        found = changed(name, notes)
        moved = moved_labels(PITCH_SPELLING, found, labels)[head]
        assert moved.tolist() == PITCH_SPELLING.read_labels(found.notes)[head].tolist()
        assert not flipped(PITCH_SPELLING, found, labels, labels | {head: moved}).any()
        other = moved.copy()
        other[0] += 12 if other[0] < 20 else -12  # the same key on the keyboard
        assert flipped(PITCH_SPELLING, found, labels, labels | {head: other}).sum() == 1
        whole = np.where(moved < 20, moved + 12, moved - 12)
        if len(np.unique(np.sign(whole - moved))) == 1:  # one enharmonic shift of the whole piece
            assert not flipped(PITCH_SPELLING, found, labels, labels | {head: whole}).any()


@pytest.mark.parametrize(
    ("task", "rule"), [("voice-separation", "nearest-pitch"), ("melody", "skyline")]
)
@pytest.mark.parametrize("name", [*TRANSPOSED, "an octave lower", "parts permuted"])
def test_a_rule_that_is_equivariant_flips_nothing(notes, task, rule, name):
    found, predict = changed(name, notes), rules_of(task)[rule]
    if found is not None:
        before = predict(TASKS[task].nodes(notes))
        after = predict(TASKS[task].nodes(found.notes))
        assert not flipped(TASKS[task], found, before, after).any()


@pytest.fixture
def majority(toys, home):
    return sensitivities(plan_run("toy-board", "majority", 0, root=home))


def test_a_rule_that_minds_the_key_flips(majority):
    found = {of.change: of for of in majority}
    assert list(found) == list(CHANGES)
    assert all(
        found[name].flips == 0 for name in ("an octave higher", "repeated", "note values doubled")
    )
    assert max(found[name].flips for name in TRANSPOSED) > 0.1
    for of in majority:
        assert (of.num_pieces == 0) == (of.flips is None)
        if of.num_pieces:
            assert of.loss == pytest.approx(of.before - of.after)


def test_the_metric_before_is_that_of_the_board(majority, toys, home):
    predictions = make_predictions(plan_run("toy-board", "majority", 0, root=home), "test")
    expected = Evaluator("toy-board", root=home).eval({"y_pred": predictions})
    metric = toy_board.BOARD.task.main_metrics[0]
    assert {of.metric for of in majority} == {metric}
    assert {of.before for of in majority if of.num_pieces} == {expected[metric]}


def test_the_command_prints_a_row_per_change(toys, home):
    done = CliRunner().invoke(
        app, ["symmetry", "toy-board", "majority", "--root", str(home), "--json"]
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert [row["change"] for row in rows] == list(CHANGES)
