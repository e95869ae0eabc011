"""The evaluator on three tiny pieces: every number, groups, tasks and metrics of one's own."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError, PredictionError
from musebench.evaluation import (
    METRICS,
    Evaluator,
    PieceTarget,
    find_metric,
    mean_of_pieces,
    metrics_of,
    register_metric,
)
from musebench.evaluation.classification import class_counts
from musebench.tasks import PITCH_SPELLING, TASKS, Task
from tiny_pieces import (
    TARGETS,
    evaluate,
    full_prediction,
    lasting,
    make_piece,
    spell,
    spelling_prediction,
)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("num_notes", 10),
        ("num_pieces", 3),
        ("num_works", 3),
        ("accuracy", (3 / 4 + 0 / 4 + 1 / 2) / 3),
        ("accuracy_pooled", 4 / 10),
        ("error_rate", 100 * (1 - 5 / 12)),
        ("accuracy_piece_mean", (3 / 4 + 0 / 4 + 1 / 2) / 3),
        ("accuracy_up_to_shift", (3 / 4 + 4 / 4 + 1 / 2) / 3),
        ("accuracy_up_to_shift_pooled", 8 / 10),
        ("accuracy_up_to_shift_piece_mean", (3 / 4 + 4 / 4 + 1 / 2) / 3),
        ("accuracy_altered", (1 / 2 + 0 / 4) / 2),  # piece c has no such note
        ("accuracy_altered_pooled", 1 / 6),
        ("accuracy_without_zero_duration", (3 / 3 + 0 / 4 + 1 / 2) / 3),
        ("key_signature_accuracy", 1 / 3),
        ("key_signature_accuracy_pooled", 4 / 11),
        ("key_signature_accuracy_up_to_shift", 2 / 3),
        ("key_signature_accuracy_up_to_shift_pooled", 9 / 11),
        ("worst_composer", {"composer": "Bach", "accuracy_up_to_shift": 3 / 4}),
    ],
)
def test_every_number_of_three_tiny_pieces(metric, expected):
    assert evaluate(full_prediction())[metric] == pytest.approx(expected)


def test_by_piece_and_by_composer():
    result = evaluate(full_prediction())
    assert result["by_piece"] == {
        "a": {"accuracy": 0.75, "accuracy_up_to_shift": 0.75, "num_notes": 4, "shift": 0},
        "b": {"accuracy": 0.0, "accuracy_up_to_shift": 1.0, "num_notes": 4, "shift": 12},
        "c": {"accuracy": 0.5, "accuracy_up_to_shift": 0.5, "num_notes": 2, "shift": 0},
    }
    assert result["by_composer"] == {
        "Bach": {"accuracy": 0.75, "accuracy_up_to_shift": 0.75, "num_notes": 4},
        "Chopin": {"accuracy": 1 / 4, "accuracy_up_to_shift": 3 / 4, "num_notes": 6},
    }
    assert result["by_work"]["b"] == {"accuracy": 0, "accuracy_up_to_shift": 1, "num_notes": 4}
    assert list(result["by_work"]) == ["a", "b", "c"]


@pytest.fixture
def of_two_works():
    """Work u has two pieces, 1 of 2 and 3 of 8 notes right; work v has one, 1 of 1."""
    right = {"x": (1, 2, "u"), "y": (3, 8, "u"), "z": (1, 1, "v")}
    targets, y_pred = [], {}
    for name, (hits, size, work) in right.items():
        targets.append(make_piece(name, " ".join("C" * size), 0, work=work))
        y_pred[name] = spell(" ".join("C" * hits + "D" * (size - hits)))
    return targets, y_pred


def test_a_share_is_the_mean_over_works(of_two_works):
    targets, y_pred = of_two_works
    result = evaluate(y_pred, targets)
    assert result["accuracy"] == pytest.approx((4 / 10 + 1) / 2)
    assert result["accuracy_pooled"] == pytest.approx(5 / 11)
    assert result["accuracy_piece_mean"] == pytest.approx((1 / 2 + 3 / 8 + 1) / 3)
    assert result["by_piece"]["y"]["accuracy"] == pytest.approx(3 / 8)
    scores = Evaluator.from_targets(PITCH_SPELLING, targets).score({"y_pred": y_pred})
    np.testing.assert_allclose(scores.sums["accuracy"].sums, [[4 / 10, 1], [1, 1]])
    np.testing.assert_allclose(scores.sums["accuracy_pooled"].sums, [[4, 10], [1, 1]])


def test_a_piece_counts_by_its_weight(of_two_works):
    targets, y_pred = of_two_works
    targets[1] = replace(targets[1], weight=0.5)
    result = evaluate(y_pred, targets)
    assert result["accuracy"] == pytest.approx(((1 + 1.5) / (2 + 4) + 1) / 2)
    assert result["accuracy_pooled"] == pytest.approx((1 + 1.5 + 1) / (2 + 4 + 1))
    assert result["num_notes"] == 11
    with pytest.raises(InputError, match=r"piece 'x': its weight is 0; it must be positive"):
        replace(targets[0], weight=0)


@pytest.mark.parametrize(
    ("target", "fifths", "prediction", "shift", "value"),
    [
        ("C# G#", 7, "Db Ab", 12, 1.0),  # Db = -5 on the line of fifths, C# = 7
        ("Db Ab", -5, "C# G#", -12, 1.0),
        ("C# D", 7, "Db D", 0, 0.5),  # as good moved as not moved: not moved
        ("C# D", 7, "C Eb", 0, 0.0),  # nothing helps
        ("B## F##", 7, "A F", 0, 0.0),  # 19 and 13 against 3 and -1: 12 are too few for the first
        ("- C#", 7, "C Db", 12, 1.0),
        ("C# G#", 5, "Db Ab", 12, 1.0),  # five sharps as seven flats
        ("C# G#", 4, "Db Ab", 0, 0.0),  # four sharps would be eight flats
        ("Db Ab", -4, "C# G#", 0, 0.0),
        ("C# G#", 0, "Db Ab", 0, 0.0),  # an accidental in C major is no other key
    ],
)
def test_accuracy_up_to_shift_of_one_piece(target, fifths, prediction, shift, value):
    result = evaluate({"x": spell(prediction)}, [make_piece("x", target, fifths)])
    assert result["accuracy_up_to_shift"] == value
    assert result["by_piece"]["x"]["shift"] == shift


@pytest.mark.parametrize("moved", ["Fbb", "B##"])
def test_a_spelling_moved_out_of_the_classes_is_wrong(moved):
    prediction = spell(f"{moved} Db Ab").astype(np.uint8)  # unsigned: nothing may wrap around
    result = evaluate({"x": prediction}, [make_piece("x", "C C# G#", 7)])
    assert result["by_piece"]["x"]["shift"] == 12
    assert result["accuracy_up_to_shift"] == pytest.approx(2 / 3)


def test_the_commonest_key_signature_says_whether_a_piece_may_be_shifted():
    piece = make_piece("x", "C# G# C#", 7)
    mixed = {"spelling": spell("C# G# C#"), "key_signature": np.array([7 + 7, 0 + 7, 0 + 7])}
    unknown = {"spelling": mixed["spelling"], "key_signature": np.full(3, IGNORE_LABEL)}
    shifts = []
    for labels in (piece.labels, mixed, unknown, {"spelling": mixed["spelling"]}):
        result = evaluate({"x": spell("Db Ab Db")}, [replace(piece, labels=labels)])
        shifts.append(result["by_piece"]["x"]["shift"])
    assert shifts == [12, 0, 0, 0]


def test_notes_without_a_class_never_count():
    result = evaluate({"x": spell("C Fbb B##")}, [make_piece("x", "C - -", 0)])
    assert (result["accuracy"], result["accuracy_up_to_shift"], result["num_notes"]) == (1, 1, 1)


def test_metrics_over_no_notes_are_none():
    targets = [make_piece("x", "- -", 0), make_piece("y", "C D", 0, duration=[0, 0])]
    result = evaluate({"x": spell("C C"), "y": spell("C C")}, targets)
    assert result["accuracy_altered"] is None
    assert result["accuracy_altered_ci95"] is None
    assert result["accuracy_without_zero_duration"] is None
    assert result["by_piece"]["x"]["accuracy"] is None
    assert result["accuracy_piece_mean"] == 0.5
    result = evaluate({"x": spell("C C")}, targets[:1])
    assert result["accuracy"] is result["error_rate"] is result["worst_composer"] is None


def test_a_column_that_a_metric_needs_is_named():
    target = PieceTarget("x", "x", "Bach", {"spelling": spell("C")})
    with pytest.raises(ValueError, match="pitch-spelling needs the column 'duration_div', which"):
        evaluate({"x": spell("C")}, [target])


def test_links_of_ones_own_need_no_twins():
    links = Task("links", "link", {"next_note": ()}, ("pitch",), ("link_f1",))
    targets = [PieceTarget(name, name, "", {"next_note": [1, 2, -1]}) for name in "ab"]
    evaluator = Evaluator.from_targets(links, targets, num_resamples=9)
    found = evaluator.eval({"y_pred": {"a": [1, 2, -1], "b": [2, -1, -1]}})
    assert found["link_f1"] == pytest.approx(2 * 2 / (3 + 4))


def test_key_signature_may_be_left_out():
    full = evaluate(full_prediction()).items()
    expected = {name: value for name, value in full if not name.startswith("key_signature")}
    assert evaluate(spelling_prediction()) == expected


def test_pieces_of_a_work_are_grouped():
    targets = [make_piece(name, "C D", 0, work="one") for name in "xyz"]
    result = evaluate(dict.fromkeys("xyz", spell("C E")), targets)
    assert (result["num_works"], result["num_pieces"]) == (1, 3)
    assert result["accuracy_ci95"] is None


@given(st.permutations(range(8)), st.permutations(range(8)))
def test_order_of_pieces_changes_nothing(order, order_predicted):
    rng = np.random.default_rng(0)
    labels = [rng.integers(10, 25, size=3 + i) for i in range(8)]
    targets = [
        PieceTarget(f"p{i}", f"w{i // 2}", "ab"[i % 2], {"spelling": y}, lasting(len(y)))
        for i, y in enumerate(labels)
    ]
    y_pred = {f"p{i}": np.clip(y + (rng.random(len(y)) < 0.3), 0, 34) for i, y in enumerate(labels)}
    expected = evaluate(y_pred, targets, num_resamples=50)
    permuted = evaluate(
        {f"p{i}": y_pred[f"p{i}"] for i in order_predicted},
        [targets[i] for i in order],
        num_resamples=50,
    )
    assert json.dumps(permuted) == json.dumps(expected)


def test_result_is_json_with_intervals_around_the_values():
    result = evaluate(full_prediction())
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    intervals = {name.removesuffix("_ci95"): result[name] for name in result if "_ci95" in name}
    assert set(intervals) == {name for name in result if "accuracy" in name} - {
        f"{name}_ci95" for name in intervals
    }
    for name, (low, high) in intervals.items():
        assert 0 <= low <= result[name] <= high <= 1


def test_board_is_looked_up_and_its_labels_read_from_the_store(monkeypatch):
    def load_targets(board, *arguments, fold, label_scheme):
        assert (fold, label_scheme) == (0, "official")
        assert (board.name, *arguments) == ("asap-pitch-spelling", "valid", "composer", "home")
        return TARGETS

    monkeypatch.setattr("musebench.evaluation.evaluator.load_targets", load_targets)
    evaluator = Evaluator(
        "asap-pitch-spelling", split="valid", split_scheme="composer", root="home"
    )
    assert evaluator.eval({"y_pred": full_prediction()}) == evaluate(full_prediction())
    with pytest.raises(PredictionError, match=r"asap-pitch-spelling \(split 'valid', scheme 'comp"):
        evaluator.eval({"y_pred": {}})


GENRE = Task("genre", "note", {"genre": ("reel", "jig")}, (), ("accuracy",), metrics=("f1_jig",))
GENRES = [
    PieceTarget("a", "a", "Ann", {"genre": np.array([0, 1, IGNORE_LABEL, 1, 0])}),
    PieceTarget("b", "b", "Bea", {"genre": np.array([1, 1])}),
]
PREDICTED = {"y_pred": {"a": [0, 1, 1, 0, 0], "b": [1, 0]}}


def test_a_task_of_ones_own_is_scored_by_the_metrics_it_names():
    found = Evaluator.from_targets(GENRE, GENRES).eval(PREDICTED)
    assert (found["accuracy"], found["error_rate"]) == ((3 / 4 + 1 / 2) / 2, pytest.approx(37.5))
    assert found["accuracy_pooled"] == pytest.approx(4 / 6)
    assert found["accuracy_piece_mean"] == (3 / 4 + 1 / 2) / 2
    assert found["f1_jig"] == 2 * 2 / (2 + 4)
    assert found["worst_composer"] == {"composer": "Bea", "accuracy": 1 / 2}
    assert "f1_reel" not in found


def test_counts_of_classes_by_hand():
    evaluator = Evaluator.from_targets(GENRE, GENRES)
    counts = evaluator._pool(PREDICTED).once(class_counts)
    assert counts.tolist() == [[2, 3, 2, 1, 1, 2], [0, 1, 0, 1, 1, 2]]


def test_metrics_that_are_missing_are_named():
    for changes, message in [
        ({"main_metrics": ("acuracy",)}, "there is no metric 'acuracy'; did you mean 'accuracy'"),
        ({"metrics": ("f1_polka",)}, "there is no metric 'f1_polka'; there are accuracy, "),
        ({"main_metrics": ()}, "task 'genre' has no metrics; name one or more in main_metrics"),
    ]:
        with pytest.raises(ValueError, match=re.escape(message)):
            Evaluator.from_targets(replace(GENRE, **changes), GENRES)


@pytest.fixture
def own_metric():
    """A metric that is registered for a test: the mean distance in a piece."""

    @register_metric("distance", unit="steps", higher_is_better=False)
    def distance(notes):
        return mean_of_pieces(notes, lambda true, said: float(np.abs(true - said).mean()), low=0)

    yield METRICS["distance"]
    del METRICS["distance"]


def test_a_metric_of_ones_own(own_metric):
    task = Task("number", "note", {"number": tuple("01234")}, (), ("distance",))
    targets = [
        PieceTarget(name, name, name, {"number": np.array(numbers)})
        for name, numbers in (("a", [0, 4]), ("b", [2, 2]))
    ]
    evaluator = Evaluator.from_targets(task, targets)
    found = evaluator.eval({"y_pred": {"a": [1, 1], "b": [2, 3]}})
    assert found["distance"] == (2 + 0.5) / 2
    assert found["worst_composer"] == {"composer": "a", "distance": 2}
    assert evaluator.metrics == [own_metric]
    sums = evaluator.score({"y_pred": {"a": [1, 1], "b": [2, 3]}}).sums["distance"]
    assert (sums.statistic.low, sums.statistic.high) == (0, np.inf)


def test_every_name_in_a_result_leads_to_its_declaration(own_metric):
    for task in TASKS.values():
        for metric in metrics_of(task):
            for suffix in ("", "_piece_mean", "_pooled"):
                found = find_metric(metric.name + suffix)
                assert found.unit == metric.unit
                assert found.higher_is_better == metric.higher_is_better
    assert find_metric("distance") is own_metric
    assert find_metric("error_rate").name == "accuracy"
    assert find_metric("num_notes") is find_metric("loss") is None


def test_formats_name_heads_and_classes():
    evaluator = Evaluator.from_targets(PITCH_SPELLING, TARGETS, name="toy")
    assert "all 3 pieces of toy" in evaluator.expected_input_format
    assert "spelling: integers 0..34, one per note (required)" in evaluator.expected_input_format
    assert (
        "key_signature: integers 0..14, one per note (optional)" in evaluator.expected_input_format
    )
    assert "accuracy_up_to_shift, accuracy again" in evaluator.expected_output_format
