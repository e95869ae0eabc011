"""The command line, as a person types it."""

import json
import sys
from pathlib import Path

import pytest

from musebench import cli
from musebench.boards import BOARDS, find_board
from musebench.models import rules_of

BOARD = "chorale-pitch-spelling"


@pytest.fixture
def musebench(monkeypatch, capsys, chorale_home):
    """Run a command line; give its exit code, standard output and standard error."""
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    monkeypatch.delenv("MUSEBENCH_MIRROR", raising=False)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["musebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return run


def test_list(musebench):
    code, out, _ = musebench("list", "--json")
    assert code == 0
    found = {row["board"]: row["test"] for row in json.loads(out)}
    assert found.keys() == BOARDS.keys()
    assert (found["asap-pitch-spelling"], found[BOARD]) == (49, 75)
    assert BOARD in musebench("list")[1]


def test_info(musebench):
    facts = json.loads(musebench("info", BOARD, "--json")[1])
    assert facts["heads"] == {"spelling": 35, "key_signature": 15}
    assert facts["exclusions"]["5 parts"] == 16
    assert "music21==10.5.1" in musebench("info", BOARD)[1]


def test_where(musebench, chorale_home):
    facts = json.loads(musebench("where", "--json")[1])
    assert facts["data home"] == str(chorale_home)
    assert facts["from"] == "MUSEBENCH_DATA"


def test_card(musebench):
    code, out, _ = musebench("card", BOARD)
    assert code == 0
    assert out.startswith(f"# {BOARD}\n")


def test_cite(musebench):
    corpora = ("foscarin2020asap", "cuthbert2010music21")
    everything = musebench("cite", "--all")[1]
    assert [everything.count(key) for key in corpora] == [1, 1]
    one = musebench("cite", BOARD, BOARD)[1]
    assert [one.count(key) for key in corpora] == [0, 1]


def test_license(musebench):
    facts = json.loads(musebench("license", "asap-pitch-spelling", "--json")[1])
    assert facts["license"] == "CC-BY-NC-SA-4.0"
    assert "no commercial advantage" in facts["meaning"]
    assert "music21==10.5.1" in musebench("license", BOARD)[1]


def test_build(musebench):
    code, out, _ = musebench("build", BOARD, "--json")
    assert code == 0
    assert {row["split"]: row["num_pieces"] for row in json.loads(out)}["train"] == 228


def test_train_predict_evaluate(musebench, tmp_path):
    small = ["--set", "hidden=8", "--set", "num_steps=20", "--set", "num_layers=1"]
    code, out, _ = musebench("train", BOARD, "--model", "mlp", "--runs", tmp_path, *small)
    assert code == 0
    folder = "".join(out.split())
    code, _, _ = musebench("predict", folder, "--split", "valid", "-o", tmp_path / "p.npz")
    assert code == 0
    metrics = json.loads(musebench("evaluate", tmp_path / "p.npz", "--json")[1])
    assert metrics["num_pieces"] == 47
    assert 0.5 < metrics["accuracy"] < 1
    assert "Bach" in musebench("evaluate", tmp_path / "p.npz")[1]


def test_reproduce(musebench, tmp_path):
    code, out, err = musebench("reproduce", BOARD, "--model", "ps13s1", "--runs", tmp_path)
    assert code == 0
    assert "ps13s1" in out
    assert "result.json" in err
    code, _, err = musebench("predict", tmp_path / BOARD / "ps13s1-fold0-seed0", "-o", tmp_path)
    assert code == 2
    assert str(tmp_path) in err


def test_a_board_is_reproduced_by_its_rules_and_the_first_models(musebench, tmp_path):
    changes = ("--set", "num_steps=2", "--set", "validate_every=2", "--runs", tmp_path)
    code, _, err = musebench("reproduce", BOARD, *changes)
    assert code == 0
    made = [Path(line).parent.name for line in err.splitlines() if line.endswith("result.json")]
    models = (*rules_of(BOARD), *find_board(BOARD).models)
    assert made == [f"{name}-fold0-seed0" for name in models]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["info", "asap-pitch-speling"], 2, "did you mean 'asap-pitch-spelling'"),
        (["train", BOARD, "--set", "hidden"], 2, "--set takes KEY=VALUE, not 'hidden'"),
        (["predict", "nowhere", "-o", "p.npz"], 2, "nowhere is not the folder of a run"),
        (["evaluate", "nowhere.npz"], 3, "nowhere.npz is not a file of predictions"),
        (["cite"], 2, "cite takes the names of boards, or --all; one of the two"),
        (["cite", BOARD, "--all"], 2, "one of the two"),
        (["cite", "chorales"], 2, "there is no board 'chorales'"),
        (["license", "chorales"], 2, "there is no board 'chorales'"),
        (["info"], 2, "Missing argument 'BOARD'"),
        (["reproduce"], 2, "reproduce takes the name of a board, or --all"),
        (
            ["reproduce", BOARD, "--all", "--model", "mlp"],
            2,
            "leave out --model, --seeds, --folds and",
        ),
        (["reproduce", BOARD, "--seeds", "0-2"], 2, "'0-2' is not a list of seeds"),
        (["submit", "init", "/proc/chorale-phrase/entry"], 2, "/proc/chorale-phrase"),
    ],
)
def test_mistakes_end_in_a_sentence_and_a_code(musebench, arguments, code, message):
    found, _, err = musebench(*arguments)
    assert found == code
    assert message in err


def test_a_home_that_cannot_be_written_is_code_4(musebench, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = musebench("build", BOARD, "--root", tmp_path / "file")
    assert code == 4
    assert "set MUSEBENCH_DATA to another folder" in err


def test_a_finished_run_is_not_trained_again(musebench, tmp_path):
    arguments = ["--model", "mlp", "--runs", tmp_path, "--set", "num_steps=5", "--resume"]
    assert musebench("train", BOARD, *arguments)[0] == 0
    (best,) = tmp_path.rglob("best.pt")
    before = best.stat().st_mtime_ns
    assert musebench("train", BOARD, *arguments)[0] == 0
    assert best.stat().st_mtime_ns == before
    code, _, err = musebench("train", BOARD, *arguments, "--set", "hidden=8")
    assert code == 2
    assert "differs in config and cannot be resumed" in err


def test_a_result_is_not_overwritten_by_another_training(musebench, tmp_path):
    small = ["--runs", tmp_path, "--set", "num_steps=2", "--set", "validate_every=2"]
    assert musebench("reproduce", BOARD, "--model", "mlp", *small)[0] == 0
    (result,) = tmp_path.rglob("result.json")
    code, _, err = musebench("train", BOARD, "--model", "mlp", *small, "--set", "hidden=8")
    assert code == 2
    assert "contains the result of another run, which differs in config" in err
    assert result.is_file()


def test_offline_without_the_corpus_is_code_4(musebench, monkeypatch, tmp_path):
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    code, _, err = musebench("build", "asap-pitch-spelling", "--root", tmp_path)
    assert code == 4
    assert "MUSEBENCH_OFFLINE is set" in err


def test_stats_counts_what_the_graphs_hold(musebench, tmp_path):
    tables = json.loads(musebench("stats", BOARD, "--json")[1])
    assert tables["splits"]["pieces"] == {"train": 228, "valid": 47, "test": 75}
    assert sum(tables["splits"]["notes"].values()) == 81_763
    assert sum(tables["classes_spelling"]["test"].values()) == tables["splits"]["notes"]["test"]
    edges = tables["relations"]["edges"]
    assert edges["during"] == edges["during_rev"]
    assert sum(edges.values()) == sum(tables["splits"]["edges"].values())
    _, text, _ = musebench("stats", BOARD, "--markdown", "--plot", tmp_path)
    assert "| train | 228 | 98 |" in text
    assert text in (Path(__file__).parent.parent / "docs" / "statistics.md").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == [
        "chorale-pitch-spelling-classes_key_signature.svg",
        "chorale-pitch-spelling-classes_spelling.svg",
        "chorale-pitch-spelling-composers.svg",
        "chorale-pitch-spelling-sizes.svg",
    ]
