"""A run on the real chorales, small: it learns, repeats itself, and can be recomputed."""

import json

import pytest

from musebench.evaluation import Evaluator, PredictionError, read_predictions, write_predictions
from musebench.train import load_run, make_predictions, plan_run, reproduce, train

BOARD = "chorale-pitch-spelling"
SMALL = {"hidden": 16, "num_layers": 2, "max_epochs": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def result(chorale_home, tmp_path_factory):
    run = plan_run(BOARD, "note-gnn", 3, tmp_path_factory.mktemp("runs"), chorale_home, **SMALL)
    return run, reproduce(run)


def test_the_result_says_how_to_repeat_it(result):
    run, found = result
    stored = json.loads((run.folder / "result.json").read_text())
    assert stored == json.loads(json.dumps(found))
    assert stored["run"]["config"]["hidden"] == 16
    assert stored["run"]["seed"] == 3
    assert stored["run"]["packages"]["torch"]
    assert stored["num_parameters"] > 0
    assert stored["metrics"]["accuracy"] > 0.9


def test_the_result_is_that_of_its_predictions(result, chorale_home):
    run, found = result
    file = read_predictions(run.folder / "test.npz")
    assert (file.board, file.split, file.seed) == (BOARD, "test", 3)
    again = Evaluator(BOARD, root=chorale_home).eval({"y_pred": file.y_pred})
    assert again == found["metrics"]


def test_a_finished_run_is_not_made_again(result):
    run, found = result
    before = (run.folder / "best.pt").stat().st_mtime_ns
    assert reproduce(run) == json.loads(json.dumps(found))
    assert (run.folder / "best.pt").stat().st_mtime_ns == before


def test_the_same_seed_gives_the_same_predictions(result, chorale_home, tmp_path):
    run, _ = result
    again = plan_run(BOARD, "note-gnn", 3, tmp_path, chorale_home, **SMALL)
    train(again)
    ours, theirs = (
        make_predictions(r, "valid") for r in (again, load_run(run.folder, chorale_home))
    )
    for piece in ours:
        assert ours[piece]["spelling"].tolist() == theirs[piece]["spelling"].tolist()


def test_there_is_a_line_for_each_epoch(result):
    run, _ = result
    lines = [json.loads(line) for line in (run.folder / "history.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[1]["loss"] < lines[0]["loss"]


def test_a_rule_needs_no_training(chorale_home, tmp_path):
    run = plan_run(BOARD, "ps13s1", 0, tmp_path, chorale_home)
    found = reproduce(run)
    assert found["num_parameters"] == 0
    assert found["metrics"]["accuracy"] > 0.98
    with pytest.raises(ValueError, match="ps13s1 is a rule and is not trained"):
        train(run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("chorales", "mlp"), "there is no board 'chorales'; there are asap-pitch-spelling"),
        ((BOARD, "transformer"), "there is no model 'transformer'; there are majority, "),
    ],
)
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plan_run(*arguments, 0)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"is not the folder of a run: it has no config.json"):
        load_run(tmp_path)


def test_prediction_files_come_back_as_they_were(tmp_path):
    predictions = {"b": {"spelling": [1, 2]}, "a": {"spelling": [34]}}
    write_predictions(tmp_path / "p.npz", BOARD, "valid", predictions, seed=5)
    file = read_predictions(tmp_path / "p.npz")
    assert (file.version, file.split, file.split_scheme, file.seed) == (
        "1.0",
        "valid",
        "official",
        5,
    )
    assert {k: v["spelling"].tolist() for k, v in file.y_pred.items()} == {"a": [34], "b": [1, 2]}


def test_another_file_is_not_predictions(tmp_path):
    (tmp_path / "p.npz").write_bytes(b"something")
    with pytest.raises(PredictionError, match=r"p.npz is not a file of predictions"):
        read_predictions(tmp_path / "p.npz")
