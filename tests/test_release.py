"""From a run on the real chorales to the weights that ship, and back."""

import dataclasses
import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

import musebench
from musebench import Evaluator
from musebench.boards import BOARDS
from musebench.cli.app import app
from musebench.corpora import LICENSES, License
from musebench.errors import IntegrityError, NoPretrainedModelError, ReleaseError
from musebench.evaluation import read_predictions
from musebench.models import Weights, find_released, find_weights, pretrained, released
from musebench.models.released import COLUMNS, read_weights
from musebench.tables import TAB, rows_to_text
from musebench.train import (
    from_pretrained,
    load_model,
    load_run,
    make_predictions,
    plan_run,
    predict,
    read_history,
    release_runs,
    reproduce,
    train,
)

BOARD = "chorale-pitch-spelling"
NAME = f"{BOARD}.safetensors"
SMALL = {"hidden": 16, "num_layers": 2, "num_steps": 30, "validate_every": 15, "batch_size": 8}


@pytest.fixture(scope="module")
def made(chorale_home, tmp_path_factory):
    """A finished run, and the folder of its release, laid out as a clone is."""
    folder = tmp_path_factory.mktemp("made")
    run = plan_run(BOARD, "note-gnn", 3, folder / "runs", chorale_home, **SMALL)
    reproduce(run)
    release_runs([run.folder], folder / "clone", root=chorale_home)
    return run, folder / "clone"


@pytest.fixture
def assets(made):
    """The folder of what is under another licence than the code, such as the chorales."""
    return made[1] / released.OTHER_PLACE


@pytest.fixture
def installed(made, tmp_path, monkeypatch):
    """The release as if it were installed; the folder of its weights."""
    clone = shutil.copytree(made[1], tmp_path / "clone")
    monkeypatch.setattr(released, "REGISTRY", clone / released.FREE_PLACE / "weights.tsv")
    monkeypatch.setattr(released, "others_folder", lambda: clone / released.OTHER_PLACE)
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "data"))
    return clone / released.OTHER_PLACE


def write_registry(monkeypatch, tmp_path, *rows):
    file = tmp_path / "weights.tsv"
    file.write_text(rows_to_text(COLUMNS, map(dataclasses.astuple, rows), TAB))
    monkeypatch.setattr(released, "REGISTRY", file)


def test_installed_weights_predict_as_their_run_does(made, installed, chorale_home):
    run, _ = made
    model = musebench.from_pretrained(BOARD)
    assert not model.training
    found = predict(model, run.load_dataset("test"))
    stored = read_predictions(run.folder / "test.npz").y_pred
    expected = make_predictions(load_run(run.folder, chorale_home), "test")
    assert found.keys() == expected.keys() == stored.keys()
    for piece, heads in expected.items():
        for head, labels in heads.items():
            np.testing.assert_array_equal(found[piece][head], labels)
            np.testing.assert_array_equal(stored[piece][head], labels)
    assert pretrained("pitch-spelling") == pretrained(BOARD) == installed / NAME


def test_weights_are_in_half_precision_and_hold_what_it_takes_to_predict(
    made, assets, tmp_path, chorale_home
):
    run, clone = made
    state = safetensors.torch.load_file(assets / NAME)
    model = load_model(assets / NAME)
    parameters = dict(model.named_parameters())
    for name, values in state.items():
        assert values.dtype == (
            torch.float16 if name in parameters else model.state_dict()[name].dtype
        )
    assert state.keys() == model.state_dict().keys()
    copy = shutil.copytree(run.folder, tmp_path / run.folder.name)
    release_runs([copy], tmp_path / "again", root=chorale_home)
    for place, name in [
        (released.OTHER_PLACE, NAME),
        (released.OTHER_PLACE, f"{BOARD}.md"),
        (released.FREE_PLACE, "weights.tsv"),
    ]:
        again = tmp_path / "again" / place / name
        assert again.read_bytes() == (clone / place / name).read_bytes()
    (line,) = read_weights(clone / released.FREE_PLACE / "weights.tsv")
    content = (assets / NAME).read_bytes()
    assert (line.board, line.version, line.model) == (BOARD, BOARDS[BOARD].version, "note-gnn")
    assert (line.size, line.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    graphs = run.load_dataset("train")
    num_notes = sum(len(graphs[i]["note"].pitch) for i in range(len(graphs)))
    assert (line.license, line.num_notes) == ("CC-BY-NC-SA-4.0", num_notes)


def rows_of(card, title):
    """Rows of the tables of a section of a card: first cell -> the others."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", card, re.MULTILINE | re.DOTALL)[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    return {first: cells for first, *cells in rows}


def test_the_numbers_of_the_card_are_recomputed(made, assets, chorale_home):
    run, _ = made
    card = (assets / f"{BOARD}.md").read_text("utf-8")
    model = load_model(assets / NAME)
    metrics = Evaluator(BOARD, root=chorale_home).eval(
        {"y_pred": predict(model, run.load_dataset("test"))}
    )
    scores = rows_of(card, "Scores")
    for name in [key for key in metrics if f"{key}_ci95" in metrics]:
        low, high = (f"{100 * end:.2f}" for end in metrics[f"{name}_ci95"])
        expected = [f"{100 * metrics[name]:.2f}", f"[{low}, {high}]"]
        assert scores[f"{name.replace('_', ' ')}, %"] == expected
    bach = metrics["by_composer"]["Bach"]
    assert scores["Bach"] == [
        f"{100 * bach['accuracy']:.2f}",
        f"{100 * bach['accuracy_up_to_shift']:.2f}",
        f"{bach['num_notes']:,}",
    ]
    split = rows_of(card, "Split")
    assert [split[name][0] for name in ("train", "valid", "test")] == ["228", "47", "75"]
    assert f"{sum(p.numel() for p in model.parameters()):,} parameters" in card


def test_the_card_says_what_one_has_to_know(made, assets):
    run, _ = made
    card = (assets / f"{BOARD}.md").read_text("utf-8")
    board = BOARDS[BOARD]
    for text in (
        board.corpus.license,
        LICENSES[board.corpus.license].weights,
        run.load_dataset("train").fingerprint,
        *board.task.pitfalls,
        board.corpus.citation,
        hashlib.sha256((assets / NAME).read_bytes()).hexdigest(),
        "**Weights: CC-BY-NC-SA-4.0.**",
        f'musebench.from_pretrained("{BOARD}")',
        f"musebench apply pitch-spelling in.mid -o out.musicxml --model {BOARD}",
    ):
        assert text in card
    (again,) = re.findall("^musebench reproduce (.*)$", card, re.MULTILINE)
    name, *options = again.split()
    assert name == BOARD
    changes = dict(option.split("=") for option in options[7::2])
    assert {k: json.loads(v) for k, v in changes.items()} == {
        k: v for k, v in SMALL.items() if str(v) in changes.values()
    }
    assert options[:6] == ["--model", "note-gnn", "--folds", "0", "--seeds", "3"]
    assert f"--init {BOARD}" in card
    assert "--set hidden=16 --set num_layers=2 --init" in card


@pytest.mark.parametrize("spdx", LICENSES)
def test_every_licence_says_what_it_means_for_weights(spdx):
    assert LICENSES[spdx].weights.endswith(".")
    assert ("commercial" in LICENSES[spdx].weights) == (spdx != "CC0-1.0")
    assert (LICENSES[spdx].weights_license == "MIT") == (spdx == "CC0-1.0")


def test_installed_weights_are_applied_without_a_name(installed, toy, tmp_path):
    applied = musebench.apply("pitch-spelling", toy / "piano.musicxml")
    assert applied.model == BOARD
    by_name, by_board, by_file, by_model = (
        musebench.apply(task, toy / "piano.musicxml", model=model)
        for task, model in [
            ("pitch-spelling", BOARD),
            (BOARD, None),
            ("pitch-spelling", installed / NAME),
            ("pitch-spelling", from_pretrained(BOARD)),
        ]
    )
    assert by_model.model == "NoteGNN"
    for other in (by_name, by_board, by_file, by_model):
        for head, labels in applied.labels.items():
            np.testing.assert_array_equal(other.labels[head], labels)
    with pytest.raises(ValueError, match=f"{BOARD} is a model for pitch-spelling, not for cadence"):
        musebench.apply("cadence", toy / "piano.musicxml", model=BOARD)
    with pytest.raises(ValueError, match="NoteGNN is a model for pitch-spelling, not for cadence"):
        musebench.apply("cadence", toy / "piano.musicxml", model=from_pretrained(BOARD))
    out = tmp_path / "out.musicxml"
    score = str(toy / "piano.musicxml")
    done = CliRunner().invoke(app, ["apply", "pitch-spelling", score, "-o", str(out)])
    assert (done.exit_code, out.is_file()) == (0, True), done.exception


def test_midi_is_spelled_by_the_rule_if_the_package_of_the_model_is_not_installed(
    installed, midi, tmp_path, monkeypatch
):
    path = tmp_path / "in.mid"
    path.write_bytes(midi.build([[e for i in range(8) for e in midi.note(480 * i, 480, 60 + i)]]))
    by_model = musebench.apply("cadence", path, model="v-i-bass").notes
    assert list(by_model.step) == spelled_by(path, BOARD)
    monkeypatch.setattr(released, "others_folder", lambda: None)
    by_rule = musebench.apply("cadence", path, model="v-i-bass").notes
    assert list(by_rule.step) == spelled_by(path, "ps13s1") != spelled_by(path, installed / NAME)


def spelled_by(path, model):
    return list(musebench.apply("pitch-spelling", path, model=model).notes.step)


def test_the_python_of_the_page_and_of_the_card_runs(installed, midi, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.mid").write_bytes(midi.build([midi.note(0, 480, 60) + midi.note(480, 480, 66)]))
    page = Path(__file__).parent.parent / "docs" / "models.md"
    for text in (page.read_text("utf-8"), (installed / f"{BOARD}.md").read_text("utf-8")):
        (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        namespace = {}
        exec(compile(snippet, "snippet", "exec"), namespace)
        assert len(namespace["applied"].labels["spelling"]) == 2


def test_installed_weights_predict_a_board(made, installed, chorale_home, tmp_path):
    run, _ = made
    root = ["--root", str(chorale_home)]
    for asked in (BOARD, str(run.folder)):
        done = CliRunner().invoke(app, ["predict", asked, "-o", str(tmp_path / "a.npz"), *root])
        assert done.exit_code == 0, done.exception
        found = read_predictions(tmp_path / "a.npz")
        assert (found.board, found.split, found.fold) == (BOARD, "test", 0)
        stored = read_predictions(run.folder / "test.npz").y_pred
        for piece, heads in stored.items():
            for head, labels in heads.items():
                np.testing.assert_array_equal(found.y_pred[piece][head], labels)
    other = ["predict", BOARD, "--board", "chorale-phrase", "-o", str(tmp_path / "b.npz"), *root]
    refused = CliRunner().invoke(app, other).exception
    assert "chorale-phrase is a board of phrase; " in str(refused)
    assert "is a model for pitch-spelling" in str(refused)


def test_training_starts_from_a_released_model_by_its_name(made, installed, tmp_path, chorale_home):
    run, _ = made
    runs = tmp_path / "tuned"
    options = [f"--set={k}={v}" for k, v in (SMALL | {"num_steps": 1}).items()]
    arguments = ["train", BOARD, "--seed", "7", "--runs", str(runs), *options]
    arguments += ["--root", str(chorale_home), "--set=learning_rate=1e-9", "--init"]
    losses = []
    for init in (BOARD, run.folder, run.folder / "best.pt"):
        done = CliRunner().invoke(app, [*arguments, str(init)])
        assert done.exit_code == 0, done.exception
        tuned = load_run(runs / BOARD / "note-gnn-fold0-seed7")
        (line,) = read_history(tuned)
        losses.append(line["loss"])
    assert losses == losses[:1] * 3
    assert losses[0] < 0.9 * read_history(run)[0]["loss"]
    done = CliRunner().invoke(app, [*arguments, "nothing.pt"])
    assert "'nothing.pt' is not a task, board or file" in str(done.exception)


# --- What is refused ------------------------------------------------------------------------------


def test_a_name_without_weights_is_refused(installed, tmp_path):
    for name, error, message in [
        ("cadence", NoPretrainedModelError, "no pretrained model for cadence yet; train one with"),
        ("asap-pitch-spelling", NoPretrainedModelError, "for asap-pitch-spelling yet; train one"),
        ("voices", NoPretrainedModelError, "for voices yet; train one with .*-voice-separation`"),
        (f"{BOARD[:-1]}", ValueError, f"board or file; did you mean '{BOARD}'"),
        ("xyz", ValueError, "'xyz' is not a task, board or file; there are .*, pitch-"),
    ]:
        with pytest.raises(error, match=message):
            pretrained(name)
    with pytest.raises(ValueError, match=r"has no checkpoint best.pt; give the folder of a"):
        find_weights(tmp_path)


def test_the_package_that_is_not_installed_is_named(installed, toy, monkeypatch):
    monkeypatch.setattr(released, "others_folder", lambda: None)
    sentence = (
        rf"the weights of {BOARD} are in the package musebench-models \(CC-BY-NC-SA-4.0\), which "
        r"is not installed; type `pip install \"musebench-models @ git\+https://.*#subdirectory="
        r"musebench-models\"`, or `pip install ./musebench-models` in a clone.*"
        r"A rule needs no training: --model ps13s1"
    )
    with pytest.raises(NoPretrainedModelError, match=sentence):
        musebench.apply("pitch-spelling", toy / "piano.musicxml")
    with pytest.raises(NoPretrainedModelError, match="type `pip install "):
        from_pretrained("pitch-spelling")


def test_a_wrong_file_is_not_taken(installed, toy):
    file = installed / NAME
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(
        IntegrityError, match=r"\(its SHA-256 differs\). Install musebench-models of"
    ):
        pretrained(BOARD)
    file.unlink()
    with pytest.raises(
        IntegrityError, match=r"there is no such file.* of the same version as muse"
    ):
        from_pretrained(BOARD)
    with pytest.raises(IntegrityError, match="Install musebench-models"):
        musebench.apply("pitch-spelling", toy / "piano.musicxml")


def line_of(board, license="MIT", num_notes=1, version=None):
    version = version or BOARDS[board].version
    return Weights(board, version, "note-gnn", license, num_notes, 1, "a" * 64)


def test_of_the_boards_of_a_task_what_was_installed_for_it_counts_then_the_most_notes(
    monkeypatch, tmp_path
):
    asap, openscore, other = "asap-pitch-spelling", "openscore-pitch-spelling", "CC-BY-NC-SA-4.0"
    rows = [line_of(asap, other, 9), line_of(openscore, num_notes=20), line_of(BOARD, other, 8)]
    write_registry(monkeypatch, tmp_path, *rows)
    assert find_released("pitch-spelling").board == asap
    with monkeypatch.context() as patch:
        patch.setattr(released, "PACKAGE", "no_such_package")
        assert find_released("pitch-spelling").board == openscore
        write_registry(monkeypatch, tmp_path, rows[0], rows[2])
        assert find_released("pitch-spelling").board == asap  # whose package is then named
    assert find_released(asap).board == asap
    assert find_released("cadence") is None
    write_registry(monkeypatch, tmp_path, line_of(asap, other, version="0.1"), rows[1])
    assert find_released("pitch-spelling").board == openscore  # the other is outdated
    write_registry(monkeypatch, tmp_path, line_of("chorale-voice-separation", other))
    assert find_released("voices").board == find_released("voice-separation").board
    now = BOARDS[asap].version
    write_registry(monkeypatch, tmp_path, line_of(asap, version="0.1"))
    sentence = (
        f"the weights of {asap} were trained on its version 0.1, which is now {now}; train one "
        f"with `musebench train {asap}`"
    )
    with pytest.raises(NoPretrainedModelError, match=sentence):
        pretrained(asap)
    write_registry(monkeypatch, tmp_path, line_of("asap", version="0.1"))
    with pytest.raises(NoPretrainedModelError, match="which is now none"):
        pretrained("asap")  # a board that there was


def test_only_a_finished_run_that_is_up_to_date_is_released(made, tmp_path, chorale_home):
    run, _ = made

    def refuse(message, *folders):
        with pytest.raises(ReleaseError, match=message):
            release_runs(folders, tmp_path / "assets", root=chorale_home)

    def changed(name, **changes):
        folder = shutil.copytree(run.folder, tmp_path / name)
        for file in ("config.json", "result.json"):
            content = json.loads((folder / file).read_text())
            content.get("run", content).update(changes)
            (folder / file).write_text(json.dumps(content))
        return folder

    refuse(f"there are several runs of {BOARD}; release one model", run.folder, run.folder)
    rule = plan_run(BOARD, "ps13s1", 0, tmp_path, chorale_home)
    reproduce(rule)
    refuse("is a run of the rule ps13s1, which has no weights", rule.folder)
    unfinished = shutil.copytree(run.folder, tmp_path / "unfinished")
    (unfinished / "result.json").unlink()
    command = f"musebench reproduce {BOARD} --model note-gnn --folds 0 --seeds 3"
    refuse(f"is not finished; `{command}`", unfinished)
    older = changed("older", version="0.1", fingerprint="0" * 16)
    refuse(r"on other data than .* has now \(another version and fingerprint\)", older)
    again = shutil.copytree(run.folder, tmp_path / "again")
    (again / "config.json").write_text((older / "config.json").read_text())
    refuse(r"was trained again, or predicted another split, after its", again)
    with pytest.raises(ValueError, match="is not the folder of a run"):
        release_runs([tmp_path], tmp_path / "assets")
    better = shutil.copytree(run.folder, tmp_path / "better")
    result = json.loads((better / "result.json").read_text())
    result["metrics"]["accuracy"] = 1.0
    (better / "result.json").write_text(json.dumps(result))
    refuse(r"has accuracy 0\.[0-9]+, but its result.json says 1.0; reproduce it", better)


def test_only_fold_0_is_released(tmp_path, chorale_home):
    other = plan_run(BOARD, "mlp", 1, tmp_path, chorale_home, fold=1, **SMALL | {"num_steps": 15})
    reproduce(other)
    with pytest.raises(
        ReleaseError, match=r"is of fold 1; fold 0, the official split, is released"
    ):
        release_runs([other.folder], tmp_path / "clone", root=chorale_home)


def test_the_command_takes_the_place_of_an_earlier_release(made, assets, tmp_path, chorale_home):
    _, clone = made
    other = plan_run(BOARD, "mlp", 1, tmp_path, chorale_home, **SMALL | {"num_steps": 15})
    reproduce(other)
    output = shutil.copytree(clone, tmp_path / "clone")
    registry = output / released.FREE_PLACE / "weights.tsv"
    kept = line_of("asap-pitch-spelling")
    registry.write_text(
        rows_to_text(COLUMNS, map(dataclasses.astuple, [*read_weights(registry), kept]), TAB)
    )
    command = ["release", str(other.folder), "-o", str(output), "--root", str(chorale_home)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.exception
    found = read_weights(registry)
    assert [(line.board, line.model) for line in found] == [
        (kept.board, "note-gnn"),
        (BOARD, "mlp"),
    ]
    file = output / released.OTHER_PLACE / NAME
    assert done.stdout.strip() == str(file)
    assert file.read_bytes() != (assets / NAME).read_bytes()


def test_a_run_of_other_predictions_is_told_and_written_again(
    made, assets, tmp_path, chorale_home, caplog
):
    run, _ = made
    folder = shutil.copytree(run.folder, tmp_path / "run")
    right = json.loads((folder / "result.json").read_text())
    wrong = right | {
        "metrics": right["metrics"] | {"accuracy": right["metrics"]["accuracy"] - 1e-9}
    }
    (folder / "result.json").write_text(json.dumps(wrong))
    before = read_predictions(folder / "test.npz").y_pred
    (folder / "test.npz").unlink()
    release_runs([folder], tmp_path / "clone", root=chorale_home)
    assert "predicts something else than the file of its weights; --rewrite writes" in caplog.text
    assert json.loads((folder / "result.json").read_text()) == wrong
    command = ["release", str(folder), "-o", str(tmp_path / "clone"), "--rewrite"]
    done = CliRunner().invoke(app, [*command, "--root", str(chorale_home)])
    assert done.exit_code == 0, done.exception
    assert json.loads((folder / "result.json").read_text()) == right
    found = read_predictions(folder / "test.npz").y_pred
    for piece, heads in before.items():
        for head, labels in heads.items():
            np.testing.assert_array_equal(found[piece][head], labels)


def test_the_licence_of_weights_is_that_of_all_they_were_trained_on(
    made, tmp_path, chorale_home, monkeypatch
):
    run, _ = made
    result = json.loads((run.folder / "result.json").read_text())
    free = run.declared.corpus.license

    def licence(weights_license, **changes):
        terms = License("name", "https://x", "meaning.", "weights.", weights_license)
        monkeypatch.setitem(LICENSES, free, terms)
        folder = shutil.copytree(run.folder, tmp_path / f"run{len(list(tmp_path.iterdir()))}")
        content = result | {"run": result["run"] | changes}
        (folder / "result.json").write_text(json.dumps(content))
        (folder / "config.json").write_text(json.dumps(content["run"]))
        (line,) = release_runs([folder], tmp_path / "clone", root=chorale_home)
        assert (tmp_path / "clone" / line.place / line.file).is_file()
        return line.license, line.place

    assert licence("MIT") == ("MIT", "musebench/models/weights")
    assert licence("MIT", init="0" * 64)[0] == "CC-BY-NC-SA-4.0"
    with pytest.raises(
        ReleaseError, match="music21-corpus, and it is not said under which licence"
    ):
        licence("")


def test_a_run_that_started_from_another_says_so(made, tmp_path, chorale_home):
    run, _ = made
    init = run.folder / "best.pt"
    tuned = plan_run(BOARD, "note-gnn", 5, tmp_path, chorale_home, **SMALL | {"num_steps": 2})
    tuned = dataclasses.replace(tuned, init=init)
    train(tuned)
    reproduce(tuned)
    release_runs([tuned.folder], tmp_path / "clone", root=chorale_home)
    card = (tmp_path / "clone" / released.OTHER_PLACE / f"{BOARD}.md").read_text()
    assert hashlib.sha256(init.read_bytes()).hexdigest() in card
