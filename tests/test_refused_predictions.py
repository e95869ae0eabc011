"""Predictions and targets that an evaluator refuses, and the forms that it takes."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from musebench.errors import InputError, PredictionError
from musebench.evaluation import Evaluator, PieceTarget
from musebench.tasks import PITCH_SPELLING, Task
from tiny_pieces import (
    TARGETS,
    evaluate,
    full_prediction,
    key,
    lasting,
    make_piece,
    spell,
    spelling_prediction,
)

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
