"""Credit is the same whichever twin has which label or prediction."""

import itertools

import numpy as np
import pytest

from musebench.annotations import IGNORE_LABEL
from musebench.boards import BOARDS
from musebench.evaluation import Evaluator, PieceTarget
from musebench.evaluation.twins import settle_twins

TWIN = np.array([0, 1, 1, 1, 2, 3, 3])
NOTE_BOARDS = [board for board in BOARDS.values() if board.task.unit == "note"]


@pytest.mark.parametrize("seed", range(50))
def test_twins_are_matched_as_well_as_can_be(seed):
    random = np.random.default_rng(seed)
    label, prediction = random.integers(0, 4, (2, len(TWIN)))
    label[random.random(len(TWIN)) < 0.1] = IGNORE_LABEL
    settled = settle_twins(label, prediction, TWIN)
    for group in np.unique(TWIN):
        rows = group == TWIN
        assert sorted(settled[rows]) == sorted(prediction[rows])
        best = max(
            sum(one == other for one, other in zip(label[rows], order, strict=True))
            for order in itertools.permutations(prediction[rows].tolist())
        )
        assert (settled[rows] == label[rows]).sum() == best


def test_numbers_are_matched_with_the_least_squared_error():
    label = np.array([1.0, 3, 2, np.nan])
    settled = settle_twins(label, np.array([2.0, 9, 3, 4]), np.zeros(4, dtype=np.int64))
    assert settled.tolist() == [2, 4, 3, 9]


@pytest.mark.parametrize("board", NOTE_BOARDS, ids=lambda board: board.name)
@pytest.mark.parametrize("seed", range(5))
def test_no_metric_changes_when_twins_trade_places(board, seed):
    """Labels, or predictions, of twins are exchanged."""
    task, random = board.task, np.random.default_rng(seed)
    size = len(TWIN)

    def drawn():
        if task.kind == "regression":
            return {head: random.normal(size=size) for head in task.heads}
        return {head: random.integers(0, len(names), size) for head, names in task.heads.items()}

    if task.kind == "link":
        pytest.skip("links are tested in test_voice_separation.py")
    label, prediction = drawn(), drawn()
    context = {"duration_div": np.ones(size), "onset_index": TWIN}
    moved = np.array([0, 3, 1, 2, 4, 6, 5])

    def score(labels, predictions):
        piece = PieceTarget("a", "a", "Anon", labels, context, twin=TWIN)
        found = Evaluator.from_targets(task, [piece]).eval({"y_pred": {"a": predictions}})
        return {name: value for name, value in found.items() if isinstance(value, float)}

    def exchanged(columns):
        return {head: column[moved] for head, column in columns.items()}

    expected = score(label, prediction)
    for found in (score(exchanged(label), prediction), score(label, exchanged(prediction))):
        assert found == pytest.approx(expected, nan_ok=True)
