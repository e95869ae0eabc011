"""``musebench plot`` and ``musebench evaluate --by-class``, as a person types them."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

import toy_board
from made_standings import FULL
from musebench import cli, splits
from musebench.boards import BOARDS
from musebench.cli import plot
from musebench.evaluation import write_predictions
from musebench.leaderboard.standings import to_json
from musebench.store import load_notes
from musebench.tasks import CADENCE

BOARD = toy_board.BOARD.name
ROOT = Path(__file__).parent.parent
COMMANDS = get_command(plot.app).commands
PAGE = (ROOT / "docs" / "plots.md").read_text("utf-8")


@pytest.fixture
def musebench(monkeypatch, capsys, home, toys, tmp_path):
    """Run a command line beside the toy board; give its code, standard output and error."""
    monkeypatch.setenv("MUSEBENCH_DATA", str(home))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["musebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def spelled(home, toys, tmp_path):
    """The ten notes of the only test piece as written, but each third one, from the first on, D."""
    notes = load_notes(toy_board.CORPUS, home).tables["piano"]
    classes = np.array(toy_board.BOARD.task.read_labels(notes)["spelling"])
    classes[::3] = 17
    file = tmp_path / "spelled.npz"
    write_predictions(file, BOARD, "test", {"piano": {"spelling": classes}}, root=home)
    return file


@pytest.fixture
def cadences(monkeypatch, home, toys, tmp_path):
    """A file with scores, of a board of the toy scores: each piece starts with a cadence."""

    def labels(notes):
        return {"cadence": (np.arange(notes.onset_index.max() + 1) == 0).astype(np.int64)}

    board = replace(
        toy_board.BOARD,
        name="toy-cadence",
        task=replace(CADENCE, read_labels=labels),
    )
    monkeypatch.setitem(BOARDS, board.name, board)
    monkeypatch.setattr(splits, "_read", lambda _: toy_board.PIECES)
    number = load_notes(toy_board.CORPUS, home).tables["piano"].onset_index.max() + 1
    score = np.tile([0.8, 0.2, 0, 0, 0], (number, 1))
    predicted = {"cadence": np.zeros(number, int), "cadence_score": score}
    file = tmp_path / "cadences.npz"
    write_predictions(file, board.name, "test", {"piano": predicted}, root=home)
    return file


def test_a_run(musebench, tmp_path):
    run = tmp_path / "gnn-seed0"
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"board": "dcml-cadence", "seed": 0}))
    (run / "history.jsonl").write_text('{"step": 10, "loss": 1.5, "macro_f1": 0.2}\n')
    code, out, _ = musebench("plot", "run", run, "-o", "curves.svg")
    assert (code, out.strip()) == (0, "curves.svg")
    assert "<svg" in (tmp_path / "curves.svg").read_text()
    code, _, err = musebench("plot", "run", tmp_path, "-o", "curves.svg")
    assert code == 2
    assert "is not the folder of a trained run" in err


def test_a_confusion_matrix(musebench, spelled, tmp_path):
    code, out, _ = musebench("plot", "confusion", spelled, "--json", "-o", "a.png")
    found = json.loads(out)
    assert code == 0
    assert (tmp_path / "a.png").is_file()
    counts = np.array(found["counts"])
    metrics = json.loads(musebench("evaluate", spelled, "--json")[1])
    assert counts.sum() == metrics["num_notes"]
    assert counts.trace() / counts.sum() == pytest.approx(metrics["accuracy"])
    assert {mistake["predicted"] for mistake in found["most_frequent"]} == {"D"}
    code, _, err = musebench("plot", "confusion", spelled)
    assert code == 2
    assert "takes -o FILE for a picture, --json for the counts, or both" in err
    code, _, err = musebench("plot", "confusion", spelled, "--json", "--head", "key_signature")
    assert code == 2
    assert "no 'key_signature' is predicted in the file; there is spelling." in err
    code, _, err = musebench("plot", "confusion", spelled, "-o", "a.gif")
    assert code == 2
    assert "a.gif: .gif cannot be written; use a picture (.svg, .png or .pdf)" in err


def test_errors(musebench, spelled, cadences, tmp_path):
    for file in (spelled, cadences):
        assert musebench("plot", "errors", file, "-o", "errors.svg")[0] == 0
        assert (tmp_path / "errors.svg").is_file()
        (tmp_path / "errors.svg").unlink()
    code, _, err = musebench("plot", "errors", spelled, "--metric", "f1", "-o", "errors.svg")
    assert code == 2
    assert "there is no 'f1' by composer" in err


def test_calibration(musebench, spelled, cadences, tmp_path):
    code, out, _ = musebench("plot", "calibration", cadences, "-o", "calibration.pdf")
    assert (code, out.strip()) == (0, "calibration.pdf")
    assert (tmp_path / "calibration.pdf").read_bytes().startswith(b"%PDF")
    code, _, err = musebench("plot", "calibration", spelled, "-o", "calibration.svg")
    assert code == 3
    assert "the predictions contain no scores" in err
    code, _, err = musebench("plot", "calibration", cadences, spelled, "-o", "calibration.svg")
    assert code == 2
    assert "a reliability diagram is of one board and split" in err


def test_a_board(musebench, tmp_path):
    folder = tmp_path / "boards" / FULL.board
    folder.mkdir(parents=True)
    (folder / "standings.json").write_text(to_json(FULL), "utf-8")
    where = ["--leaderboards", tmp_path / "boards"]
    code, out, _ = musebench("plot", "board", FULL.board, *where, "-o", "board.svg")
    assert (code, out.strip()) == (0, "board.svg")
    code, _, err = musebench("plot", "board", FULL.board, *where, "--metric", "f1", "-o", "b.svg")
    assert code == 2
    assert "has no metric 'f1'; it has accuracy" in err
    code, _, err = musebench("plot", "board", "dcml-phrase", *where, "-o", "b.svg")
    assert code == 2
    assert "contains no standings" in err


def test_without_matplotlib_it_says_what_to_install(musebench, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for name in [name for name in sys.modules if name.startswith("musebench.plots")]:
        monkeypatch.delitem(sys.modules, name)
    code, _, err = musebench("plot", "board", FULL.board, "-o", "board.svg")
    assert code == 2
    assert "pictures need matplotlib: pip install 'musebench[plot]'." in err


def test_evaluate_by_class(musebench, spelled):
    metrics = json.loads(musebench("evaluate", spelled, "--by-class", "--json")[1])
    scores = {score["name"]: score for score in metrics["by_class"]["spelling"]}
    assert sum(score["num_true"] for score in scores.values()) == metrics["num_notes"]
    assert (scores["D"]["precision"], scores["D"]["recall"]) == (2 / 6, 1)
    assert (scores["E"]["precision"], scores["E"]["recall"]) == (1, 1 / 2)
    out = musebench("evaluate", spelled, "--by-class")[1]
    assert "By class: spelling" in out
    assert "\N{FULL BLOCK}" * 5 in out
    assert "by_class" not in json.loads(musebench("evaluate", spelled, "--json")[1])


def test_the_commands_of_the_page_are_understood():
    """Those that need no scores are run; of the others every option and file is there."""
    lines = re.findall("^musebench plot (.*)$", PAGE, re.MULTILINE)
    assert {line.split()[0] for line in lines} == set(COMMANDS)
    for line in lines:
        name, *arguments = line.split()
        COMMANDS[name].make_context(name, arguments)
        for pattern in re.findall(r"leaderboards/\S+", line):
            first = re.sub(r"\{(.*?),.*\}", r"\1", pattern)
            assert (ROOT / first).is_file()
    pictures = re.findall(r"\]\((pictures/.*?)\)", PAGE)
    assert len(pictures) == 6
    for picture in pictures:
        assert (ROOT / "docs" / picture).read_text("utf-8").startswith("<?xml")


def test_the_boards_and_the_python_of_the_page_are_drawn(musebench, tmp_path):
    (tmp_path / "leaderboards").symlink_to(ROOT / "leaderboards")
    for line in re.findall("^musebench (plot board .*)$", PAGE, re.MULTILINE):
        assert musebench(*line.split())[0] == 0
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(block, "plots.md", "exec"), {"__name__": "page"})
    assert {"board.svg", "pac.svg", "board.png"} <= {path.name for path in tmp_path.iterdir()}
