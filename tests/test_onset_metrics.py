"""Metrics of onsets, each against a value computed by hand."""

import itertools
from dataclasses import replace

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
    # PAC: 1 right, 2 predicted, 2 true. HC: 0 of 1 and 1. IAC, other: nowhere.
    assert "f1_none" not in found
    assert found["f1_pac"] == pytest.approx(1 / 2)
    assert found["f1_hc"] == 0
    assert found["f1_iac"] is found["f1_other"] is None
    assert found["macro_f1"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["any_cadence_f1"] == pytest.approx(2 * 1 / 6)
    # The HC of the first piece is a beat early, the PAC of the second two.
    assert found["any_cadence_f1_within_beat"] == pytest.approx(2 * 2 / 6)
    assert "average_precision" not in found
    assert (found["num_onsets"], found["num_works"]) == (10, 2)
    assert found["by_piece"]["a"]["num_cadences"] == 2


def test_other_cadences_do_not_rank():
    pieces = [piece_of("a", range(4), cadence=[PAC, OTHER, NONE, NONE])]
    found = evaluate(CADENCE, pieces, {"a": [PAC, NONE, OTHER, NONE]})
    assert (found["macro_f1"], found["f1_other"]) == (1, 0)


def scored(**scores):
    """Predictions of the two pieces of cadences, with scores of PAC and HC."""
    y_pred = {}
    for name, classes in CADENCE_PREDICTIONS.items():
        columns = np.zeros((len(classes), 5))
        columns[:, PAC], columns[:, HC] = scores[name]
        y_pred[name] = {"cadence": classes, "cadence_score": columns}
    return y_pred


SCORED = {
    "a": ([0, 255, 0, 200, 0, 0], [0, 0, 0, 3, 2, 0]),
    "b": ([0, 100, 100, 0], [0, 0, 0, 0]),
}


def test_the_scores_of_a_class_are_ranked_over_all_pieces():
    found = evaluate(CADENCE, CADENCE_PIECES, scored(**SCORED))
    # PAC: 1 of 1 right at 255; 2 of 4 at 100. HC: 0 of 1 at 3, 1 of 2 at 2.
    assert found["average_precision_pac"] == pytest.approx((1 + 2 / 4) / 2)
    assert found["average_precision_hc"] == pytest.approx(1 / 2)
    assert found["average_precision_iac"] is found["average_precision_other"] is None
    assert found["average_precision"] == pytest.approx((3 / 4 + 1 / 2) / 2)


def test_scores_of_different_folds_are_not_compared():
    pieces = [CADENCE_PIECES[0], replace(CADENCE_PIECES[1], fold=3)]
    found = evaluate(CADENCE, pieces, scored(**SCORED))
    # In fold 0 the one PAC is first, in fold 3 one of the first two; HC occurs in fold 0 only.
    assert found["average_precision_pac"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["average_precision_hc"] == pytest.approx(1 / 2)
    larger = {**SCORED, "b": ([0, 900, 900, 0], [0, 0, 0, 0])}
    again = evaluate(CADENCE, pieces, scored(**larger))
    assert again["average_precision"] == found["average_precision"]


def test_each_work_moves_the_average_precision_by_its_influence():
    """The sums of a work: the value, and by how much it changes with the weight of the work."""
    random = np.random.default_rng(0)
    pieces, y_pred = [], {}
    for i in range(6):
        labels = random.integers(0, 3, 30)
        # Two pieces per work, and one of them counts half.
        made = piece_of(f"p{i}", range(30), cadence=labels)
        pieces.append(replace(made, work_id=f"w{i // 2}", weight=1 - 0.5 * (i == 2), fold=i // 4))
        score = random.integers(0, 4, (30, 5))
        y_pred[f"p{i}"] = {"cadence": labels, "cadence_score": score}
    found = Evaluator.from_targets(CADENCE, pieces).score({"y_pred": y_pred})
    sums = found.sums["average_precision"].sums
    value = found.result["average_precision"]
    np.testing.assert_allclose(sums[:, 1], 1)
    for work in range(3):
        moved = [
            replace(piece, weight=piece.weight * (1 + 1e-6 * (piece.work_id == f"w{work}")))
            for piece in pieces
        ]
        again = Evaluator.from_targets(CADENCE, moved).eval({"y_pred": y_pred})
        moves = (again["average_precision"] - value) / 1e-6
        assert (sums[work, 0] - value) / 3 == pytest.approx(moves, abs=1e-6)


def test_scores_are_checked():
    evaluator = Evaluator.from_targets(CADENCE, CADENCE_PIECES)
    assert (
        "cadence_score: 5 finite numbers of at least 0, one per class, one per onset (optional)"
        in (evaluator.expected_input_format)
    )
    for wrong, message in [
        (np.zeros(4), r"expected an array of shape \(4, 5\), one score per onset and class; got"),
        (np.zeros((5, 4)), r"expected an array of shape \(4, 5\)"),
        (np.full((4, 5), -1), "the score of onset 0 for class 0 is -1; scores must be finite"),
        (np.full((4, 5), np.nan), "the score of onset 0 for class 0 is nan; scores must be"),
        (np.full((4, 5), "a"), "dtype is <U1; expected numbers"),
    ]:
        y_pred = scored(**SCORED)
        y_pred["b"]["cadence_score"] = wrong
        with pytest.raises(PredictionError, match=message):
            evaluator.eval({"y_pred": y_pred})
    y_pred = scored(**SCORED)
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
