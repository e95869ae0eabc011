"""A model on a score: table, JSON, score, and what may not be asked."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree

import musebench
from musebench import read_score
from musebench.applied.choose import find_task
from musebench.errors import NoPretrainedModelError
from musebench.features import feature_names
from musebench.models import ScoreModel, pretrained
from musebench.tasks import CADENCE, PITCH_SPELLING, VOICE_SEPARATION

RULES_OF_TASKS = {
    "pitch-spelling": "ps13s1",
    "cadence": "v-i-bass",
    "phrase": "rests",
    "roman-numeral": "template-chords",
    "augmentednet-roman-numeral": "template-chords",
    "voices": "nearest-pitch",
    "staves": "pitch-60",
    "melody": "skyline",
}


def test_a_midi_file_gets_names_and_a_key_signature(scale, tmp_path):
    applied = musebench.apply("pitch-spelling", scale, model="ps13s1")
    assert {n for n in applied.to_frame()["note"] if "#" in n or "b" in n} == {"F#4", "C#5"}
    assert applied.notes.key_signatures.fifths.tolist() == [2]
    applied.write(tmp_path / "out.musicxml")
    found = read_score(tmp_path / "out.musicxml")
    assert found.key_fifths.tolist() == [2] * len(found)
    np.testing.assert_array_equal(found.step, applied.notes.step)
    assert sorted(set(found.staff.tolist())) == [1, 2]
    root = etree.parse(str(tmp_path / "out.musicxml"))
    assert not root.findall(".//accidental")
    assert [clef.findtext("sign") for clef in root.iter("clef")] == ["G", "F"]


@pytest.mark.parametrize("name", ["piano.musicxml", "scale"])
@pytest.mark.parametrize("voices", [None, "nearest-pitch"])
def test_what_was_applied_goes_to_other_processes(name, voices, toy, scale):
    source = scale if name == "scale" else toy / name
    applied = musebench.apply("pitch-spelling", source, model="ps13s1", voices=voices)
    copy = pickle.loads(pickle.dumps(applied))
    np.testing.assert_array_equal(copy.notes.voice, applied.notes.voice)
    assert copy.records() == applied.records()


def test_the_public_name_stays_a_function(scale):
    code = (
        "import musebench\nfrom musebench.applied import apply\nimport musebench.cli.app\n"
        "assert callable(musebench.apply) and musebench.apply is apply\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_rule_answers_without_torch(scale):
    code = (
        f"import sys\nfrom musebench import apply\napply('pitch-spelling', {str(scale)!r}, "
        "model='ps13s1')\nprint({'torch', 'torch_geometric'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize(("task", "model"), RULES_OF_TASKS.items())
@pytest.mark.parametrize("source", ["piano.musicxml", "duet.musicxml", "scale"])
def test_every_task_makes_table_json_and_score(task, model, source, toy, scale, tmp_path):
    path = scale if source == "scale" else toy / source
    applied = musebench.apply(task, path, model=model)
    size = len(np.unique(applied.notes.onset_div))
    assert len(applied.to_frame()) == (size if applied.task.unit == "onset" else len(applied.notes))
    content = json.loads(applied.to_json())
    assert content["task"] == applied.task.name
    assert set(content["labels"]) == set(applied.labels)
    applied.write(tmp_path / "out.musicxml")
    found = read_score(tmp_path / "out.musicxml")
    for name in ("onset_quarter", "duration_quarter", "pitch", "step", "alter"):
        np.testing.assert_array_equal(getattr(found, name), getattr(applied.notes, name))


def test_a_notated_score_keeps_its_notation(toy):
    notes = read_score(toy / "piano.musicxml")
    applied = musebench.apply("cadence", notes, model="v-i-bass")
    assert applied.notes is notes
    spelled = musebench.apply("pitch-spelling", notes, model="ps13s1").notes
    np.testing.assert_array_equal(spelled.staff, notes.staff)
    np.testing.assert_array_equal(spelled.voice, notes.voice)


def save_untrained(task, board, toy, folder):
    """A checkpoint of an untrained model, as a run keeps it."""
    import torch

    from musebench import build_graph
    from musebench.train import plan_run
    from musebench.train.checkpoint import save_model

    run = replace(plan_run(board, "mlp", 0, hidden=8, num_layers=1), folder=folder)
    torch.manual_seed(0)
    graph = build_graph(read_score(toy / "piano.musicxml"), task.inputs)
    num_features = {kind: graph[kind].num_features for kind in ("note", "beat", "measure")}
    assert num_features["note"] == len(feature_names(task.inputs))
    save_model(ScoreModel("mlp", task, num_features, run.config), run)


@pytest.mark.parametrize(
    ("task", "board"),
    [
        (PITCH_SPELLING, "asap-pitch-spelling"),
        (CADENCE, "dcml-cadence"),
        (VOICE_SEPARATION, "chorale-voice-separation"),
    ],
)
def test_a_learned_model_is_applied(task, board, toy, tmp_path):
    save_untrained(task, board, toy, tmp_path)
    by_folder = musebench.apply(task.name, toy / "piano.musicxml", model=tmp_path, device="cpu")
    by_file = musebench.apply(
        task.name, toy / "piano.musicxml", model=tmp_path / "best.pt", device="cpu"
    )
    for head, labels in by_folder.labels.items():
        np.testing.assert_array_equal(labels, by_file.labels[head])
    by_folder.write(tmp_path / "out.musicxml")
    with pytest.raises(ValueError, match=f"is a model for {task.name}, not for staff-sep"):
        musebench.apply("staves", toy / "piano.musicxml", model=tmp_path)


def test_models_that_there_are_not_are_refused(toy, tmp_path):
    score = toy / "piano.musicxml"
    for task, model, message in [
        ("cadence", None, "no pretrained model for cadence yet; train one with .*--model v-i-bass"),
        ("cadence", "nothing", "no model 'nothing': it is neither a rule of cadence"),
        ("cadence", "note-gnn", "note-gnn is a learned model: give the folder of a run"),
        ("cadence", tmp_path, "has no checkpoint best.pt"),
        ("phrase", "long-notes", "must be fitted on training data; give the name of"),
        ("cadences", None, "no task or board 'cadences'; did you mean 'cadence'"),
        ("xyz", None, "no task or board 'xyz'; there are .*, pitch-spelling, "),
    ]:
        with pytest.raises(ValueError, match=message):
            musebench.apply(task, score, model=model)
    with pytest.raises(NoPretrainedModelError, match=r"musebench train .*-pitch-spelling"):
        pretrained("pitch-spelling")
    (tmp_path / "broken.pt").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="cannot be loaded as a model of musebench"):
        musebench.apply("cadence", score, model=tmp_path / "broken.pt")


def test_a_rule_is_fitted_on_the_board_that_is_named(chorale_home, monkeypatch, toy):
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    task, board = find_task("chorale-phrase")
    assert (task.name, board) == ("phrase", "chorale-phrase")
    applied = musebench.apply("chorale-phrase", toy / "piano.musicxml", model="long-notes")
    assert applied.labels["phrase_end"][-1] == 1


def test_what_no_score_can_show_is_not_written(toy, tmp_path):
    applied = musebench.apply("cadence", toy / "piano.musicxml", model="v-i-bass")
    with pytest.raises(ValueError, match=r"\.pdf cannot be written"):
        applied.write(tmp_path / "out.pdf")

    from musebench.tasks import COMPOSER

    whole = replace(applied, task=COMPOSER, labels={"composer": np.array([0])})
    assert len(whole.to_frame()) == 1
    with pytest.raises(ValueError, match="a score cannot show the labels of"):
        whole.write(tmp_path / "out.musicxml")
