"""A run on the real chorales, small: it learns, repeats itself, and can be recomputed."""

import json
from dataclasses import replace
from importlib import import_module

import pytest
import torch

from musebench.errors import DivergedError, ResumeError
from musebench.evaluation import Evaluator, read_predictions
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS, ScoreModel
from musebench.tasks import STAFF_SEPARATION
from musebench.train import (
    load_model,
    load_run,
    make_predictions,
    plan_boards,
    plan_run,
    read_history,
    reproduce,
    train,
    training_batches,
)
from musebench.train.checkpoint import start_from

BOARD = "chorale-pitch-spelling"
SMALL = {"hidden": 16, "num_layers": 2, "num_steps": 60, "validate_every": 30, "batch_size": 8}
FOUR = SMALL | {"num_steps": 40, "validate_every": 10}


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


def test_a_run_that_starts_anew_leaves_nothing_of_the_one_before(chorale_home, tmp_path):
    run = plan_run(BOARD, "mlp", 0, tmp_path, chorale_home, **FOUR)
    reproduce(run)
    train(plan_run(BOARD, "mlp", 0, tmp_path, chorale_home, **FOUR | {"num_steps": 10}))
    names = {path.name for path in run.folder.iterdir()}
    assert names == {"config.json", "history.jsonl", "best.pt"}


@pytest.mark.parametrize("name", ["num_steps", "validate_every", "learning_rate", "hidden"])
def test_what_must_be_positive_is(name):
    with pytest.raises(ValueError, match=f"{name} is 0: it must be greater than 0"):
        plan_run(BOARD, "mlp", 0, **{name: 0})


def test_a_training_that_diverges_says_so(chorale_home, tmp_path):
    run = plan_run(BOARD, "mlp", 0, tmp_path, chorale_home, **SMALL | {"learning_rate": 1e30})
    with pytest.raises(DivergedError, match=r"NaN or infinite after .*use a learning_rate below"):
        train(run)


@pytest.mark.parametrize("text", ['{"config": {"new": 1}}', "{}", "[1]", '{"config'])
def test_a_damaged_configuration_is_named(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config.json is damaged or from another version"):
        load_run(tmp_path)


def test_a_device_that_there_is_not_is_named(result):
    run, _ = result
    with pytest.raises(ValueError, match="the device 'nonsense' is not available"):
        load_model(run.folder, device="nonsense")


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


class KilledError(Exception):
    """Stands for kill -9: nothing is tidied up behind it."""


def kill_in(monkeypatch, name, call, about=""):
    """Let a function of the training break off at its n-th call that is about something."""
    module_name, function_name = name.split(".")
    module = import_module(f"musebench.train.{module_name}")
    function, calls = getattr(module, function_name), []

    def break_off(*args, **kwargs):
        calls.extend([1] * any(about in str(arg) for arg in args))
        if len(calls) == call:
            raise KilledError
        return function(*args, **kwargs)

    monkeypatch.setattr(module, function_name, break_off)


@pytest.fixture(scope="module")
def whole(chorale_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run = plan_run(BOARD, "note-gnn", 5, folder, chorale_home, **FOUR)
    return run, reproduce(run)


@pytest.mark.parametrize(
    ("where", "about", "call", "kept"),
    [
        ("loop.predict", "", 3, 2),  # in the third validation: the steps before it are lost
        ("state.write_tensors", "last.pt", 3, 2),  # best.pt may be of the third one already
        ("result.make_predictions", "", 1, 4),  # after the training, before the result
    ],
)
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    whole, chorale_home, tmp_path, monkeypatch, where, about, call, kept
):
    whole_run, expected = whole
    run = plan_run(BOARD, "note-gnn", 5, tmp_path, chorale_home, **FOUR)
    with monkeypatch.context() as patch:
        kill_in(patch, where, call, about)
        with pytest.raises(KilledError):
            reproduce(run)
    assert len(read_history(run)) == kept
    assert (run.folder / "last.pt").exists() == (kept < 4)
    torch.manual_seed(99)
    found = reproduce(run)
    assert found["metrics"] == expected["metrics"]
    ours, theirs = (read_predictions(r.folder / "test.npz").y_pred for r in (run, whole_run))
    assert {p: v["spelling"].tolist() for p, v in ours.items()} == {
        p: v["spelling"].tolist() for p, v in theirs.items()
    }
    for line, other in zip(read_history(run), read_history(whole_run), strict=True):
        assert line | {"seconds": 0} == other | {"seconds": 0}
    names = {path.name for path in run.folder.iterdir()}
    assert names == {"config.json", "history.jsonl", "best.pt", "test.npz", "result.json"}


def test_only_the_same_run_is_resumed(chorale_home, tmp_path, monkeypatch):
    run = plan_run(BOARD, "mlp", 1, tmp_path, chorale_home, **SMALL)
    with monkeypatch.context() as patch:
        kill_in(patch, "loop.predict", 2)
        with pytest.raises(KilledError):
            train(run)
    other = plan_run(BOARD, "mlp", 1, tmp_path, chorale_home, **SMALL | {"hidden": 8})
    with pytest.raises(ResumeError, match="differs in config and cannot be resumed"):
        train(other, resume=True)
    last = (run.folder / "last.pt").read_bytes()
    (run.folder / "last.pt").write_bytes(last[:-100])
    with pytest.raises(ResumeError, match=r"last.pt is damaged; train without resuming"):
        train(run, resume=True)
    assert reproduce(other)["run"]["config"]["hidden"] == 8  # starts anew
    assert [line["step"] for line in read_history(other)] == [30, 60]


@pytest.mark.parametrize("name", [name for name, encoder in ENCODERS.items() if not encoder.joint])
def test_every_learned_model_trains_on_the_loader(chorale_home, tmp_path, name):
    run = plan_run(BOARD, name, 1, tmp_path, chorale_home, **SMALL | {"num_steps": 5})
    batches = training_batches(run, run.config)
    batch = next(iter(batches))
    assert isinstance(batches, MuseNeighborLoader)
    assert len(batch.num_sampled_nodes["note"]) == 1 + ENCODERS[name].num_hops(2)
    assert ("beat" in batch.node_types) == ENCODERS[name].metrical
    model = train(run)
    assert len(model(batch)["spelling"]) == batch["note"].batch_size
    again = load_model(run.folder)
    assert torch.equal(model(batch)["spelling"], again(batch)["spelling"])


def test_there_is_a_line_for_each_validation(result):
    run, _ = result
    lines = [json.loads(line) for line in (run.folder / "history.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [30, 60]
    assert lines[1]["loss"] < lines[0]["loss"]


def test_a_rule_needs_no_training(chorale_home, tmp_path):
    run = plan_run(BOARD, "ps13s1", 0, tmp_path, chorale_home)
    found = reproduce(run)
    assert found["num_parameters"] == 0
    assert found["metrics"]["accuracy"] > 0.98
    with pytest.raises(ValueError, match="ps13s1 is not trained in steps"):
        train(run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("chorales", "mlp"), "there is no board 'chorales'; did you mean 'chorale-"),
        (
            (BOARD, "transformer"),
            "there is no model 'transformer' for chorale-pitch-spelling; there are krumhansl, ",
        ),
    ],
)
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plan_run(*arguments, 0)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"is not the folder of a run: it has neither config.json"):
        load_run(tmp_path)


def test_a_run_may_start_from_the_checkpoint_of_another(result, chorale_home, tmp_path):
    run, _ = result
    best = run.folder / "best.pt"
    few = SMALL | {"num_steps": 1, "learning_rate": 1e-9}
    fresh = plan_run(BOARD, "note-gnn", 7, tmp_path / "fresh", chorale_home, **few)
    tuned = replace(fresh, folder=tmp_path / "tuned", init=best)
    train(fresh)
    train(tuned)
    (before,), (after,) = read_history(fresh), read_history(tuned)
    assert before["loss"] > 1.2 * after["loss"]
    assert after["accuracy"] > 0.9
    wider = plan_run(BOARD, "note-gnn", 7, tmp_path, chorale_home, **few | {"hidden": 24})
    with pytest.raises(ValueError, match=r"has another encoder: encoder\..* has shape .*16"):
        train(replace(wider, init=best))


def test_heads_of_another_task_are_left_as_they_are(result):
    run, _ = result
    trained = load_model(run.folder, device="cpu")
    model = ScoreModel("note-gnn", STAFF_SEPARATION, trained.num_features, run.config)
    before = model.heads.state_dict()
    start_from(model, run.folder / "best.pt")
    assert all(torch.equal(v, before[k]) for k, v in model.heads.state_dict().items())
    ours, theirs = model.encoder.state_dict(), trained.encoder.state_dict()
    assert all(torch.equal(values, theirs[name]) for name, values in ours.items())


def test_what_stands_on_the_boards_is_planned(tmp_path):
    planned = {run.folder.name: run for run in plan_boards(["asap-pitch-spelling"], tmp_path)}
    learned = [name for name, run in planned.items() if run.config]
    assert len(learned) == 5 * 2 * 3  # by fold, by seed
    assert {"ps13s1-fold0-seed0", "onset-rnn-fold4-seed1"} <= planned.keys()
