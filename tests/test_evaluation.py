import json
import re
import subprocess
import sys
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
from musebench.pitch import SPELLING_CLASSES
from musebench.tasks import PITCH_SPELLING, TASKS, Task

RUN_WITHOUT_TORCH = """
import sys
sys.modules["torch"] = sys.modules["torch_geometric"] = None
import numpy as np
from musebench.evaluation import Evaluator, PieceTarget
from musebench.tasks import PITCH_SPELLING
labels = np.array([15, 16])
target = PieceTarget("a", "a", "Bach", {"spelling": labels}, {"duration_div": np.array([1, 1])})
result = Evaluator.from_targets(PITCH_SPELLING, [target]).eval({"y_pred": {"a": labels}})
assert result["accuracy"] == 1.0, result
"""


def lasting(num_notes):
    """Notes that are no grace notes."""
    return {"duration_div": np.ones(num_notes, int)}


def spell(names):
    """Spelling classes of names such as ``"C# Db"``; ``-`` has no class."""
    return np.array(
        [IGNORE_LABEL if name == "-" else SPELLING_CLASSES.index(name) for name in names.split()]
    )


def key(fifths, num_notes):
    return np.full(num_notes, fifths + 7)


def make_piece(piece_id, names, fifths, *, work=None, composer="Bach", duration=None):
    labels = spell(names)
    return PieceTarget(
        piece_id,
        work or piece_id,
        composer,
        {"spelling": labels, "key_signature": key(fifths, len(labels))},
        {"duration_div": np.ones_like(labels) if duration is None else np.array(duration)},
    )


# Piece a: four notes of D major, three right; the wrong one is C# spelled Db, and lasts nothing.
# Piece b: five notes of C# major, of which one has no class; all spelled in D flat major.
# Piece c: two notes of C major, one right.
TARGETS = (
    make_piece("a", "D F# A C#", 2, duration=[1, 1, 1, 0]),
    make_piece("b", "C# E# G# - C#", 7, work="b", composer="Chopin"),
    make_piece("c", "C E", 0, composer="Chopin"),
)
SPELLED = {"a": "D F# A Db", "b": "Db F Ab C Db", "c": "C Fb"}
FIFTHS = {"a": 2, "b": -5, "c": 1}


def full_prediction():
    return {
        piece_id: {
            "spelling": spell(names),
            "key_signature": key(FIFTHS[piece_id], len(names.split())),
        }
        for piece_id, names in SPELLED.items()
    }


def spelling_prediction():
    return {piece_id: spell(names) for piece_id, names in SPELLED.items()}


def evaluate(y_pred, targets=TARGETS, **options):
    return Evaluator.from_targets(PITCH_SPELLING, targets, **options).eval({"y_pred": y_pred})


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
    def load_targets(board, *arguments, fold):
        assert fold == 0
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


def changed(**changes):
    """Spellings of all pieces but for some, None to leave one out."""
    y_pred = {**spelling_prediction(), **changes}
    return {"y_pred": {name: value for name, value in y_pred.items() if value is not None}}


def with_keys(*piece_ids):
    return {
        "y_pred": {
            name: value if name in piece_ids else value["spelling"]
            for name, value in full_prediction().items()
        }
    }


REFUSALS = {
    "not a dict": ([1, 2], r"input_dict is a list; it must be a dict \{'y_pred': ...\}"),
    "no y_pred": (
        {"pred": {}},
        r"keys 'pred'; the key 'y_pred' is required: .* eval\(\{'y_pred': pred",
    ),
    "labels": ({"y_pred": {}, "y_true": {}}, r"keys \['y_true'\]; only 'y_pred' is accepted"),
    "an array": ({"y_pred": np.arange(3)}, "y_pred is a ndarray; it must be a dict from piece id"),
    "missing": (changed(b=None), "^no predictions for 1 piece of toy: 'b'; predict exactly the 3"),
    "all missing": ({"y_pred": {}}, "no predictions for 3 pieces of toy: 'a', 'b', 'c'; predict"),
    "extra": (changed(z=spell("C")), "^predictions for 1 piece not in toy: 'z'; predict exactly"),
    "both": (changed(b=None, z=spell("C")), "toy: 'b'; predictions for 1 piece not in toy: 'z'"),
    "other split": (
        {"y_pred": {f"t{i}": spell("C") for i in range(7)}},
        r"none of the 7 predicted pieces \('t0', 't1', 't2', 't3', 't4', ...\) belongs to toy, "
        r"which has pieces such as 'a'; are they from another split",
    ),
    "length": (
        changed(a=spell("C D")),
        "'a', spelling: expected 4 predictions, one per note; got 2",
    ),
    "scores": (
        changed(c=np.zeros((2, 35))),
        r"'c', spelling: expected an array of shape .*\(2, 35\)",
    ),
    "scalar": (changed(c=3), r"piece 'c', spelling: expected an array.*got shape \(\)"),
    "ragged": (changed(c=[[1], [1, 2]]), "'c', spelling: numpy cannot read this list"),
    "float": (changed(c=np.array([1.0, 2.0])), "spelling: dtype is float64; expected integer"),
    "NaN": (changed(c=np.array([1.0, np.nan])), "piece 'c', spelling: note 1 is NaN"),
    "bool": (changed(c=np.array([True, False])), "dtype is bool; expected integer classes"),
    "text": (changed(c=np.array(["C", "D"])), "dtype is <U1; expected integer classes"),
    "too high": (changed(c=np.array([1, 35])), r"note 1 has class 35; classes are 0..34 \(1 of 2"),
    "negative": (changed(c=np.array([-100, -1])), r"note 0 has class -100; .*\(2 of 2 notes"),
    "huge": (changed(c=np.array([2**64 - 100, 1], np.uint64)), "note 0 has class 184467440737095"),
    "unknown head": (
        changed(c={"spelling": spell("C D"), "key": key(0, 2)}),
        r"piece 'c': there is no head 'key'; the heads are \['spelling', 'key_signature', 'sp",
    ),
    "no main head": (
        changed(c={"key_signature": key(0, 2)}),
        "piece 'c': the main head 'spelling' is missing",
    ),
    "key too high": (
        changed(c={"spelling": spell("C D"), "key_signature": key(8, 2)}),
        "piece 'c', key_signature: note 0 has class 15; classes are 0..14",
    ),
    "heads differ": (
        with_keys("b"),
        "head 'key_signature' is predicted for 1 of 3 pieces, not for 'a', 'c'; predict it for all",
    ),
}


@pytest.mark.parametrize(("input_dict", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_predictions_are_refused_with_a_sentence(input_dict, sentence):
    evaluator = Evaluator.from_targets(PITCH_SPELLING, TARGETS, name="toy")
    with pytest.raises(PredictionError, match=sentence):
        evaluator.eval(input_dict)


def test_only_five_missing_pieces_are_named():
    targets = [make_piece(f"p{i}", "C", 0) for i in range(8)]
    with pytest.raises(PredictionError, match=r"7 pieces .*'p1', .*'p5', \.\.\.; predict exactly"):
        evaluate({"p0": spell("C")}, targets)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint64", "int64"])
def test_every_integer_dtype_is_accepted(dtype):
    y_pred = {name: classes.astype(dtype) for name, classes in spelling_prediction().items()}
    assert evaluate(y_pred) == evaluate(spelling_prediction())


class FakeTensor:
    """What numpy sees of a torch tensor: ``__array__``, which may refuse."""

    def __init__(self, classes, *, requires_grad=False):
        self.classes = classes
        self.requires_grad = requires_grad

    def __array__(self, dtype=None, copy=None):
        if self.requires_grad:
            msg = "Can't call numpy() on Tensor that requires grad."
            raise RuntimeError(msg)
        return np.array(self.classes, dtype=dtype, copy=copy)


def test_tensors_and_lists_are_accepted():
    expected = evaluate(spelling_prediction())
    y_pred = spelling_prediction()
    assert evaluate({name: classes.tolist() for name, classes in y_pred.items()}) == expected
    assert evaluate({name: FakeTensor(classes) for name, classes in y_pred.items()}) == expected


def test_a_tensor_that_numpy_cannot_read_is_refused():
    y_pred = {**spelling_prediction(), "c": FakeTensor(spell("C D"), requires_grad=True)}
    with pytest.raises(PredictionError, match="'c', spelling: numpy cannot read this FakeTensor"):
        evaluate(y_pred)


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ([], "there are no pieces to evaluate on"),
        ([TARGETS[0], TARGETS[0]], "piece 'a' occurs twice"),
        (
            [
                PieceTarget(
                    "x",
                    "x",
                    "Bach",
                    {"key_signature": key(0, 1)},
                    lasting(1),
                )
            ],
            "piece 'x' has labels of .* and requires 'spelling'",
        ),
        (
            [
                TARGETS[0],
                PieceTarget("x", "x", "Bach", {"spelling": spell("C")}, lasting(1)),
            ],
            r"piece 'x' has labels of \['spelling'\], other pieces of",
        ),
        (
            [
                PieceTarget(
                    "x",
                    "x",
                    "Bach",
                    {"spelling": np.array([3, 35])},
                    lasting(2),
                )
            ],
            "piece 'x', spelling: note 1 has label 35; labels must be 0..34, or -100",
        ),
    ],
)
def test_targets_that_do_not_fit_are_refused(targets, sentence):
    with pytest.raises(ValueError, match=sentence):
        Evaluator.from_targets(PITCH_SPELLING, targets)
    with pytest.raises(ValueError, match="num_resamples is 0; at least 1"):
        Evaluator.from_targets(PITCH_SPELLING, TARGETS, num_resamples=0)


def test_labels_and_durations_have_one_length():
    with pytest.raises(ValueError, match=r"'duration_div' has shape \(3,\), its first "):
        PieceTarget("x", "x", "Bach", {"spelling": spell("C D")}, lasting(3))


def test_a_head_without_labels_is_unknown():
    targets = [PieceTarget("x", "x", "Bach", {"spelling": spell("C")}, lasting(1))]
    with pytest.raises(PredictionError, match=r"no head 'key_signature'; the heads are \['spell"):
        evaluate({"x": {"spelling": spell("C"), "key_signature": key(0, 1)}}, targets)


def test_runs_where_torch_is_not_installed():
    run = subprocess.run(
        [sys.executable, "-c", RUN_WITHOUT_TORCH], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


OWN = Task("own", "note", {"a": ("x", "y")}, ("pitch",), ("accuracy",))
NUMBERS = Task("numbers", "regression", {"a": ()}, ("pitch",), ("pearson_r",))
LINKS = Task("links", "link", {"next_note": ()}, ("pitch",), ("link_f1",))


def own_target(labels, **context):
    return PieceTarget("p", "w", "c", labels, context)


def test_labels_at_hand_may_be_lists_and_the_task_a_name():
    evaluator = Evaluator.from_targets(OWN, (own_target({"a": [0, 1]}) for _ in range(1)))
    assert evaluator.eval({"y_pred": {"p": [0, 0]}})["accuracy"] == 0.5
    target = own_target({"spelling": [15, 16]}, duration_div=[1, 2])
    assert Evaluator.from_targets("pitch-spelling", [target]).task.name == "pitch-spelling"
    assert Evaluator.from_targets(NUMBERS, [own_target({"a": [1, np.nan, 2]})]).name == "own data"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: own_target({}), "piece 'p': its labels are a dict, head -> array, with a head"),
        (lambda: own_target(np.array([0])), "piece 'p': its labels are a dict, head -> array"),
        (lambda: own_target({"a": ["x"]}), "piece 'p': 'a' is of type <U1, not of numbers"),
        (lambda: own_target({"a": [0, 1]}, b=[1]), r"'b' has shape \(1,\), its first labels \(2,"),
        (lambda: Evaluator.from_targets([own_target({"a": [0]})], OWN), "task is a list; give a T"),
        (
            lambda: Evaluator.from_targets(OWN, [{"p": [0]}]),
            "targets hold a dict; accepted are Pie",
        ),
        (lambda: Evaluator.from_targets(OWN, {"p": [0]}), "targets hold a str; accepted are Piece"),
        (lambda: Evaluator.from_targets(replace(OWN, heads={}), []), "'own' has no heads"),
        (
            lambda: Evaluator.from_targets(replace(OWN, main_metrics=(len,)), []),
            "has a builtin_function_or_method as metric; name one, see register_metric",
        ),
        (
            lambda: Evaluator.from_targets(OWN, [own_target({"a": [0.0, 1.0]})]),
            "piece 'p', a: labels are of type float64; classes and links are integers",
        ),
        (
            lambda: Evaluator.from_targets(LINKS, [own_target({"next_note": [1, 2]})]),
            r"note 1 has label 2; labels must be -1..1, or -100 for none",
        ),
        (
            lambda: Evaluator.from_targets(NUMBERS, [own_target({"a": [1, np.inf]})]),
            "a label is infinite; labels are finite numbers, NaN for none",
        ),
    ],
)
def test_targets_that_are_none_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
