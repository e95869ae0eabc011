"""Thresholds of events: chosen on a validation split, applied elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError, PredictionError
from musebench.evaluation import (
    Evaluator,
    PieceTarget,
    choose_thresholds,
    decide_events,
    predict_events,
)
from musebench.evaluation.thresholds import FEWEST_EVENTS
from musebench.tasks import PHRASE


def f1(is_true, is_predicted):
    return 2 * (is_true & is_predicted).sum() / max(is_true.sum() + is_predicted.sum(), 1)


@given(of_numpy.arrays(float, (60, 2), elements=st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0])))
@settings(max_examples=50, deadline=None)
def test_no_threshold_has_a_better_f1(score):
    target = np.random.default_rng(0).integers(0, 2, 60)
    (threshold,) = choose_thresholds(score, target)
    best = max(f1(target == 1, score[:, 1] >= level) for level in (0.05, 0.15, 0.3, 0.7, 2))
    assert threshold > 0
    assert f1(target == 1, predict_events(score, [threshold]) == 1) == pytest.approx(best)


def made(frequent=FEWEST_EVENTS, rare=3):
    """Two classes: one separates at 0.3, the other, rarer one at 0.6."""
    target = np.repeat([0, 1, 2], [100, frequent, rare])
    score = np.zeros((len(target), 3))
    score[target == 0, 1], score[target == 0, 2] = 0.2, 0.5
    score[target == 1, 1] = 0.4
    score[target == 2, 2] = 0.7
    return score, target


def test_a_frequent_class_has_its_own_threshold():
    score, target = made(rare=FEWEST_EVENTS)
    np.testing.assert_allclose(choose_thresholds(score, target), [0.3, 0.6])
    assert (predict_events(score, [0.3, 0.6]) == target).all()


def test_all_rarer_classes_share_one():
    score, target = made(frequent=FEWEST_EVENTS, rare=FEWEST_EVENTS - 1)
    np.testing.assert_allclose(choose_thresholds(score, target), [0.3, 0.6])
    score, target = made(frequent=FEWEST_EVENTS - 1, rare=10)
    together = choose_thresholds(score, target)
    assert together[0] == together[1]
    # One for both: at 0.6 10 of 59 are found, at 0.3 all of them and 100 others.
    np.testing.assert_allclose(together, [0.3, 0.3])


def test_a_class_that_never_occurs_takes_that_of_all_classes():
    score, target = made(rare=0)
    # Both classes together: at 0.4 50 of 50 are found and 150 predicted, at 0.5 none.
    np.testing.assert_allclose(choose_thresholds(score, target), [0.3, 0.3])
    assert choose_thresholds(score, np.zeros(len(target), int)).tolist() == [0.5, 0.5]
    assert choose_thresholds(np.zeros((3, 2)), [0, 1, 1]).tolist() == [0.5]


def test_the_highest_of_equally_good_thresholds_is_taken():
    # At 0.9 1 of 2 found, 1 predicted: 2/3; at 0.1 2 of 2 found, 4 predicted: 2/3.
    score = np.array([[0, 0.9], [0, 0.2], [0, 0.2], [0, 0.1]])
    assert choose_thresholds(score, [1, 0, 0, 1]) == pytest.approx([(0.9 + 0.2) / 2])


def test_onsets_without_a_label_choose_nothing():
    score, target = made(rare=FEWEST_EVENTS)
    more = np.r_[score, np.full((500, 3), 0.35)]
    hidden = np.r_[target, np.full(500, IGNORE_LABEL)]
    np.testing.assert_allclose(choose_thresholds(more, hidden), choose_thresholds(score, target))


def test_the_class_with_the_highest_ratio_is_predicted():
    score = [[0.1, 0.4, 0.3], [0.1, 0.4, 0.1], [0.9, 0.1, 0.1], [0, 0.5, 0.0]]
    assert predict_events(score, [0.5, 0.2]).tolist() == [2, 0, 0, 1]


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_the_unit_of_scores_does_not_matter(scale):
    score, target = made(rare=FEWEST_EVENTS)
    thresholds = choose_thresholds(score * scale, target)
    assert (predict_events(score * scale, thresholds) == target).all()


def test_arrays_that_do_not_belong_together_are_refused():
    for score, target in [([0.5], [1]), ([[0.5]], [1]), ([[0.5, 0.5]], [1, 1])]:
        with pytest.raises(InputError, match=r"they must be \(num_onsets, num_classes\)"):
            choose_thresholds(score, target)


def test_an_evaluator_chooses_on_its_pieces():
    columns = {"beat_time": np.arange(4), "beat_length": np.ones(4, int)}
    pieces = [
        PieceTarget(name, name, "Anon", {"phrase_end": np.array([0, 1, 0, 1])}, columns)
        for name in "ab"
    ]
    score = np.array([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2], [0.6, 0.4]])
    predicted = {"phrase_end": np.zeros(4, int), "phrase_end_score": score}
    y_pred = dict.fromkeys("ab", predicted)
    evaluator = Evaluator.from_targets(PHRASE, pieces)
    thresholds = evaluator.choose_thresholds({"y_pred": y_pred})
    assert thresholds == pytest.approx([0.25])
    decided = decide_events(y_pred, "phrase_end", thresholds)
    found = evaluator.eval({"y_pred": decided})
    assert (found["boundary_f1"], found["average_precision"]) == (1, 1)
    assert predicted["phrase_end"].tolist() == [0, 0, 0, 0]  # not changed in place
    with pytest.raises(PredictionError, match="the column 'phrase_end_score'; it is missing"):
        evaluator.choose_thresholds({"y_pred": dict.fromkeys("ab", np.zeros(4, int))})
