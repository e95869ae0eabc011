"""From a run on the real chorales to a released checkpoint, and back: everything but the upload."""

import dataclasses
import hashlib
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import musebench
from musebench import Evaluator
from musebench.boards import BOARDS
from musebench.cli.app import app
from musebench.corpora import LICENSES
from musebench.errors import (
    DownloadError,
    NoPretrainedModelError,
    OfflineError,
    ReleaseError,
)
from musebench.models import find_weights, pretrained, released
from musebench.models.released import (
    COLUMNS,
    REPOSITORY,
    find_checkpoint,
    read_checkpoints,
)
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
from musebench.train.checkpoint import Checkpoint

BOARD = "chorale-pitch-spelling"
NAME = f"{BOARD}-note-gnn"
TAG = f"v{musebench.__version__}"
SMALL = {"hidden": 16, "num_layers": 2, "num_steps": 30, "validate_every": 15, "batch_size": 8}


@pytest.fixture(scope="module")
def made(chorale_home, tmp_path_factory):
    """A finished run, and the folder of its release."""
    folder = tmp_path_factory.mktemp("made")
    run = plan_run(BOARD, "note-gnn", 3, folder / "runs", chorale_home, **SMALL)
    reproduce(run)
    release_runs([run.folder], folder / "assets", root=chorale_home)
    return run, folder / "assets"


@pytest.fixture
def mirror(made, tmp_path, monkeypatch):
    """A mirror that has the release, whose registry is the package's."""
    monkeypatch.delenv("MUSEBENCH_OFFLINE", raising=False)
    _, assets = made
    folder = tmp_path / "mirror" / REPOSITORY / TAG
    shutil.copytree(assets, folder)
    monkeypatch.setattr(released, "REGISTRY", assets / "checkpoints.tsv")
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(tmp_path / "mirror"))
    return folder


@pytest.fixture
def data(monkeypatch, tmp_path):
    """A data home with nothing in it."""
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def write_registry(monkeypatch, tmp_path, *rows):
    file = tmp_path / "registry.tsv"
    lines = [COLUMNS, *("\t".join(map(str, row)) for row in rows)]
    file.write_text("# A remark\n" + "\n".join(lines) + "\n")
    monkeypatch.setattr(released, "REGISTRY", file)


def test_the_registry_of_the_package_is_whole():
    found = read_checkpoints(files("musebench.models").joinpath("checkpoints.tsv"))
    assert len({line.file for line in found}) == len(found)
    for line in found:
        assert re.fullmatch(r"v[0-9.]+/[a-z0-9-]+\.pt", line.file)
        assert line.name.startswith(f"{line.board}-")
        assert re.fullmatch("[0-9a-f]{64}", line.sha256)
        assert line.size > 0
        assert line.board in BOARDS


def test_a_released_model_predicts_as_its_run_does(made, mirror, data, chorale_home):
    run, _ = made
    model = musebench.from_pretrained(BOARD)
    assert not model.training
    found = predict(model, run.load_dataset("test"))
    expected = make_predictions(load_run(run.folder, chorale_home), "test")
    assert found.keys() == expected.keys()
    for piece, heads in expected.items():
        for head, labels in heads.items():
            np.testing.assert_array_equal(found[piece][head], labels)
    (stored,) = (data / "checkpoints").rglob("*.pt")
    assert stored == data / "checkpoints" / TAG / f"{NAME}.pt" == pretrained(BOARD)
    shutil.rmtree(mirror)
    assert pretrained("pitch-spelling") == pretrained(NAME) == stored  # nothing is fetched twice


def test_a_checkpoint_holds_what_it_takes_to_predict_and_no_more(made, tmp_path, chorale_home):
    run, assets = made
    stored = torch.load(assets / f"{NAME}.pt", weights_only=True)
    assert stored.keys() == set(Checkpoint.model_fields) - {"task"}  # only of own data
    assert (stored["board"], stored["version"]) == (BOARD, BOARDS[BOARD].version)
    copy = shutil.copytree(run.folder, tmp_path / run.folder.name)
    release_runs([copy], tmp_path / "again", root=chorale_home)
    for name in (f"{NAME}.pt", f"{NAME}.md", "checkpoints.tsv"):
        assert (tmp_path / "again" / name).read_bytes() == (assets / name).read_bytes()
    (line,) = read_checkpoints(assets / "checkpoints.tsv")
    content = (assets / f"{NAME}.pt").read_bytes()
    assert line.file == f"{TAG}/{NAME}.pt"
    assert (line.size, line.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def rows_of(card, title):
    """Rows of the tables of a section of a card: first cell -> the others."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", card, re.MULTILINE | re.DOTALL)[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    return {first: cells for first, *cells in rows}


def test_the_numbers_of_the_card_are_recomputed(made, chorale_home):
    run, assets = made
    card = (assets / f"{NAME}.md").read_text("utf-8")
    model = load_model(assets / f"{NAME}.pt")
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


def test_the_card_says_what_one_has_to_know(made):
    run, assets = made
    card = (assets / f"{NAME}.md").read_text("utf-8")
    board = BOARDS[BOARD]
    for text in (
        board.corpus.license,
        LICENSES[board.corpus.license].weights,
        run.load_dataset("train").fingerprint,
        *board.task.pitfalls,
        board.corpus.citation,
        hashlib.sha256((assets / f"{NAME}.pt").read_bytes()).hexdigest(),
        f'musebench.from_pretrained("{NAME}")',
        f"musebench apply pitch-spelling in.mid -o out.musicxml --model {NAME}",
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
    assert f"--init {NAME}" in card
    assert "--set hidden=16 --set num_layers=2 --init" in card


@pytest.mark.parametrize("spdx", LICENSES)
def test_every_licence_says_what_it_means_for_weights(spdx):
    assert LICENSES[spdx].weights.endswith(".")
    assert ("commercial" in LICENSES[spdx].weights) == (spdx != "CC0-1.0")


def test_the_released_model_is_applied_without_a_name(mirror, data, toy, tmp_path):
    applied = musebench.apply("pitch-spelling", toy / "piano.musicxml")
    assert applied.model == NAME
    by_name, by_board, by_file, by_model = (
        musebench.apply(task, toy / "piano.musicxml", model=model)
        for task, model in [
            ("pitch-spelling", NAME),
            (BOARD, None),
            ("pitch-spelling", mirror / f"{NAME}.pt"),
            ("pitch-spelling", from_pretrained(NAME)),
        ]
    )
    assert by_model.model == "NoteGNN"
    for other in (by_name, by_board, by_file, by_model):
        for head, labels in applied.labels.items():
            np.testing.assert_array_equal(other.labels[head], labels)
    with pytest.raises(ValueError, match=f"{NAME} is a model for pitch-spelling, not for cadence"):
        musebench.apply("cadence", toy / "piano.musicxml", model=NAME)
    with pytest.raises(ValueError, match="NoteGNN is a model for pitch-spelling, not for cadence"):
        musebench.apply("cadence", toy / "piano.musicxml", model=from_pretrained(NAME))
    out = tmp_path / "out.musicxml"
    score = str(toy / "piano.musicxml")
    done = CliRunner().invoke(app, ["apply", "pitch-spelling", score, "-o", str(out)])
    assert (done.exit_code, out.is_file()) == (0, True), done.exception


def test_midi_is_spelled_by_the_rule_if_the_model_cannot_be_had(
    mirror, data, midi, tmp_path, monkeypatch, caplog
):
    path = tmp_path / "in.mid"
    path.write_bytes(midi.build([[e for i in range(8) for e in midi.note(480 * i, 480, 60 + i)]]))
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    (mirror / f"{NAME}.pt").unlink()
    musebench.apply("cadence", path, model="v-i-bass")
    assert "Using ps13s1 instead." in caplog.text


def test_the_python_of_the_page_and_of_the_card_runs(
    made, mirror, data, midi, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("in.mid").write_bytes(midi.build([midi.note(0, 480, 60) + midi.note(480, 480, 66)]))
    page = Path(__file__).parent.parent / "docs" / "models.md"
    for text in (page.read_text("utf-8"), (made[1] / f"{NAME}.md").read_text("utf-8")):
        (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        namespace = {}
        exec(compile(snippet, "snippet", "exec"), namespace)
        assert len(namespace["applied"].labels["spelling"]) == 2


def test_training_starts_from_a_released_model_by_its_name(made, mirror, data, chorale_home):
    run, _ = made
    runs = mirror.parent / "tuned"
    options = [f"--set={k}={v}" for k, v in (SMALL | {"num_steps": 1}).items()]
    arguments = ["train", BOARD, "--seed", "7", "--runs", str(runs), *options]
    arguments += ["--root", str(chorale_home), "--set=learning_rate=1e-9", "--init"]
    losses = []
    for init in (NAME, run.folder, run.folder / "best.pt"):
        done = CliRunner().invoke(app, [*arguments, str(init)])
        assert done.exit_code == 0, done.exception
        tuned = load_run(runs / BOARD / "note-gnn-fold0-seed7")
        (line,) = read_history(tuned)
        losses.append(line["loss"])
    assert losses == losses[:1] * 3
    assert losses[0] < 0.9 * read_history(run)[0]["loss"]
    done = CliRunner().invoke(app, [*arguments, "nothing.pt"])
    assert "'nothing.pt' is not a released checkpoint, task, board" in str(done.exception)


# --- What is refused ------------------------------------------------------------------------------


def test_a_name_without_a_checkpoint_is_refused(mirror, data, tmp_path):
    for name, error, message in [
        ("cadence", NoPretrainedModelError, "no pretrained model for cadence yet; train one with"),
        ("asap-pitch-spelling", NoPretrainedModelError, "for asap-pitch-spelling yet; train one"),
        (f"{BOARD}-note-gn", ValueError, f"board or file; did you mean '{NAME}'"),
        ("xyz", ValueError, "'xyz' is not a released checkpoint, .*; there are .*, pitch-"),
    ]:
        with pytest.raises(error, match=message):
            pretrained(name)
    with pytest.raises(ValueError, match=r"has no checkpoint best.pt; give the folder of a"):
        find_weights(tmp_path)


def test_a_wrong_file_is_not_taken(mirror, data, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    file = mirror / f"{NAME}.pt"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(OfflineError, match=r"was changed \(its SHA-256 differs\)"):
        pretrained(BOARD)
    file.write_bytes(content[:-1])
    with pytest.raises(OfflineError, match=f"has {len(content) - 1} bytes instead of"):
        pretrained(BOARD)
    file.unlink()
    sentence = (
        f"{TAG}/{NAME}.pt of the released checkpoints is not in the cache and MUSEBENCH_OFFLINE is "
        rf"set \(.*: is missing\). Unset it, or set MUSEBENCH_MIRROR to a folder that has "
        f"{REPOSITORY}/{TAG}/{NAME}.pt."
    )
    with pytest.raises(OfflineError, match=sentence):
        from_pretrained(BOARD)
    assert not list((data / "checkpoints").rglob("*.pt"))


def test_a_damaged_file_in_the_cache_is_fetched_again(mirror, data):
    stored = pretrained(BOARD)
    content = stored.read_bytes()
    stored.write_bytes(content[:1000])
    assert pretrained(BOARD).read_bytes() == content


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_checkpoint_comes_from_an_address(made, data, start, monkeypatch):
    from bad_server import lose_patience, right, status

    _, assets = made
    monkeypatch.setattr(released, "REGISTRY", assets / "checkpoints.tsv")
    monkeypatch.delenv("MUSEBENCH_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lose_patience(monkeypatch.setattr)
    content = (assets / f"{NAME}.pt").read_bytes()
    path = f"{TAG}/{NAME}.pt"
    monkeypatch.delenv("MUSEBENCH_MIRROR", raising=False)
    server = start(status(404), content={path: content})
    monkeypatch.setattr(released, "RELEASES", f"{server.address}/{REPOSITORY}/{'0' * 40}")
    with pytest.raises(DownloadError, match=rf"404 Not Found\). By hand: save .*{path} \(SHA-256"):
        pretrained(BOARD)
    server = start(right, content={path: content})
    monkeypatch.setattr(released, "RELEASES", f"{server.address}/{REPOSITORY}/{'0' * 40}")
    assert pretrained(BOARD).read_bytes() == content


def test_the_last_line_of_a_board_counts_if_it_is_of_the_board_as_it_is(
    monkeypatch, tmp_path, data
):
    now = {name: board.version for name, board in BOARDS.items()}
    asap, chorale = "asap-pitch-spelling", BOARD
    rows = [
        (f"v1/{chorale}-mlp.pt", 1, "a" * 64, chorale, now[chorale]),
        (f"v1/{asap}-note-gnn.pt", 1, "b" * 64, asap, "0.1"),
        (f"v2/{chorale}-note-gnn.pt", 1, "c" * 64, chorale, now[chorale]),
    ]
    write_registry(monkeypatch, tmp_path, *rows)
    assert find_checkpoint(chorale).name == f"{chorale}-note-gnn"
    assert find_checkpoint(f"{chorale}-mlp").name == f"{chorale}-mlp"
    assert find_checkpoint("pitch-spelling").board == chorale  # ASAP's is outdated
    assert find_checkpoint("cadence") is None
    sentence = (
        f"the released checkpoint {asap}-note-gnn was trained on version 0.1 of {asap}, which is "
        f"now at version {now[asap]}; train one with `musebench train {asap}`"
    )
    with pytest.raises(NoPretrainedModelError, match=sentence):
        pretrained(asap)
    write_registry(monkeypatch, tmp_path, *rows, (f"v3/{asap}-mlp.pt", 1, "", asap, now[asap]))
    assert find_checkpoint("pitch-spelling").name == f"{asap}-mlp"


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

    refuse(f"{NAME} occurs twice; release one run per model", run.folder, run.folder)
    rule = plan_run(BOARD, "ps13s1", 0, tmp_path, chorale_home)
    reproduce(rule)
    refuse("is a run of the rule ps13s1, which has no checkpoint", rule.folder)
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


def test_what_is_released_stays_as_it_is(made, mirror, tmp_path, chorale_home, monkeypatch):
    run, assets = made
    (line,) = read_checkpoints(assets / "checkpoints.tsv")
    rows = [dataclasses.astuple(dataclasses.replace(line, sha256="0" * 64))]
    write_registry(monkeypatch, tmp_path, *rows)
    with pytest.raises(ReleaseError, match="is already released with another SHA-256"):
        release_runs([run.folder], tmp_path / "assets", root=chorale_home)


def test_the_command_adds_lines(made, tmp_path, chorale_home):
    _, assets = made
    other = plan_run(BOARD, "mlp", 1, tmp_path, chorale_home, **SMALL | {"num_steps": 15})
    reproduce(other)
    output = shutil.copytree(assets, tmp_path / "assets")
    command = ["release", str(other.folder), "-o", str(output), "--root", str(chorale_home)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.exception
    found = read_checkpoints(output / "checkpoints.tsv")
    assert [line.name for line in found] == [NAME, f"{BOARD}-mlp"]
    assert done.stdout.strip() == found[1].line


def test_a_run_that_started_from_another_says_so(made, tmp_path, chorale_home):
    run, _ = made
    init = run.folder / "best.pt"
    tuned = plan_run(BOARD, "note-gnn", 5, tmp_path, chorale_home, **SMALL | {"num_steps": 2})
    tuned = dataclasses.replace(tuned, init=init)
    train(tuned)
    reproduce(tuned)
    release_runs([tuned.folder], tmp_path / "assets", root=chorale_home)
    card = (tmp_path / "assets" / f"{NAME}.md").read_text()
    assert hashlib.sha256(init.read_bytes()).hexdigest() in card
