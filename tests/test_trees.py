"""Trees and shortcuts on made-up scores: every kind of task, the same rules for all."""

import functools
import json
from dataclasses import replace

import numpy as np
import pytest

from made_scores import random_table
from musebench import card
from musebench.annotations import IGNORE_LABEL
from musebench.boards import BOARDS
from musebench.evaluation import read_predictions
from musebench.models import Shortcut, Trees, TreeSettings, rules_of
from musebench.models.trees.layout import layout_columns
from musebench.models.trees.rows import decode, encode, reference_of, rows_of
from musebench.models.trees.seen import estimate_keys, see
from musebench.pitch import nearest_tpc, spelling_class
from musebench.score import PartTable
from musebench.tasks import (
    AUGMENTEDNET_ROMAN_NUMERAL,
    CADENCE,
    COMPOSER,
    MELODY,
    PERFORMANCE,
    PHRASE,
    PITCH_SPELLING,
    ROMAN_NUMERAL,
    STAFF_SEPARATION,
    VOICE_SEPARATION,
    Task,
)
from musebench.train import (
    fit_rule,
    load_run,
    make_predictions,
    plan_run,
    reproduce,
    search,
)

OWN = Task(
    name="own",
    kind="onset",
    heads={"size": ("one", "two", "more")},
    inputs=("duration",),
    main_metrics=("accuracy",),
)
TASKS = (
    PITCH_SPELLING, STAFF_SEPARATION, MELODY, PERFORMANCE, CADENCE, PHRASE, ROMAN_NUMERAL,
    AUGMENTEDNET_ROMAN_NUMERAL, VOICE_SEPARATION, COMPOSER, OWN,
)  # fmt: skip
METHODS = (Trees, Shortcut)
HANDS = np.array(["right", "left"])
READ = {"pitch-spelling", "staff-separation", "voice-separation"}
QUICK = {"iterations": 3, "min_samples_leaf": 2}


def table(seed=0, num_notes=120):
    """A random score, in octaves that differ, as a note table is sorted."""
    notes = random_table(num_notes, seed)
    pitch = notes.pitch + 12 * np.random.default_rng(seed).integers(-2, 3, len(notes))
    order = np.lexsort((notes.duration_div, pitch, notes.onset_div))
    part = (pitch < 66).astype(np.int64)
    notes = replace(notes, pitch=pitch, part=part, staff=1 + part, parts=PartTable(HANDS))
    return replace(notes, **{name: column[order] for name, column in notes.columns().items()})


def labels_of(task, notes, seed=0):
    """Labels of every head, a few of them unknown."""
    random = np.random.default_rng(seed)
    num_onsets = len(np.unique(notes.onset_div))
    size = {"note": len(notes), "onset": num_onsets, "graph": 1}[task.unit]
    if task.name in READ:
        return task.read_labels(notes)
    found = {}
    for head, classes in task.heads.items():
        if task.kind == "regression":
            values = random.normal(size=size)
            values[random.random(size) < 0.1] = np.nan
        else:
            values = random.integers(0, min(len(classes), 5), size)
            values[random.random(size) < (task.unit != "graph") * 0.1] = IGNORE_LABEL
        found[head] = values
    return found


def learn(method, task):
    made = method.for_task(task)
    made = made.configured(**QUICK) if made.settings else made
    tables = [table(seed) for seed in range(3)]
    labels = [labels_of(task, notes, seed) for seed, notes in enumerate(tables)]
    return made.fit(tables[:2], labels[:2]).tune(tables[2:], labels[2:])


@functools.cache
def learned_by_name(method, name):
    return learn(method, next(task for task in TASKS if task.name == name))


def learned(method, task):
    return learned_by_name(method, task.name)


def same(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(first[head], second[head], equal_nan=True) for head in first
    )


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_task_is_predicted_the_same_each_time(method, task):
    notes, fitted = table(9), learned(method, task)
    found = fitted(notes)
    scores = {name: found[name] for name in found if name.endswith("_score")}
    assert found.keys() - scores.keys() == set(task.required_heads)
    size = {"note": len(notes), "onset": len(np.unique(notes.onset_div)), "graph": 1}[task.unit]
    for head in task.required_heads:
        assert found[head].shape == (size,)
        if task.kind == "regression":
            assert np.isfinite(found[head]).all()
            continue
        low, high = (-1, size - 1) if task.kind == "link" else (0, len(task.heads[head]) - 1)
        assert found[head].dtype == np.int64
        assert low <= found[head].min() <= found[head].max() <= high
    for column in scores.values():
        assert column.shape == (size, len(task.heads[task.main_head]))
        np.testing.assert_allclose(column.sum(axis=1), 1)
    assert same(found, learn(method, task)(notes))


@pytest.mark.parametrize("method", METHODS)
def test_links_are_one_to_one(method):
    following = learned(method, VOICE_SEPARATION)(table(9))["next_note"]
    linked = following[following >= 0]
    assert len(linked) > 3
    assert len(set(linked.tolist())) == len(linked)


def hidden_columns(task, notes):
    """Other values of all that a graph of the task does not hold."""
    size = len(notes)
    hidden = {
        "octave": np.full(size, 9),
        "part": np.arange(size),
        "staff": np.arange(size),
        "voice": np.arange(size),
        "is_grace": np.ones(size, dtype=bool),
        "key_fifths": np.full(size, -7),
        "note_id": np.arange(size)[::-1].astype(str),
    }
    groups = {
        "pitch": {"pitch": np.sort(notes.pitch)},
        "metrical_position": {"measure_position_div": np.arange(size)},
        "time_signature": {"beats": np.full(size, 3), "beat_type": np.full(size, 8)},
        "spelling": {"step": np.full(size, "B"), "alter": np.full(size, 2)},
    }
    for group, columns in groups.items():
        hidden |= {} if group in task.inputs else columns
    return hidden


@pytest.mark.parametrize("task", [t for t in TASKS if t.kind != "link"], ids=lambda task: task.name)
def test_trees_see_nothing_that_models_may_not_see(task):
    fitted, notes = learned(Trees, task), table(9)
    assert same(fitted(notes), fitted(replace(notes, **hidden_columns(task, notes))))
    before, after = (
        rows_of(n, task) for n in (notes, replace(notes, **hidden_columns(task, notes)))
    )
    np.testing.assert_array_equal(before.features, after.features)
    assert all((before.references[n] == after.references[n]).all() for n in before.references)


def test_what_is_in_the_inputs_is_seen():
    notes = table(9)
    flat = replace(notes, step=np.full(len(notes), "B"), alter=np.full(len(notes), 2))
    before, after = (rows_of(n, ROMAN_NUMERAL).references["bass"] for n in (notes, flat))
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_fitted_says_so(method):
    with pytest.raises(ValueError, match=r"needs training: call fit\(tables, labels\) first"):
        method.for_task(CADENCE)(table())


def test_trees_learn_and_a_shortcut_finds_the_column_that_tells():
    tables = [table(seed) for seed in range(8)]
    labels = [{"size": np.minimum(see(n, ()).size, 3) - 1} for n in tables]
    trees = Trees(OWN).configured(iterations=30, min_samples_leaf=5).fit(tables[:6], labels[:6])
    assert (trees(tables[7])["size"] == labels[7]["size"]).all()
    ends = [layout_columns(n, "onset")["is_last_of_measure"].astype(int) for n in tables]
    told = [{"phrase_end": column} for column in ends]
    found = Shortcut(PHRASE).fit(tables[:6], told[:6]).tune(tables[6:], told[6:])
    assert found.found.value == 1
    assert (found.found.column, found.found.depth) == ("is_last_of_measure", 1)
    assert (found(tables[7])["phrase_end"] == ends[7]).all()


def test_a_composer_is_told_by_the_divisions():
    tables = [replace(table(seed), divs_pq=2 + 2 * (seed % 2)) for seed in range(8)]
    told = [{"composer": np.array([seed % 2])} for seed in range(8)]
    found = Shortcut(COMPOSER).fit(tables[:6], told[:6]).tune(tables[6:], told[6:])
    assert (found.found.depth, found.found.value) == (1, 1)
    assert [found(n)["composer"].tolist() for n in tables[6:]] == [[0], [1]]


def test_twins_and_equal_pitches_are_counted_by_hand():
    notes = table(0, 12)
    same_time = np.array([0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8])
    pitch = np.array([60, 60, 60, 64, 60, 60, 62, 64, 60, 62, 64, 65])
    last = np.array([1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1])
    notes = replace(
        notes, onset_div=same_time, pitch=pitch, duration_div=last, measure_index=same_time // 8
    )
    found = layout_columns(notes, "note")
    assert found["num_twins"].tolist() == [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert found["rank_among_twins"].tolist() == [0, 1] + [0] * 10
    assert found["num_of_equal_pitch"].tolist() == [3, 3, 3, 1, 2, 2, 1, 1, 1, 1, 1, 1]
    assert found["rank_among_equal_pitch"].tolist() == [0, 1, 2, 0, 0, 1] + [0] * 6
    assert found["is_last_of_measure"].tolist() == [0] * 4 + [1] * 8
    assert found["is_first_of_measure"].tolist() == [1] * 4 + [0] * 4 + [1] * 4


def test_names_are_learned_relative_to_the_key_of_the_piece():
    notes = table(3)
    rows = rows_of(notes, PITCH_SPELLING)
    labels = spelling_class(nearest_tpc(7 * notes.pitch, np.full(len(notes), 4)))
    reference = reference_of(PITCH_SPELLING, "spelling", [rows], [labels.astype(float)])
    assert reference == "pitch"
    codes = encode(PITCH_SPELLING, "spelling", labels, rows.references["pitch"])
    assert len(np.unique(codes)) <= 3
    back = decode(PITCH_SPELLING, "spelling", codes, rows.references["pitch"])
    assert back.tolist() == labels.tolist()
    shifted = np.random.default_rng(0).permutation(labels)
    assert reference_of(PITCH_SPELLING, "spelling", [rows], [shifted.astype(float)]) == "bass"
    assert reference_of(ROMAN_NUMERAL, "degree", [rows], [labels.astype(float)]) == ""


def test_keys_come_back_in_every_transposition():
    places = ROMAN_NUMERAL.places["local_key"]
    labels = np.arange(len(places))
    for tonic in (-3, 0, 5):
        origin = np.full(len(places), tonic)
        codes = encode(ROMAN_NUMERAL, "local_key", labels, origin)
        assert decode(ROMAN_NUMERAL, "local_key", codes, origin).tolist() == labels.tolist()
    major = [place.fifths for place in places].index(0)
    code = encode(ROMAN_NUMERAL, "local_key", np.array([major]), np.array([0]))
    (found,) = decode(ROMAN_NUMERAL, "local_key", code, np.array([40]))  # beyond all names
    assert (places[found].fifths - 40) % 12 == 0
    assert places[found].mode == places[major].mode


def test_the_key_of_a_scale_is_found_and_follows_a_transposition():
    notes = table(0, 200)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 0, 4, 7])
    for tonic in (0, 2, 7):
        pitch = 60 + tonic + scale[np.arange(len(notes)) % 10]
        keys = estimate_keys(see(replace(notes, pitch=pitch), PHRASE.inputs))
        assert keys.home == tonic
        assert keys.home_signature == {0: 0, 2: 2, 7: 1}[tonic]
        assert (keys.tonic_fifth == keys.home_signature).mean() > 0.5


@pytest.mark.parametrize("board", BOARDS)
def test_every_board_has_trees_and_a_shortcut(board):
    found = rules_of(board)
    assert {"trees", "shortcut"} <= found.keys()
    wanted = BOARDS[board].settings.get("trees", {})
    assert found["trees"].settings == Trees(BOARDS[board].task).configured(**wanted).settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iterations": 0}, "iterations is 0; it must be a whole number from 1 to 5000"),
        ({"iterations": 2.5}, "iterations is 2.5; it must be a whole number"),
        ({"learning_rate": "a"}, "learning_rate is 'a'; it must be a number from 0.0001 to 1"),
        ({"class_balance": True}, "class_balance is True; it must be a number"),
        ({"leafs": 3}, "leafs: unknown in the settings of trees; did you mean 'leaves'"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Trees(CADENCE).configured(**settings)


def test_settings_add_up_and_others_have_none():
    changed = Trees(CADENCE).configured(leaves=7).configured(l2=3)
    assert changed.chosen == TreeSettings(leaves=7, l2=3)
    with pytest.raises(ValueError, match="Shortcut is a rule without settings; leave out leaves"):
        Shortcut(CADENCE).configured(leaves=7)


def test_the_more_classes_and_heads_the_fewer_rows():
    assert Trees(CADENCE).num_rows(100, 5) * 5 == pytest.approx(Trees(PHRASE).num_rows(100, 2), 1)
    assert Trees(ROMAN_NUMERAL).num_rows(100, 5) < Trees(CADENCE).num_rows(100, 5)


@pytest.mark.parametrize("method", ["trees", "shortcut"])
def test_a_run_is_reproduced_read_and_predicts_the_same(method, toys, home, tmp_path):
    own = QUICK if method == "trees" else {}
    run = plan_run("toy-board", method, 0, tmp_path, home, **own)
    found = reproduce(run)
    assert (found["run"]["config"] or {}) == dict(run.settings)
    again = load_run(run.folder, home)
    assert again.settings == run.settings
    (predicted,) = make_predictions(again, "test").values()
    (stored,) = read_predictions(run.folder / "test.npz").y_pred.values()
    assert predicted["spelling"].tolist() == stored["spelling"].tolist()


def test_what_is_chosen_is_chosen_on_validation(toys, home, tmp_path):
    run = plan_run("toy-board", "shortcut", 0, tmp_path, home)
    found = fit_rule(run)
    metrics = run.evaluator("valid", num_resamples=1).eval(
        {"y_pred": make_predictions(run, "valid")}
    )
    assert found.found.value == pytest.approx(metrics[run.declared.task.main_metrics[0]])


def test_trees_are_searched_from_their_own_settings(toys, home, tmp_path):
    trials = list(search("toy-board", "trees", 3, 1, tmp_path, home, iterations=2))
    assert trials[0].changes == {}
    assert trials[1].changes.keys() == {
        "leaves", "min_samples_leaf", "max_features", "class_balance", "learning_rate", "l2",
    }  # fmt: skip
    folder = tmp_path / "search" / "toy-board"
    tried = load_run(folder / "trees-trial2", home).settings
    assert {name: tried[name] for name in trials[2].changes} == trials[2].changes
    assert tried["iterations"] == 2
    assert list(search("toy-board", "trees", 3, 1, tmp_path, home, iterations=2)) == trials
    with pytest.raises(ValueError, match="shortcut is a rule and has no configuration to search"):
        next(search("toy-board", "shortcut", 2, runs=tmp_path, root=home))


def test_a_card_names_the_shortcut_of_its_version(tmp_path, monkeypatch):
    board = BOARDS["chorale-phrase"]
    known = {"column": "is_last_of_measure", "depth": 1, "metric": "boundary_f1"}
    known |= {"version": board.version, "valid": 0.25, "test": 0.375}
    monkeypatch.setattr(card, "files", lambda package: tmp_path)
    file = tmp_path / card.SHORTCUTS
    file.write_text(json.dumps({board.name: known}), "utf-8")
    (text,) = card._shortcut(board)
    assert "one of depth 1 on: is last of measure." in text
    assert "`boundary_f1` is 37.5 % on the test split, 25.0 % on the validation split" in text
    file.write_text(json.dumps({board.name: known | {"version": "0.9"}}), "utf-8")
    assert card._shortcut(board) == []
