"""Errors by class and calibration, by hand on a few labels."""

import numpy as np
import pytest

from musebench.annotations import IGNORE_LABEL
from musebench.errors import PredictionError
from musebench.evaluation import ClassScore, Evaluator, Mistake, PieceTarget
from musebench.evaluation.calibration import reliability
from musebench.tasks import CADENCE, PERFORMANCE, PITCH_SPELLING, ROMAN_NUMERAL, VOICE_SEPARATION

SPELLINGS = PITCH_SPELLING.heads["spelling"]


def spell(names):
    classes = [IGNORE_LABEL if n == "-" else SPELLINGS.index(n) for n in names.split()]
    return np.array(classes)


def evaluator(task, context=(), **labels):
    target = PieceTarget("a", "a", "Anon", labels, {name: np.ones(4) for name in context})
    return Evaluator.from_targets(task, [target])


def confusion(true, predicted):
    found = evaluator(PITCH_SPELLING, spelling=spell(true))
    return found.confusions({"y_pred": {"a": spell(predicted)}})["spelling"]


FOUND = confusion("C C C G# G# Db -", "C C G Ab Ab Db C")


def test_a_matrix_by_hand():
    """In order along the line of fifths; the note without a label does not count."""
    assert FOUND.classes == ("Db", "Ab", "C", "G", "G#")
    assert FOUND.counts.tolist() == [
        [1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 2, 1, 0],
        [0, 0, 0, 0, 0],
        [0, 2, 0, 0, 0],
    ]
    assert (FOUND.head, FOUND.unit) == ("spelling", "note")
    np.testing.assert_allclose(FOUND.shares[2], [0, 0, 2 / 3, 1 / 3, 0])
    assert np.isnan(FOUND.shares[1]).all()


def test_scores_by_hand():
    assert FOUND.by_class() == [
        ClassScore("Db", precision=1.0, recall=1.0, f1=1.0, num_true=1, num_predicted=1),
        ClassScore("Ab", precision=0.0, recall=None, f1=0.0, num_true=0, num_predicted=2),
        ClassScore("C", precision=1.0, recall=2 / 3, f1=4 / 5, num_true=3, num_predicted=2),
        ClassScore("G", precision=0.0, recall=None, f1=0.0, num_true=0, num_predicted=1),
        ClassScore("G#", precision=None, recall=0.0, f1=0.0, num_true=2, num_predicted=0),
    ]


def test_mistakes_by_hand():
    worst = Mistake("G#", "Ab", count=2, share=1.0)
    assert FOUND.most_frequent() == [worst, Mistake("C", "G", count=1, share=1 / 3)]
    assert FOUND.most_frequent(1) == [worst]
    assert confusion("C G", "C G").most_frequent() == []


def test_scores_are_those_of_the_metrics():
    labels = np.array([0, 1, 1, 3, 4, 2, 0, 0])
    predicted = np.array([0, 1, 0, 3, 2, 2, 1, 0])
    found = evaluator(CADENCE, cadence=labels)
    object.__setattr__(
        found._pieces[0], "context", {"beat_time": np.arange(8), "beat_length": np.ones(8)}
    )
    y_pred = {"y_pred": {"a": predicted}}
    metrics = found.eval(y_pred)
    for score in found.confusions(y_pred)["cadence"].by_class()[1:]:
        assert score.f1 == pytest.approx(metrics[f"f1_{score.name.lower()}"])


def test_minor_keys_follow_major_ones():
    keys = ROMAN_NUMERAL.heads["local_key"]
    names = ["A minor", "C major", "D minor", "G major"]
    labels = {
        head: np.array([keys.index(name) for name in names]) if head == "local_key" else np.zeros(4)
        for head in ROMAN_NUMERAL.heads
    }
    labels = {head: values.astype(int) for head, values in labels.items()}
    found = evaluator(ROMAN_NUMERAL, **labels).confusions({"y_pred": {"a": labels}})
    assert found["local_key"].classes == ("C major", "G major", "D minor", "A minor")
    assert list(found) == list(ROMAN_NUMERAL.heads)


@pytest.mark.parametrize(
    ("task", "words"), [(VOICE_SEPARATION, "predicts links"), (PERFORMANCE, "predicts numbers")]
)
def test_a_task_without_classes_is_refused(task, words):
    values = np.array([1, 2, 3, -1], dtype=np.int64 if task.kind == "link" else np.float64)
    labels = dict.fromkeys(task.heads, values)
    with pytest.raises(ValueError, match=f"own data {words}; boards with classes: asap-pitch-"):
        evaluator(task, **labels).confusions({"y_pred": {"a": labels}})


def test_reliability_by_hand():
    """Two bins: 0.1, 0.3 and none true; 0.5, 0.9, 1.0 and two true."""
    found = reliability([0, 0, 1, 0, 1], [0.1, 0.3, 0.5, 0.9, 1.0], 2)
    assert found.count.tolist() == [2, 3]
    np.testing.assert_allclose(found.predicted, [0.2, 0.8])
    np.testing.assert_allclose(found.observed, [0, 2 / 3])
    assert found.expected_error == pytest.approx((2 * 0.2 + 3 * (0.8 - 2 / 3)) / 5)


def test_an_empty_bin_has_no_share():
    found = reliability([1], [1.0], 4)
    assert found.count.tolist() == [0, 0, 0, 1]
    assert np.isnan(found.observed[:3]).all()
    assert found.expected_error == 0
    assert np.isnan(reliability([], []).expected_error)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1], [0.1, 0.2]), r"is_true has shape \(1,\), probability \(2,\)"),
        (([1], [1.5]), "probabilities range from 1.5 to 1.5; they must lie"),
        (([1], [0.5], 0), "num_bins is 0; at least 1"),
    ],
)
def test_reliability_refuses(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        reliability(*arguments)


def test_the_event_of_a_score_is_any_class_but_the_first():
    found = evaluator(CADENCE, cadence=np.array([0, 1, 4, IGNORE_LABEL]))
    score = [[2, 0, 0, 0, 0], [0, 1, 0, 2, 0], [8, 1, 1, 0, 0], [0, 1, 0, 0, 0]]
    predicted = {"cadence": [0, 0, 0, 0], "cadence_score": score}
    (score,) = found.reliabilities({"y_pred": {"a": predicted}}, 5).items()
    assert score[0] == "cadence_score"
    assert score[1].count.tolist() == [1, 1, 0, 0, 1]
    np.testing.assert_allclose(score[1].predicted[[0, 1, 4]], [0, 0.2, 1])
    np.testing.assert_allclose(score[1].observed[[0, 1, 4]], [0, 1, 1])


def test_the_score_of_a_class_that_is_no_event_is_that_of_the_prediction():
    found = evaluator(PITCH_SPELLING, spelling=spell("C D E F"))
    score = np.zeros((4, 35))
    score[np.arange(4), spell("C D F F")] = [1, 0.3, 0.3, 0]
    score[1:3, spell("G")] = 0.7
    predicted = {"spelling": spell("C D F F"), "spelling_score": score}
    (told,) = found.reliabilities({"y_pred": {"a": predicted}}, 10).values()
    assert told.count[[0, 3, 9]].tolist() == [1, 2, 1]
    assert told.observed[[0, 3, 9]].tolist() == [1, 0.5, 1]


def test_predictions_without_a_score_are_refused():
    sentence = r"the predictions contain no scores, .* on chorale-phrase, dcml-cadence, dcml-phrase"
    found = evaluator(CADENCE, cadence=np.zeros(4, int))
    with pytest.raises(PredictionError, match=sentence):
        found.reliabilities({"y_pred": {"a": [0, 0, 0, 0]}})
    with pytest.raises(PredictionError, match=sentence):
        evaluator(PITCH_SPELLING, spelling=spell("C C")).reliabilities(
            {"y_pred": {"a": spell("C C")}}
        )
