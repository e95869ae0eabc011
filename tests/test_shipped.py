"""The weights that ship: where they lie, under which licence, and that they score what is said."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import musebench
from musebench.boards import BOARDS
from musebench.corpora import LICENSES
from musebench.evaluation import read_predictions
from musebench.leaderboard import shown_as
from musebench.models import released
from musebench.models.released import read_weights
from musebench.train import find_run, load_model, make_predictions, predict
from musebench.train.checkpoint import read_checkpoint
from test_release import rows_of

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(
    not (ROOT / "musebench-models").is_dir(), reason="an sdist has no weights under other licences"
)
LINES = read_weights(ROOT / released.FREE_PLACE / "weights.tsv")
MAX_BYTES = {released.FREE_PLACE: 6e6, released.OTHER_PLACE: 20e6}


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    """What ships is released."""
    registry = ROOT / released.FREE_PLACE / "weights.tsv"
    monkeypatch.setattr(released, "REGISTRY", registry)


@pytest.fixture(params=LINES, ids=lambda line: line.board)
def line(request):
    return request.param


@pytest.mark.parametrize("place", MAX_BYTES)
def test_what_lies_in_a_package_is_what_its_licence_allows(place):
    files = [file for file in (ROOT / place).iterdir() if file.suffix in {".md", ".safetensors"}]
    lines = [line for line in LINES if line.place == place]
    expected = {name for line in lines for name in (line.file, f"{line.board}.md")}
    assert {file.name for file in files} == expected
    assert sum(file.stat().st_size for file in files) <= MAX_BYTES[place]
    for file in (ROOT / place).glob("*.safetensors"):
        license = BOARDS[read_checkpoint(file).board].corpus.license
        assert (LICENSES[license].weights_license == "MIT") == (place == released.FREE_PLACE)


def test_nothing_that_excludes_commercial_use_is_in_the_wheel():
    assert {path.parent for path in (ROOT / "musebench").rglob("*.safetensors")} <= {
        ROOT / released.FREE_PLACE
    }
    for file in (ROOT / released.FREE_PLACE).glob("*.safetensors"):
        card = file.with_suffix(".md").read_text("utf-8")
        assert BOARDS[file.stem].corpus.license == "CC0-1.0"
        assert "**Weights: MIT.**" in card
        assert "Training started from" not in card


def test_the_other_distribution_says_its_licence_and_has_no_code():
    project = tomllib.loads((ROOT / "musebench-models/pyproject.toml").read_text())["project"]
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["name"] == released.DISTRIBUTION
    assert project["license"] == "CC-BY-NC-SA-4.0"
    assert project["version"] == own["project"]["version"] == musebench.__version__
    assert "dependencies" not in project
    assert "NonCommercial" in (ROOT / "musebench-models/LICENSE").read_text("utf-8").splitlines()[0]
    (code,) = (ROOT / released.DISTRIBUTION).rglob("*.py")
    assert re.fullmatch(r'"""[^"]+"""\n', code.read_text())
    assert released.DISTRIBUTION in own["tool"]["scikit-build"]["sdist"]["exclude"]


def test_each_file_is_the_one_of_its_line_and_card(line):
    file = line.path()
    assert file.parent == ROOT / line.place
    assert file.stat().st_size == line.size
    assert hashlib.sha256(file.read_bytes()).hexdigest() == line.sha256
    stored = read_checkpoint(file)
    assert (stored.board, stored.version, stored.model) == (line.board, line.version, line.model)
    card = file.with_suffix(".md").read_text("utf-8")
    assert line.sha256 in card
    assert f"**Weights: {line.license}.**" in card
    assert BOARDS[line.board].corpus.citation in card
    assert load_model(file, device="cpu").heads.task.name == BOARDS[line.board].task.name


def test_each_task_without_a_model_named_is_applied(line, toy):
    task = BOARDS[line.board].task.name
    applied = musebench.apply(task, toy / "piano.musicxml", device="cpu")
    assert BOARDS[applied.model].task.name == task
    assert musebench.apply(line.board, toy / "piano.musicxml").model == line.board


def entry_of(line):
    """The folder of the entry of the model on its board; skips if there is none."""
    folder = ROOT / "leaderboards" / line.board / line.model
    if not (folder / "submission.json").is_file():
        pytest.skip(f"{line.board} has no entry of {line.model}")
    return folder


def test_its_entry_is_predicted_from_the_file(line, chorale_home, at_hand):
    at_hand(line.board)
    stored = read_predictions(entry_of(line) / "predictions" / "fold0-seed0.npz").y_pred
    test = find_run(line.board, chorale_home).load_dataset("test")
    order = np.argsort(test.pieces["num_notes"].to_numpy(), kind="stable")
    found = predict(load_model(line.path(), device="cpu"), test.index_select(order[:3].tolist()))
    assert len(found) == 3
    for piece, heads in found.items():
        for head, values in heads.items():
            exact = values.dtype.kind in "iu"
            np.testing.assert_allclose(
                stored[piece][head], values, rtol=0, atol=0 if exact else 1e-3
            )


@pytest.fixture(scope="module")
def spelled(chorale_home, asap_mirror):
    """The metrics of the test split of ASAP, spelled by the file that ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(released, "REGISTRY", ROOT / released.FREE_PLACE / "weights.tsv")
        run = find_run("asap-pitch-spelling", chorale_home)
        y_pred = make_predictions(run, "test", device="cpu")
    return run.evaluator("test").eval({"y_pred": y_pred})


def test_the_numbers_of_the_card_are_those_of_the_file(spelled):
    card = (ROOT / released.OTHER_PLACE / "asap-pitch-spelling.md").read_text("utf-8")
    shown = rows_of(card, "Scores")
    for name in [key for key in spelled if f"{key}_ci95" in spelled]:
        measure = shown_as(name)
        interval = measure.interval(*spelled[f"{name}_ci95"])
        assert shown[measure.title] == [measure.text(spelled[name]), interval]


def test_the_number_of_fold_0_on_the_board_is_that_of_the_file(spelled):
    (line,) = (line for line in LINES if line.board == "asap-pitch-spelling")
    submission = json.loads((entry_of(line) / "submission.json").read_text())
    (reported,) = (
        run["reported"] for run in submission["runs"] if (run["fold"], run["seed"]) == (0, 0)
    )
    assert {name: spelled[name] for name in reported} == reported
