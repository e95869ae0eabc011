"""Labels that a package outside of musebench gives: what they become, what is refused."""

import dataclasses

import numpy as np
import pytest

from musebench import card
from musebench.annotations import COUNTS, OnsetLabels
from musebench.applied.choose import _predict_by_rule
from musebench.boards import BOARDS
from musebench.errors import AnnotationError, InputError, PredictionError
from musebench.score import read_score
from musebench.splits import table_of_pieces
from musebench.store.build import _checked
from musebench.tasks import TASKS, UNITS, Task, labels_as_declared

CLASSES = Task("own", "note", {"end": ("no", "yes")}, ("pitch",), ("accuracy",))
NUMBERS = dataclasses.replace(CLASSES, kind="regression", heads={"height": ()})


def test_classes_become_integers_and_numbers_floats_that_models_take():
    for given in ([True, False], np.array([1, 0], np.uint8), np.array([1, 0], np.int32)):
        (found,) = labels_as_declared(CLASSES, {"end": given}, "it").values()
        assert found.dtype == np.int64
        assert found.tolist() == [1, 0]
    (found,) = labels_as_declared(NUMBERS, {"height": np.array([0.5, np.nan])}, "it").values()
    assert found.dtype == np.float32


def test_labels_of_other_heads_are_left_out():
    found = labels_as_declared(CLASSES, {"end": [0], "start": [1]}, "it")
    assert list(found) == ["end"]


def test_one_class_of_a_piece_is_a_row_of_one():
    task = dataclasses.replace(TASKS["composer"], heads={"dance": ("march", "waltz")})
    assert labels_as_declared(task, {"dance": 1}, "it")["dance"].tolist() == [1]


@pytest.mark.parametrize(
    ("task", "given", "message"),
    [
        (
            CLASSES,
            [0, 1],
            "piece 'a': there are labels in a list; the task own needs a dict",
        ),
        (CLASSES, {"ends": [0]}, r"there are labels of \['ends'\]; the task own needs .* with end"),
        (CLASSES, {"end": ["no"]}, "'a', end: labels are of type <U2 and shape"),
        (CLASSES, {"end": [[0]]}, r"and shape \(1, 1\); accepted are one-dimensional arrays"),
        (CLASSES, {"end": [0, 2]}, r"'a', end: note 1 has label 2; labels must be 0\.\.1, or -100"),
        (CLASSES, {"end": [0.0]}, "labels are of type float64; classes and links are integers"),
        (NUMBERS, {"height": [np.inf]}, "a label is infinite; labels are finite numbers"),
    ],
)
def test_labels_that_a_task_cannot_have_are_refused(task, given, message):
    with pytest.raises(InputError, match=message):
        labels_as_declared(task, given, "board, piece 'a'")


def test_labels_of_a_format_need_no_counts_and_may_be_lists():
    found = OnsetLabels({"end": [True, False]}, {"annotated": 1})
    assert found.counts == {**dict.fromkeys(COUNTS, 0), "annotated": 1}
    assert found.labels["end"].dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "counts", "message"),
    [
        ({"end": ["no"]}, {}, "'end' are of type <U2 and shape"),
        ({"end": [[1]]}, {}, r"shape \(1, 1\); accepted are one-dimensional arrays of integers"),
        ({"end": [1]}, {"found": 1}, "no count 'found'; accepted are annotated, unaligned"),
    ],
)
def test_odd_labels_of_a_format_are_refused(labels, counts, message):
    with pytest.raises(AnnotationError, match=message):
        OnsetLabels(labels, counts)


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (lambda notes: notes, "NoteTable"),
        (lambda notes: (notes, {"end": [1]}), r"\(NoteTable, dict\)"),
        (lambda notes: (notes, OnsetLabels({"end": [1]})), r"\(NoteTable, OnsetLabels\)"),
        (lambda notes: None, "NoneType"),
    ],
)
def test_what_the_reader_of_a_format_returns_is_checked(found, what, toy):
    notes = read_score(toy / "duet.musicxml")
    assert _checked((notes, {"end": OnsetLabels({"end": [1]})}))
    with pytest.raises(InputError, match=f"returned a {what}; it must return a NoteTable and a"):
        _checked(found(notes))


def test_a_rule_may_give_one_number_or_a_list_but_as_many_as_there_are(toy):
    notes = read_score(toy / "duet.musicxml")
    found = _predict_by_rule(TASKS["composer"], lambda notes: {"composer": 1}, notes)
    assert found["composer"].tolist() == [1]
    found = _predict_by_rule(CLASSES, lambda notes: {"end": [0] * len(notes)}, notes)
    assert found["end"].shape == (len(notes),)
    with pytest.raises(
        PredictionError, match=r"1 values of end; a rule of own .* one per note, he"
    ):
        _predict_by_rule(CLASSES, lambda notes: {"end": 1}, notes)


def test_a_task_has_a_prediction_per_note_onset_or_piece(toy):
    notes = read_score(toy / "duet.musicxml")
    sizes = {kind: dataclasses.replace(CLASSES, kind=kind).num_units(notes) for kind in UNITS}
    num_onsets = len(np.unique(notes.onset_div))
    of_kind = {"note": len(notes), "onset": num_onsets, "graph": 1}
    assert sizes == {kind: of_kind[unit] for kind, unit in UNITS.items()}
    assert len(notes) > num_onsets > 1


def test_a_card_needs_no_words_of_its_board():
    """A board outside may describe nothing; it is not ours, and shares no scores by accident."""
    assert CLASSES.meaning_of("end") == "its task does not describe it."
    ours = BOARDS["dcml-phrase"]
    theirs = dataclasses.replace(
        ours,
        name="own",
        corpus=BOARDS["chorale-phrase"].corpus,
        table=table_of_pieces("chorale-phrase"),
    )
    assert "authors of musebench" in card._maintainers(ours)
    assert "authors of the package" in card._maintainers(theirs)
    others = [f"{name}," for name in ("chorale-pitch-spelling", "chorale-phrase")]
    assert all(name in f"{card._other_uses(theirs)[:-1]}," for name in others)
    alone = dataclasses.replace(theirs.corpus, repository="", package="own")
    assert card._other_uses(dataclasses.replace(theirs, corpus=alone)) == "No other board has them."
