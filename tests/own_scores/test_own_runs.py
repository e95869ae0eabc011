"""Models and rules on a user's scores, and the commands that find their runs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import musebench
from made_folder import DATA, is_last, load, unchanged, write_kern, write_midi
from musebench import cli
from musebench.corpora import locked
from musebench.errors import CheckpointError, InputError, ResumeError, ScoreWarning
from musebench.evaluation import read_predictions
from musebench.store import own as own_module
from musebench.store import shards
from musebench.tasks import Task
from musebench.train import (
    Hardware,
    load_model,
    load_run,
    make_predictions,
    plan_run,
    predict,
    read_history,
    reproduce,
    train,
)

SMALL = {"num_steps": 4, "validate_every": 2, "hidden": 8, "num_layers": 1, "batch_size": 2}


@pytest.fixture
def trained(folder, tmp_path):
    """Own data, and the folder of a model that was trained on it."""
    splits = {"duet": "train", "piano": "valid", "divisions": "test"}
    dataset = load(folder, labels=is_last, splits=splits)
    run = plan_run(dataset, "note-gnn", 0, tmp_path / "runs", **SMALL)
    assert run.folder == tmp_path / "runs/own-my-scores/note-gnn-fold0-seed0"
    assert not run.config.transpose  # nobody knows whether the labels would stay right
    return dataset, train(run, Hardware("cpu")), run


def test_a_model_is_trained_on_own_data_and_applied(trained, tmp_path):
    dataset, model, run = trained
    found = predict(model, run.load_dataset("test"))
    assert found.keys() == {"divisions"}
    assert 0 <= run.evaluator("test", num_resamples=9).eval({"y_pred": found})["accuracy"] <= 1
    applied = musebench.apply(dataset.task, DATA / "divisions.musicxml", model=model)
    assert applied.labels["label"].tolist() == found["divisions"]["label"].tolist()
    played = write_midi(tmp_path / "played.mid")
    again = musebench.apply(load_model(run.folder).heads.task, played, model=run.folder)
    assert set(again.to_frame()["label"]) <= {"0", "1"}
    again.write(tmp_path / "out.musicxml")
    assert read_history(run)[-1]["step"] == 4
    train(run, Hardware("cpu"), resume=True)
    other = load(tmp_path / "My Scores", labels=lambda n: n.pitch % 3)
    with pytest.raises(InputError, match="is a model for own-my-scores, but with other classes"):
        musebench.apply(other.task, DATA / "duet.krn", model=run.folder)
    with pytest.raises(InputError, match="is a task of your own, which has no pretrained model"):
        musebench.apply(other.task, DATA / "duet.krn")
    with pytest.raises(InputError, match="there is no model 'nothing'"):
        musebench.apply(other.task, DATA / "duet.krn", model="nothing")


def test_another_process_knows_the_task_of_a_model(trained):
    code = (
        "import musebench\n"
        "from musebench.train import load_model\n"
        f"task = load_model({str(trained[2].folder)!r}).heads.task\n"
        "print(task.name, task.kind, task.heads, task.inputs)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    task = trained[0].task
    assert done.stdout.split("\n")[0] == f"{task.name} {task.kind} {task.heads} {task.inputs}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda task: task.replace("own-my-scores", "x"), "its fingerprint is"),
        (lambda task: task.replace('"note"', '"nots"'), "kind is 'nots'"),
        (lambda task: task.replace('"decoding":""', '"decoding":"x"'), "there can be no model of"),
        (lambda task: task.replace('"inputs":["pitch"', '"inputs":["pich"'), "'pich' is not a gro"),
        (lambda task: task[:-1], "invalid JSON"),
    ],
)
def test_the_task_of_a_checkpoint_is_checked(trained, change, reason):
    file = trained[2].folder / "best.pt"
    stored = torch.load(file, weights_only=True)
    torch.save(stored | {"task": change(stored["task"])}, file)
    with pytest.raises(CheckpointError, match=reason):
        load_model(file)


def test_a_known_task_is_trained_on_own_data(folder, tmp_path):
    options = {"labels": "pitch-spelling", "inputs": ["pitch", "duration"]}
    dataset = load(folder, **options, splits=lambda p: "valid" if p == "duet" else "train")
    run = plan_run(dataset, "mlp", 1, tmp_path / "runs", **SMALL)
    assert run.config.transpose
    train(run, Hardware("cpu"))
    played = write_midi(tmp_path / "played.mid")
    applied = musebench.apply("pitch-spelling", played, model=run.folder)
    assert len(applied.labels["spelling"]) == len(applied.notes)
    no_pitch = load(folder, labels="pitch-spelling", inputs=["duration"], splits="random")
    assert not plan_run(no_pitch, "mlp", 1, tmp_path, **SMALL).config.transpose


def test_what_cannot_be_trained_on_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="own-my-scores has no labels to train on"):
        plan_run(load(folder), "mlp", 0)
    with pytest.raises(InputError, match="there is no model 'ps13s1' for own-my-scores; there are"):
        plan_run(load(folder, labels=is_last), "ps13s1", 0)  # a rule of another task
    run = plan_run(load(folder, labels=is_last, splits=lambda _: "train"), "mlp", 0, tmp_path)
    with pytest.raises(InputError, match="there is no piece of the split 'valid'; pieces by split"):
        train(run, Hardware("cpu"))


def musebench_command(capsys, *arguments):
    """The output of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["musebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    captured = capsys.readouterr()
    assert not stopped.value.code, captured.err
    return captured.out


def test_commands_find_the_own_data_of_a_run(trained, tmp_path, capsys):
    dataset, model, run = trained
    expected = predict(model, run.load_dataset("test"))
    found = load_run(run.folder)
    pd.testing.assert_frame_equal(found.dataset.pieces, dataset.pieces)
    assert found.dataset.fingerprint == dataset.fingerprint
    assert found.dataset.unreadable.equals(dataset.unreadable)
    file = tmp_path / "predicted.npz"
    musebench_command(capsys, "predict", run.folder, "-o", file)
    assert read_predictions(file).y_pred["divisions"]["label"].tolist() == (
        expected["divisions"]["label"].tolist()
    )
    metrics = json.loads(musebench_command(capsys, "evaluate", file, "--json"))
    assert metrics["accuracy"] == dataset.evaluator().eval({"y_pred": expected})["accuracy"]
    musebench_command(capsys, "plot", "confusion", file, "-o", tmp_path / "confusion.svg")
    musebench_command(capsys, "plot", "run", run.folder, "-o", tmp_path / "run.svg")
    train(found, Hardware("cpu"), resume=True)  # nothing is left to do
    assert reproduce(found, Hardware("cpu"))["metrics"]["accuracy"] == metrics["accuracy"]


def test_what_is_not_in_the_data_home_is_named(trained, tmp_path):
    _, _, run = trained
    (place,) = (tmp_path / "home/own").glob("own-my-scores-*.json")
    text = place.read_text()
    for content in ("{}", text.replace('"note"', '"nots"'), text[:-2], "[]"):
        place.write_text(content)
        with pytest.raises(InputError, match=r"is damaged; remove it and make the same|not JSON"):
            load_run(run.folder)
    place.unlink()
    with pytest.raises(InputError, match="own-my-scores is own data that is not in the data home"):
        load_run(run.folder)


def test_other_splits_are_another_run(trained, tmp_path):
    dataset, _, run = trained
    splits = {"duet": "train", "piano": "test", "divisions": "valid"}
    other = load(tmp_path / "My Scores", labels=is_last, splits=splits)
    assert other.fingerprint != dataset.fingerprint
    again = plan_run(other, "note-gnn", 0, tmp_path / "runs", **SMALL)
    with pytest.raises(ResumeError, match="fingerprint"):
        train(again, Hardware("cpu"), resume=True)
    assert load_run(run.folder).dataset.split_by_piece.tolist() == ["test", "train", "valid"]


@pytest.mark.parametrize(
    ("labels", "rule"),
    [("pitch-spelling", "ps13s1"), (is_last, "trees"), (lambda n: len(n) % 2, "shortcut")],
)
def test_rules_predict_own_data(folder, tmp_path, labels, rule):
    splits = {"duet": "train", "piano": "valid", "divisions": "test"}
    dataset = load(folder, labels=labels, splits=splits)
    settings = {"iterations": 3} if rule == "trees" else {}
    run = plan_run(dataset, rule, 0, tmp_path / "runs", **settings)
    result = reproduce(run)
    assert result["run"]["board"] == "own-my-scores"
    found = load_run(run.folder)
    assert found.settings == run.settings
    predictions = make_predictions(found, "test")
    assert predictions.keys() == {"divisions"}
    metrics = dataset.evaluator().eval({"y_pred": predictions})
    assert metrics == result["metrics"]
    with pytest.raises(InputError, match="is not trained in steps"):
        train(run)


def cleaned(capsys, *options):
    """What ``musebench clean`` removed, and why."""
    removed = json.loads(musebench_command(capsys, "clean", "--json", *options))["removed"]
    return [(Path(of["place"]).name.partition("-my-")[0], of["why"]) for of in removed]


def test_clean_removes_what_no_dataset_has(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 1)
    dataset = load(folder, labels=is_last, splits="random")
    load(folder, labels=is_last, pre_transform=unchanged)
    own = tmp_path / "home/own"
    kept = sorted(own.rglob("*.arrow"))
    assert cleaned(capsys) == []
    write_kern(folder / "duet.krn", "c")
    other = load(folder, labels=is_last)
    shutil.rmtree(dataset.processed_dir + "/" + dataset.processed_file_names[0].split("/")[0])
    assert cleaned(capsys, "--dry-run") == cleaned(capsys) != []
    left = {path for path in kept if path.exists()}
    assert len(left) == 3  # a score of today may be one of a dataset that is being made
    for path in left:
        os.utime(path, (0, 0))
    assert cleaned(capsys) == [("scores", "no dataset has them any more")]
    assert len(list((own / "scores").glob("*.arrow"))) == 3
    assert other.verify() == []
    monkeypatch.setattr(own_module, "STORE_VERSION", "next")
    assert ("own", "another parser") in cleaned(capsys, "--dry-run")
    assert ("own", "as asked") in cleaned(capsys, "--own")
    assert [path.name for path in own.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_clean_leaves_a_shard_while_a_dataset_has_one_of_its_scores(folder, tmp_path, capsys):
    scores = tmp_path / "home/own/scores"
    (folder / "bad.mei").write_text("no score")
    with pytest.warns(ScoreWarning):
        load(folder)
    for name in ("duet.krn", "piano.musicxml"):
        (folder / name).unlink()
    with pytest.warns(ScoreWarning):
        load(folder)
    for path in scores.iterdir():
        os.utime(path, (0, 0))
    assert cleaned(capsys) == []
    assert sorted(path.name.partition("-")[0] for path in scores.iterdir()) == [
        "shard",
        "unreadable",
    ]
    for labels in scores.parent.glob("own-my-scores-*/"):
        shutil.rmtree(labels)
    assert ("scores", "no dataset has them any more") in cleaned(capsys)
    assert list(scores.iterdir()) == []
    with pytest.warns(ScoreWarning):
        assert len(load(folder)) == 1


def test_clean_of_a_board_leaves_own_scores(folder, tmp_path, capsys):
    load(folder, labels=is_last)
    (tmp_path / "home/own/scores/half.arrow.part").write_text("")
    with locked(tmp_path / "home/own/scores"):  # by a process that parses
        assert cleaned(capsys, "chorale-phrase", "--notes") == []
    assert cleaned(capsys, "chorale-phrase", "--notes") == [
        ("half.arrow.part", "left by a process that was killed")
    ]
    assert len(list((tmp_path / "home/own/scores").iterdir())) == 1


def scale_of(notes):
    return {"loud": np.ones(len(notes))}


def test_a_task_of_functions_is_not_left_for_other_processes(folder, tmp_path):
    options = {"read_labels": lambda notes: {"top": is_last(notes) * 1}, "read_context": scale_of}
    task = Task("top", "note", {"top": ("lower", "top")}, ("pitch",), ("accuracy",), **options)
    load(folder, labels=task, splits=lambda _: "test")
    assert not list((tmp_path / "home/own").glob("*.json"))


def num_open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be counted")
def test_a_score_is_opened_when_it_is_asked_for(tmp_path):
    """Thousands of scores do not hold thousands of open files."""
    for number in range(30):
        write_kern(tmp_path / f"{number}.krn", *"cd" * (number + 1))
    before = num_open_files()
    dataset = load(tmp_path)
    graphs = list(dataset)
    assert len(graphs) == 30
    assert num_open_files() - before < 10
