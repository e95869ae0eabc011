"""Checkpoints that are not what they say, or not what a model can be made of."""

import os
from dataclasses import replace

import pytest
import safetensors.torch
import torch

from musebench.boards import BOARDS
from musebench.errors import CheckpointError
from musebench.features import BEAT_COLUMNS, MEASURE_COLUMNS, feature_names
from musebench.models import ENCODERS, ScoreModel
from musebench.train import load_model, plan_run
from musebench.train.checkpoint import inputs_of, save_model, write_released

BOARD = "chorale-pitch-spelling"
SIZES = {"hidden": 16, "num_layers": 1}


def save_untrained(board, model, folder):
    """Keep an untrained model as a run keeps it; return the file."""
    folder.mkdir()
    run = replace(plan_run(board, model, 0, **SIZES), folder=folder)
    task = BOARDS[board].task
    columns = {"note": feature_names(task.inputs), "beat": BEAT_COLUMNS, "measure": MEASURE_COLUMNS}
    num_features = {kind: len(names) for kind, names in columns.items()}
    torch.manual_seed(0)
    save_model(ScoreModel(model, task, num_features, run.config), run)
    return folder / "best.pt"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return save_untrained(BOARD, "note-gnn", tmp_path_factory.mktemp("checkpoint") / "run")


@pytest.mark.parametrize(
    ("board", "model"), [*((BOARD, name) for name in ENCODERS), *((b, "mlp") for b in BOARDS)]
)
def test_what_is_saved_is_loaded(board, model, tmp_path):
    file = save_untrained(board, model, tmp_path / "run")
    stored = torch.load(file, weights_only=True)["state"]
    model = load_model(file, device="cpu")
    found, parameters = model.state_dict(), dict(model.named_parameters())
    assert found.keys() == stored.keys()
    for name, values in stored.items():
        rounded = values.half().float() if name in parameters else values
        assert torch.equal(found[name], rounded)
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    write_released(file, one)
    write_released(one, two)
    assert one.read_bytes() == two.read_bytes()
    again = load_model(one, device="cpu").state_dict()
    assert all(torch.equal(again[name], values) for name, values in found.items())


def weights(stored, change):
    """The weights of a checkpoint, the first matrix of the encoder changed."""
    name = next(name for name, values in stored["state"].items() if values.ndim == 2)
    return {"state": stored["state"] | {name: change(stored["state"][name].clone())}}


def one_nan(values):
    values[-1, -1] = float("nan")
    return values


INPUTS = inputs_of(BOARDS[BOARD].task)
CHANGES = {
    "version": (
        {"version": "0.1"},
        f"was trained on version 0.1 of {BOARD}, which is now at version",
    ),
    "order of columns": (
        {"inputs": INPUTS | {"columns of notes": INPUTS["columns of notes"][::-1]}},
        rf"was trained on other inputs than {BOARD} has now \(columns of notes changed\); train",
    ),
    "no inputs": ({"inputs": {}}, "now .columns of notes, columns of beats, .*, version of the g"),
    "inputs None": ({"inputs": None}, "inputs is None: it must be a valid dictionary"),
    "unknown board": ({"board": "chorales"}, "there is no board 'chorales'"),
    "board of equal shape": (
        {"board": "asap-pitch-spelling"},
        r"was not trained on the current asap-pitch-spelling: its fingerprint is '[0-9a-f]{16}'",
    ),
    "unknown model": (
        {"model": "transformer"},
        "model is 'transformer'; accepted are augmentednet, beat-gnn",
    ),
    "a rule": ({"model": "ps13s1"}, "model is 'ps13s1'; accepted are augmentednet, beat-gnn, "),
    "no config": ({"config": {}}, "batch_size is missing in a configuration"),
    "more than a config": (
        lambda s: {"config": s["config"] | {"seed": 1}},
        "seed is not a field of a configuration",
    ),
    "hidden 0": ({"hidden": 0}, "hidden is 0: it must be greater than 0"),
    "hidden huge": ({"hidden": 10**9}, "hidden is 1000000000: it must be less than or"),
    "hidden True": ({"hidden": True}, "hidden is True: it must be a valid integer"),
    "negative dropout": ({"dropout": -0.5}, "dropout is -0.5: it must be greater than"),
    "nan": ({"learning_rate": float("nan")}, "learning_rate is nan: it must be a finite"),
    "conv": ({"conv": "gin"}, "conv is 'gin'; accepted are sage, gcn"),
    "odd hidden": (
        {"conv": "hgt", "hidden": 18},
        "hidden is 18; with conv 'hgt' it must be a multiple of 4",
    ),
    "other hidden": ({"hidden": 8}, r"is torch.float32 of shape \(16.*of shape \(8"),
    "num_features": (
        {"num_features": {"note": 3}},
        r"num_features is {'note': 3}; its inputs have",
    ),
    "no weights": ({"state": {}}, r"the weights encoder\.\S+ are missing"),
    "a weight more": (lambda s: {"state": s["state"] | {"x": torch.ones(1)}}, "weights x are unk"),
    "no tensor": (
        lambda s: {"state": s["state"] | {"x": 1}},
        "state.x is 1: it must be an instance",
    ),
    "one NaN": (lambda s: weights(s, one_nan), r"encoder\.\S+ contains numbers that are not"),
    "all NaN": (lambda s: weights(s, lambda v: v * float("nan")), "numbers that are not finite"),
    "infinite": (lambda s: weights(s, lambda v: v / 0), "contains numbers that are not finite"),
    "too large for half precision": (
        lambda s: weights(s, lambda v: v + 1e5),
        "not finite in half precision",
    ),
    "shape": (lambda s: weights(s, lambda v: v[:-1]), r"of shape .*; the model has"),
    "dtype": (lambda s: weights(s, lambda v: v.double()), r"is torch.float64 of shape"),
    "sparse": (lambda s: weights(s, lambda v: v.to_sparse()), "of shape .*; the model has"),
    "another format": ({"format": "musebench.checkpoint/3"}, "its format is not"),
    "more than that": ({"note": "mine"}, "note is 'mine': extra inputs are not permitted"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_checkpoint_that_is_not_right_is_refused(checkpoint, tmp_path, name):
    stored = torch.load(checkpoint, weights_only=True)
    change, message = CHANGES[name]
    change = change(stored) if callable(change) else change
    if change.keys() & stored["config"].keys():
        change = {"config": stored["config"] | change}
    file = tmp_path / "other.pt"
    torch.save(stored | change, file)
    with pytest.raises(CheckpointError, match=message):
        load_model(file)
    with pytest.raises(CheckpointError, match=message):
        write_released(file, tmp_path / "released.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["other.pt"]


def test_a_file_that_is_no_checkpoint_is_refused(checkpoint, tmp_path):
    stored = torch.load(checkpoint, weights_only=True)
    before = {key: stored[key] for key in stored.keys() - {"format", "fingerprint"}}
    file = tmp_path / "other.pt"
    for content in (before, [stored], None, stored["state"]):
        torch.save(content, file)
        with pytest.raises(CheckpointError, match=r"its format is not musebench.checkpoint/2"):
            load_model(file)
    torch.save({key: stored[key] for key in stored.keys() - {"state"}}, file)
    with pytest.raises(CheckpointError, match=r"cannot be loaded .*state: field required"):
        load_model(file)
    file.write_bytes(checkpoint.read_bytes()[:-500])
    with pytest.raises(CheckpointError, match=r"cannot be loaded as a model of musebench \(\w+Err"):
        load_model(file)
    with pytest.raises(CheckpointError, match=r"none.pt: there is no such file"):
        load_model(tmp_path / "none.pt")
    shipped = tmp_path / "shipped.safetensors"
    write_released(checkpoint, shipped)
    content = shipped.read_bytes()
    safetensors.torch.save_file({"x": torch.ones(1)}, tmp_path / "other.safetensors")
    safetensors.torch.save_file(stored["state"], tmp_path / "odd.safetensors", {"musebench": "["})
    for file, wrong in {
        "short": content[:-1],
        "long": content + b"0",
        "a run": checkpoint.read_bytes(),
        "empty": b"",
    }.items():
        (tmp_path / f"{file}.safetensors").write_bytes(wrong)
    for name in ("other", "odd", "short", "long", "a run", "empty"):
        with pytest.raises(
            CheckpointError, match=r"cannot be loaded as a model of musebench \(\w+Er"
        ):
            load_model(tmp_path / f"{name}.safetensors")
    os.mkfifo(tmp_path / "pipe.pt")
    with pytest.raises(CheckpointError, match=r"pipe.pt: it is a pipe"):
        load_model(tmp_path / "pipe.pt")
