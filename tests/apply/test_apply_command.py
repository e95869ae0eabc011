"""``musebench apply`` on a score, and accuracies of written scores."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import musebench
from apply_command import run
from musebench import Evaluator, read_score, write_score
from musebench.annotations import spelling_labels
from musebench.boards import find_board
from musebench.cli.app import app
from musebench.errors import ScoreError
from musebench.evaluation.targets import PieceTarget, load_targets
from musebench.models import released, rules_of
from musebench.store import load_notes
from musebench.tasks import PITCH_SPELLING

ROOT = Path(__file__).parents[2]


def test_the_command_writes_a_score(scale, tmp_path):
    out = tmp_path / "out.musicxml"
    done = run("pitch-spelling", scale, "-o", out, "--model", "ps13s1")
    assert done.exit_code == 0, done.output
    assert done.output.replace("\n", "") == str(out)
    assert read_score(out).key_fifths[0] == 2


def test_the_command_does_not_write_over_the_score(scale):
    before = scale.read_bytes()
    link = scale.with_name("link.mid")
    link.symlink_to(scale)
    for given in (scale, link):
        done = run("pitch-spelling", given, "-o", scale, "--model", "ps13s1")
        assert isinstance(done.exception, ValueError)
        assert "is the score itself" in str(done.exception)
    assert scale.read_bytes() == before


def test_the_command_prints_table_and_json(scale, cadence):
    table = run("roman-numeral", scale, "--model", "template-chords")
    assert re.search(r"measure +. beat +. key +. roman_numeral", table.output), table.output
    found = json.loads(run("cadence", cadence, "--model", "v-i-bass", "--json").output)
    assert found["events"][1] == {
        "measure": "2",
        "beat": 1.0,
        "cadence": "PAC",
        "cadence_score": 1.0,
    }
    assert found["labels"]["cadence"] == [0, 3, 1]
    assert np.argmax(found["labels"]["cadence_score"], axis=1).tolist() == [0, 3, 1]


def test_a_score_without_cadences_says_so(tmp_path, midi):
    path = tmp_path / "note.mid"
    path.write_bytes(midi.build([midi.note(0, 480, 60)]))
    assert "none." in run("cadence", path, "--model", "v-i-bass").output


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("cadence", "no.mid"), ScoreError, "there is no such file"),
        (("cadence", "no.pdf"), ScoreError, r"\.pdf is not read; give MusicXML"),
        (("cadence", "no.mid", "-o", "no/out.xml"), ValueError, "there is no folder no; make it"),
        (("cadence", "no.mid", "-o", "out.pdf"), ValueError, r"\.pdf cannot be written"),
    ],
)
def test_the_command_refuses_with_a_sentence(arguments, error, message):
    done = run(*arguments, "--model", "v-i-bass")
    assert isinstance(done.exception, error)
    assert re.search(message, str(done.exception))


def test_a_performance_and_an_empty_score_are_refused(tmp_path, midi):
    random = np.random.default_rng(0)
    played = [
        e for t in np.cumsum(random.integers(20, 400, 300)) for e in midi.note(int(t), 97, 60)
    ]
    (tmp_path / "played.mid").write_bytes(midi.build([played]))
    (tmp_path / "empty.mid").write_bytes(midi.build([[]]))
    for name, message in {
        "played.mid": "performance without a metrical grid; give the score, or quantise",
        "empty.mid": "it has no pitched notes",
    }.items():
        with pytest.raises(ScoreError, match=message):
            musebench.apply("pitch-spelling", tmp_path / name, model="ps13s1")


def round_trip_accuracy(tables, targets, folder):
    """Share of right spellings after MIDI, and what the evaluator says of the rule."""
    right = count = 0
    predictions = {}
    for target in targets:
        notes = tables[target.piece_id]
        write_score(notes, folder / "score.mid")
        applied = musebench.apply(
            "pitch-spelling", folder / "score.mid", model="ps13s1", key_signatures="model"
        )
        np.testing.assert_array_equal(applied.notes.pitch, notes.pitch)
        applied.write(folder / "score.musicxml")
        found = spelling_labels(read_score(folder / "score.musicxml"))["spelling"]
        wanted = target.labels["spelling"]
        right, count = right + int((found == wanted).sum()), count + int((wanted >= 0).sum())
        predictions[target.piece_id] = rules_of("pitch-spelling")["ps13s1"](notes)
    evaluator = Evaluator.from_targets(PITCH_SPELLING, targets, num_resamples=1)
    return right / count, evaluator.eval({"y_pred": predictions})["accuracy_pooled"]


def test_the_accuracy_of_a_written_score_is_the_evaluators(chorale_home, monkeypatch, tmp_path):
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    board = find_board("chorale-pitch-spelling")
    tables = load_notes(board.corpus).tables
    targets = load_targets(board, "test", "official", None)[::10]
    found, expected = round_trip_accuracy(tables, targets, tmp_path)
    assert found == expected


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_the_accuracy_on_piano_music_is_the_evaluators(asap_mirror, tmp_path, tmp_path_factory):
    from musebench.corpora import ASAP, fetch

    chosen = ("Bach/Fugue/bwv_885", "Mozart/Fantasie_475", "Scriabin/Etudes_op_8/11")
    pieces = {piece.piece_id: piece.score for piece in ASAP.pieces if piece.piece_id in chosen}
    assert len(pieces) == 3
    paths = fetch(ASAP, list(pieces.values()), tmp_path_factory.mktemp("asap"))
    tables = {piece: read_score(paths[score]) for piece, score in pieces.items()}
    targets = [
        PieceTarget(piece, piece, "", spelling_labels(notes), {"duration_div": notes.duration_div})
        for piece, notes in tables.items()
    ]
    found, expected = round_trip_accuracy(tables, targets, tmp_path)
    assert found == expected
    assert found > 0.9


def test_the_commands_and_the_python_of_the_docs_run(scale, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(released, "REGISTRY", ROOT / released.FREE_PLACE / released.REGISTRY_NAME)
    (tmp_path / "in.mid").write_bytes(scale.read_bytes())
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "in.mid").write_bytes(scale.read_bytes())
    text = (ROOT / "docs" / "apply.md").read_text("utf-8")
    commands = re.findall(r"^musebench ((?:apply|annotate) .*)$", text, re.MULTILINE)
    assert len(commands) == 8
    for command in commands:
        done = CliRunner().invoke(app, command.split())
        assert done.exit_code == 0, (command, done.exception)
    for snippet in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(snippet, "apply.md", "exec"), {})
