"""A package outside (tests/plugin) that adds a corpus, a board, a metric, a rule and a model."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from musebench.boards import BOARDS

PLUGIN = Path(__file__).parent / "plugin"
PACKAGE = PLUGIN / "musebench_toys"
# Hand-written lines at most: of these files together.
LIMITS = {
    ("board.py",): 40,  # with a task of its own
    ("corpus.py", "toys.tsv"): 60,
    ("model.py",): 60,
}
MAX_LINES_OF_METRIC = 5


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder in which the package is installed, as pip does it without the network."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "installed"))
    shutil.copytree(PLUGIN, source, dirs_exist_ok=True)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", target]
    command = [sys.executable, "-m", "pip", "install", *options, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def run(installed, tmp_path_factory):
    """Run Python beside the installed package; give what it prints."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {
        "PYTHONPATH": str(installed),
        "MUSEBENCH_DATA": str(home / "data"),
        "MUSEBENCH_OFFLINE": "1",
    }

    def run_python(*arguments):
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=home
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_python


@pytest.fixture(scope="module")
def musebench(run):
    """Run a command line beside the installed package; give what it prints."""
    return lambda *arguments: run("-c", "from musebench.cli import main; main()", *arguments)


@pytest.fixture(scope="module")
def predictions(musebench, tmp_path_factory):
    """Predictions of the model of the package, trained on its board."""
    file = tmp_path_factory.mktemp("predictions") / "toys.npz"
    folder = musebench("train", "toy-top", "--model", "toy-chords").strip()
    musebench("predict", folder, "-o", file)
    return file


def test_the_board_is_listed_and_built(musebench):
    rows = {row["board"]: row for row in json.loads(musebench("list", "--json"))}
    assert len(rows) == len(BOARDS) + 1
    assert (rows["toy-top"]["dataset"], rows["toy-top"]["train"]) == ("ToyTop", 3)
    built = json.loads(musebench("build", "toy-top", "--json"))
    assert [row["num_notes"] for row in built] == [36, 14, 11]


def test_its_model_trains_and_its_metric_is_computed(musebench, predictions):
    found = json.loads(musebench("evaluate", predictions, "--json"))
    assert set(found) >= {"accuracy", "top_accuracy", "top_accuracy_piece_mean", "f1_lower"}
    assert found["top_accuracy"] > 0.5
    assert "top accuracy, %" in musebench("evaluate", predictions)


def test_its_rule_stands_on_its_board(musebench):
    (result,) = json.loads(musebench("reproduce", "toy-top", "--model", "last-of-onset", "--json"))
    assert result["metrics"]["top_accuracy"] == 1
    score = PACKAGE / "scores" / "rest.krn"
    found = json.loads(musebench("apply", "toy-top", score, "--model", "last-of-onset", "--json"))
    assert found["labels"]["top"] == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]


def test_models_of_musebench_have_as_many_parameters_on_its_board(run):
    code = (
        "from musebench.boards import find_board\n"
        "from musebench.models import read_config\n"
        "from musebench.models.sizes import count_parameters\n"
        "for model in ('note-gnn', 'mlp', 'toy-chords'):\n"
        "    config = read_config(model, 'toy-top')\n"
        "    print(count_parameters(model, find_board('toy-top').task, config))\n"
    )
    reference, *others = map(int, run("-c", code).split())
    assert all(abs(other - reference) < 0.2 * reference for other in others)


def test_its_card_is_written(musebench):
    card = musebench("card", "toy-top")
    assert card.startswith("# toy-top\n\nWhich notes are the highest")
    assert "| official | train | 3 | 3 | 1 | 36 | 59.0 % |" in card
    assert "## Pitfalls" not in card


def test_the_leaderboards_of_musebench_are_its_own(musebench):
    folder = Path(__file__).parents[1] / "leaderboards"
    said = musebench("leaderboard", "render", "--check", "--no-recompute", "--leaderboards", folder)
    assert said.startswith(f"0 of {len(BOARDS)} boards recomputed, ")


def test_its_dataset_is_a_class_of_musebench(run):
    code = (
        "import pickle\n"
        "from musebench import ToyTop, load\n"
        "dataset = ToyTop()\n"
        "again = pickle.loads(pickle.dumps(dataset))\n"
        "print(type(load('toy-top')) is ToyTop, len(again), ToyTop.__doc__)\n"
    )
    assert run("-c", code).startswith("True 5 Which notes are the highest that start together")


def test_listing_boards_needs_no_torch(run):
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from musebench.boards import BOARDS\n"
        "from musebench.evaluation import METRICS\n"
        "from musebench.models import rules_of\n"
        "print('toy-top' in BOARDS, 'top_accuracy' in METRICS, *rules_of('toy-top'))\n"
    )
    assert run("-c", code).split() == ["True", "True", "last-of-onset", "shortcut", "trees"]


@pytest.mark.parametrize("files", LIMITS, ids=", ".join)
def test_a_declaration_is_short(files):
    texts = [(PACKAGE / name).read_text("utf-8").splitlines() for name in files]
    assert sum(map(len, texts)) <= LIMITS[files]


def test_a_metric_is_short():
    tree = ast.parse((PACKAGE / "metric.py").read_text("utf-8"))
    (metric,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    first = metric.decorator_list[0].lineno
    assert metric.end_lineno - first + 1 <= MAX_LINES_OF_METRIC
