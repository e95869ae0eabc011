"""Metrics of onsets, each against a value computed by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musebench.annotations import IGNORE_LABEL
from musebench.annotations.vocabulary import ROMAN_NUMERAL_HEADS
from musebench.errors import PredictionError
from musebench.evaluation import Evaluator, PieceTarget
from musebench.evaluation.onsets import average_precision, count_matches
from musebench.tasks import CADENCE, PHRASE, ROMAN_NUMERAL

NONE, PAC, IAC, HC, OTHER = range(5)
TIMES = st.lists(st.integers(0, 12), max_size=5).map(sorted)


@pytest.mark.parametrize(
    ("target", "prediction", "tolerance", "found"),
    [
        ([4, 8], [4, 8], 0, 2),
        ([4, 8], [5, 8], 0, 1),
        ([4, 8], [5, 7], 1, 2),
        ([4], [3, 4, 5], 1, 1),  # each true one is found once
        ([4, 5], [5], 1, 1),  # each predicted one finds one
        ([4, 6], [5, 5], 1, 2),
        ([4], [5.5], 1, 0),
        ([], [1], 1, 0),
    ],
)
def test_events_match_once_within_the_tolerance(target, prediction, tolerance, found):
    assert count_matches(target, prediction, tolerance) == found


@given(TIMES, TIMES, st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_no_assignment_matches_more(target, prediction, tolerance):
    """Against all ways to give each true event another predicted one, or none."""
    few, many = sorted((target, prediction), key=len)
    best = max(
        sum(abs(a - b) <= tolerance for a, b in zip(few, chosen, strict=True))
        for chosen in itertools.permutations(many, len(few))
    )
    assert count_matches(target, prediction, tolerance) == best


def test_average_precision_by_hand():
    """Levels 3 (a true one), 2 (a false one), 1 (one of each), 0 (a false one)."""
    true, seen = [0, 1, 0, 1], [1, 2, 1, 1]
    # Half of the true ones at precision 1/1, half at 2/4.
    assert float(average_precision(4).value([*true, *seen])) == pytest.approx(0.75)
    # All at one level: the share of true ones.
    assert float(average_precision(2).value([0, 3, 0, 12])) == pytest.approx(0.25)
    assert np.isnan(average_precision(2).value([0, 0, 4, 4]))
    with pytest.raises(ValueError, match="num_levels is 0"):
        average_precision(0)


def test_the_gradient_of_average_precision_is_that_of_differences():
    statistic = average_precision(4)
    sums = np.array([[1.0, 2, 3, 5, 9, 4, 6, 6], [1, 0, 2, 5, 9, 4, 6, 5]])
    np.testing.assert_allclose(
        statistic.gradient(sums), statistic._differences(sums), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose((statistic.gradient(sums) * sums).sum(axis=1), 0, atol=1e-12)


def piece_of(name, beat, parts=4, **labels):
    """A piece whose onsets lie at these beats, of four parts each."""
    labels = {head: np.array(classes) for head, classes in labels.items()}
    time = parts * np.array(beat)
    return PieceTarget(
        name, name, "Anon", labels, {"beat_time": time, "beat_length": np.full(len(beat), parts)}
    )


CADENCE_PIECES = [
    piece_of("a", [0, 1, 2, 3, 4, 5], cadence=[NONE, PAC, NONE, NONE, HC, NONE]),
    piece_of("b", [0, 2, 4, 6], cadence=[NONE, NONE, PAC, NONE]),
]
CADENCE_PREDICTIONS = {"a": [NONE, PAC, NONE, HC, NONE, NONE], "b": [NONE, PAC, NONE, NONE]}


def evaluate(task, pieces, y_pred):
    return Evaluator.from_targets(task, pieces, num_resamples=10).eval({"y_pred": y_pred})


def test_the_metrics_of_cadences_by_hand():
    found = evaluate(CADENCE, CADENCE_PIECES, CADENCE_PREDICTIONS)
    # none: right 5, predicted 7, true 7. PAC: 1 of 2 and 2. HC: 0 of 1 and 1. IAC, other: nowhere.
    assert found["f1_none"] == pytest.approx(5 / 7)
    assert found["f1_pac"] == pytest.approx(1 / 2)
    assert found["f1_hc"] == 0
    assert found["f1_iac"] is found["f1_other"] is None
    assert found["macro_f1"] == pytest.approx((5 / 7 + 1 / 2 + 0) / 3)
    assert found["any_cadence_f1"] == pytest.approx(2 * 1 / 6)
    # The HC of the first piece is a beat early, the PAC of the second two.
    assert found["any_cadence_f1_within_beat"] == pytest.approx(2 * 2 / 6)
    assert "any_cadence_average_precision" not in found
    assert (found["num_onsets"], found["num_works"]) == (10, 2)
    assert found["by_piece"]["a"]["num_cadences"] == 2


def test_a_score_of_cadences_is_ranked_over_all_pieces():
    scores = {"a": [0, 255, 0, 200, 100, 0], "b": [0, 100, 100, 0]}
    y_pred = {
        name: {"cadence": classes, "cadence_score": scores[name]}
        for name, classes in CADENCE_PREDICTIONS.items()
    }
    found = evaluate(CADENCE, CADENCE_PIECES, y_pred)
    # 255: 1 of 1 right; 200: 1 of 2; 100: 3 of 5, where two of the three cadences lie.
    assert found["any_cadence_average_precision"] == pytest.approx((1 + 2 * 3 / 5) / 3)
    evaluator = Evaluator.from_targets(CADENCE, CADENCE_PIECES)
    assert "cadence_score: integers 0..255, one per onset" in evaluator.expected_input_format
    y_pred["b"]["cadence_score"] = [0, 256, 0, 0]
    with pytest.raises(PredictionError, match=r"onset 1 has class 256; classes are 0\.\.255"):
        evaluator.eval({"y_pred": y_pred})
    del y_pred["b"]["cadence_score"]
    with pytest.raises(PredictionError, match="'cadence_score' is predicted for 1 of 2 pieces"):
        evaluator.eval({"y_pred": y_pred})


def test_the_metrics_of_phrases_by_hand():
    pieces = [piece_of("a", [0, 1, 2, 3, 9], phrase_end=[0, 1, 0, 0, 1])]
    found = evaluate(PHRASE, pieces, {"a": [0, 0, 1, 1, 1]})
    assert found["boundary_f1"] == pytest.approx(2 * 1 / (3 + 2))
    assert found["boundary_f1_within_beat"] == pytest.approx(2 * 2 / (3 + 2))
    assert found["boundary_precision"] == pytest.approx(1 / 3)
    assert found["boundary_recall"] == pytest.approx(1 / 2)
    assert found["by_piece"]["a"]["num_phrase_ends"] == 2


def test_a_beat_is_that_of_the_piece():
    end = {"phrase_end": [0, 1, 0, 0]}
    pieces = [piece_of("a", range(4), 4, **end), piece_of("b", range(4), 12, **end)]
    found = evaluate(PHRASE, pieces, {"a": [0, 0, 1, 0], "b": [1, 0, 0, 0]})
    assert (found["boundary_f1"], found["boundary_f1_within_beat"]) == (0, 1)
    found = evaluate(PHRASE, pieces, {"a": [0, 0, 0, 1], "b": [0, 0, 0, 1]})
    assert found["boundary_f1_within_beat"] == 0


@pytest.mark.parametrize(("task", "head"), [(PHRASE, "phrase_end"), (CADENCE, "cadence")])
def test_onsets_without_a_label_are_neither_right_nor_wrong(task, head):
    with_gaps = [piece_of("a", range(5), **{head: [0, 1, IGNORE_LABEL, 1, IGNORE_LABEL]})]
    found = evaluate(task, with_gaps, {"a": [0, 1, 1, 0, 1]})
    alone = evaluate(task, [piece_of("a", [0, 1, 3], **{head: [0, 1, 1]})], {"a": [0, 1, 0]})
    for name in [*task.main_metrics, *(name for name in alone if "f1" in name)]:
        assert found[name] == alone[name] is not None or alone[name] is found[name] is None


def test_the_metrics_of_roman_numerals_by_hand():
    """Onsets: all right; another key; another inversion; no label."""
    target = {head: np.array([1, 2, 3, IGNORE_LABEL]) for head in ROMAN_NUMERAL_HEADS}
    prediction = {head: np.array([1, 2, 3, 0]) for head in ROMAN_NUMERAL_HEADS}
    prediction["local_key"] = np.array([1, 5, 3, 0])
    prediction["inversion"] = np.array([1, 2, 0, 0])
    found = evaluate(ROMAN_NUMERAL, [piece_of("a", [0, 1, 2, 3], **target)], {"a": prediction})
    assert found["roman_numeral_accuracy"] == pytest.approx(1 / 3)
    assert found["accuracy_without_key"] == found["chord_accuracy"] == pytest.approx(2 / 3)
    assert found["local_key_accuracy"] == found["inversion_accuracy"] == pytest.approx(2 / 3)
    assert found["degree_accuracy"] == 1
    assert (found["num_onsets"], found["by_piece"]["a"]["num_unlabelled"]) == (3, 1)
    del prediction["root"]
    with pytest.raises(PredictionError, match="the head 'root' is missing"):
        evaluate(ROMAN_NUMERAL, [piece_of("a", [0, 1, 2, 3], **target)], {"a": prediction})
