"""A model on anyone's score: labels, tables, written scores, and what is refused."""

import json
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lxml import etree
from typer.testing import CliRunner

import musebench
from musebench import Evaluator, read_score, write_score
from musebench.annotations import spelling_labels
from musebench.applied.arrange import is_unspelled, line_numbers, set_staves, sign, spell
from musebench.applied.choose import find_task
from musebench.applied.names import key_names, roman_numerals
from musebench.applied.result import COLORS
from musebench.boards import find_board
from musebench.cli.app import app
from musebench.errors import InputError, NoPretrainedModelError, ScoreError
from musebench.evaluation.targets import PieceTarget, load_targets
from musebench.features import feature_names
from musebench.models import ScoreModel, pretrained, rules_of
from musebench.pitch import tpc_to_spelling
from musebench.score import NoteTable, tidy_times
from musebench.store import load_notes
from musebench.tasks import (
    CADENCE,
    PITCH_SPELLING,
    ROMAN_NUMERAL,
    VOICE_SEPARATION,
)

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


@pytest.fixture
def scale(tmp_path, midi):
    """D major up and down, over a bass, as MIDI: pitches, no names."""
    pitches = [62, 64, 66, 67, 69, 71, 73, 74, 73, 71, 69, 67, 66, 64, 62, 62]
    notes = [e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)]
    notes += [e for i, p in enumerate([38, 45, 43, 38]) for e in midi.note(1920 * i, 1920, p)]
    path = tmp_path / "scale.mid"
    path.write_bytes(midi.build([notes]))
    return path


@pytest.fixture
def cadence(tmp_path, midi):
    """I V I in C major, as MIDI: a half cadence, then an authentic one in measure 2."""
    chords = [(0, (36, 64, 67, 72)), (960, (43, 62, 67, 71)), (1920, (36, 64, 67, 72))]
    notes = [e for time, chord in chords for p in chord for e in midi.note(time, 960, p)]
    path = tmp_path / "cadence.mid"
    path.write_bytes(midi.build([notes]))
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["apply", *map(str, arguments)])


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


def test_staves_and_voices_are_those_of_the_models(toy, tmp_path):
    applied = musebench.apply(
        "cadence",
        toy / "duet.musicxml",
        model="v-i-bass",
        staves="pitch-60",
        voices="nearest-pitch",
    )
    notes = applied.notes
    assert len(notes.parts) == 1
    np.testing.assert_array_equal(notes.staff, np.where(notes.pitch >= 60, 1, 2))
    applied.write(tmp_path / "out.musicxml")


def test_a_low_part_alone_needs_one_staff(tmp_path, midi):
    path = tmp_path / "bass.mid"
    path.write_bytes(midi.build([midi.note(0, 480, 40) + midi.note(480, 480, 43)]))
    applied = musebench.apply("pitch-spelling", path, model="ps13s1")
    assert applied.notes.staff.tolist() == [1, 1]


def test_cadences_are_written_above_the_staff(cadence, tmp_path):
    applied = musebench.apply("cadence", cadence, model="v-i-bass")
    assert applied.events().to_dict("list") == {
        "measure": ["1", "2"],
        "beat": [3.0, 1.0],
        "cadence": ["HC", "PAC"],
        "cadence_score": [1.0, 1.0],
    }
    applied.write(tmp_path / "out.musicxml")
    root = etree.parse(str(tmp_path / "out.musicxml"))
    assert [words.text for words in root.iter("words")] == ["HC", "PAC"]


def test_roman_numerals_of_midi_are_spelled_first(scale):
    applied = musebench.apply("roman-numeral", scale, model="template-chords")
    assert applied.events()["key"].tolist()[0] == "D"
    assert applied.marks()[0].text.startswith("D: I")


def test_voices_are_colored(toy, tmp_path):
    applied = musebench.apply("voices", toy / "duet.musicxml", model="nearest-pitch")
    lines = line_numbers(applied.labels["next_note"])
    colors = applied.colors()
    assert len(set(colors)) == len(set(lines.tolist()))
    applied.write(tmp_path / "out.musicxml")
    root = etree.parse(str(tmp_path / "out.musicxml"))
    assert {note.get("color") for note in root.iter("note")} - {None} == set(colors)


def test_what_tells_notes_apart_is_colored_and_events_are_marked(toy):
    applied = {
        (task, model): musebench.apply(task, toy / "duet.musicxml", model=model)
        for task, model in [
            ("staves", "pitch-60"),
            ("melody", "skyline"),
            ("pitch-spelling", "krumhansl"),
            ("phrase", "rests"),
        ]
    }
    colors = [None if found.colors() is None else set(found.colors()) for found in applied.values()]
    assert all(found and found <= set(COLORS[:2]) for found in colors[:2])
    assert colors[2:] == [None, None]
    *others, phrases = applied.values()
    assert {mark.text for mark in phrases.marks()} == {"phrase end"}
    assert [found.marks() for found in others] == [[], [], []]


def test_notes_that_are_one_to_the_task_are_told_the_same(toy):
    notes = read_score(toy / "duet.musicxml")
    frame = notes.to_frame()
    doubled = pd.concat([frame, frame.assign(note_id=[f"{name}-2" for name in frame["note_id"]])])
    doubled.attrs = frame.attrs
    doubled = doubled.sort_values(["onset_div", "pitch"], kind="stable")
    alone = musebench.apply("melody", notes, model="skyline")
    both = musebench.apply("melody", NoteTable.from_frame(doubled), model="skyline")
    assert len(alone.labels["melody"]) == len(notes)
    assert both.labels["melody"].tolist() == alone.labels["melody"].repeat(2).tolist()
    assert len(both.notes) == 2 * len(notes)


def test_a_line_stays_on_its_staff(tmp_path, midi):
    upper, lower = (
        [72, 74, 76, 77, 76, 74],
        [55, 57, 60, 62, 57, 55],
    )  # the lower one rises above C4
    events = [
        e for line in (upper, lower) for i, p in enumerate(line) for e in midi.note(480 * i, 480, p)
    ]
    path = tmp_path / "lines.mid"
    path.write_bytes(midi.build([events]))
    notes = musebench.apply("voices", path, model="nearest-pitch").notes
    np.testing.assert_array_equal(notes.staff, np.where(notes.pitch >= 70, 1, 2))
    by_pitch = musebench.apply("voices", path, model="nearest-pitch", staves="pitch-60").notes
    np.testing.assert_array_equal(by_pitch.staff, np.where(by_pitch.pitch >= 60, 1, 2))


def test_lines_are_numbered_in_order():
    assert line_numbers(np.array([2, 3, -1, 4, -1])).tolist() == [0, 1, 0, 1, 1]


def test_roman_numerals_in_text():
    task = ROMAN_NUMERAL
    rows = [
        ("C major", "V", "none", "Mm7", "1", "V65"), ("C minor", "VII", "V", "o7", "0", "viio7/V"),
        ("Bb major", "II", "none", "m", "1", "ii6"), ("C major", "I", "none", "M", "2", "I64"),
        ("C major", "II", "none", "%7", "3", "ii%2"), ("C minor", "IV", "none", "Ger", "0", "Ger"),
    ]  # fmt: skip
    heads = ("local_key", "degree", "applied_degree", "quality", "inversion")
    labels = {
        head: np.array([task.heads[head].index(row[i]) for row in rows])
        for i, head in enumerate(heads)
    } | {"root": np.zeros(len(rows), dtype=np.int64)}
    assert roman_numerals(task, labels) == [row[-1] for row in rows]
    assert key_names(task, labels) == ["C", "c", "Bb", "C", "C", "c"]


def in_keys(*signatures):
    """A note table of one measure a signature, each with the seven notes of its scale."""
    from test_score_writer import table_of

    rows = []
    for measure, fifths in enumerate(signatures):
        for i, tpc in enumerate(range(fifths - 1, fifths + 6)):
            letter, alter = tpc_to_spelling(tpc)
            rows.append((48 * measure + 6 * i, 6, letter, alter, 4, 0, 0, 1, False))
    return table_of(rows)


def test_key_signatures_change_only_where_it_pays():
    signed = sign(in_keys(*[2] * 8, 1, *[2] * 8))
    assert signed.key_signatures.fifths.tolist() == [2]
    signed = sign(in_keys(*[2] * 20, *[-5] * 20))
    assert signed.key_signatures.fifths.tolist() == [2, -5]
    assert signed.measures.start_div.tolist().index(signed.key_signatures.onset_div[1]) == 20
    assert set(signed.key_fifths[-7:].tolist()) == {-5}


@pytest.fixture
def black_keys(tmp_path, midi):
    """A scale of G flat major, in a file that signs it."""
    pitches = [66, 68, 70, 71, 73, 75, 77, 78, 77, 75, 73, 71, 70, 68, 66, 66]
    events = [midi.key(0, "Gb")] + [
        e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)
    ]
    path = tmp_path / "black.mid"
    path.write_bytes(midi.build([events]))
    return path


def test_the_key_signatures_of_a_file_are_kept(black_keys, tmp_path):
    applied = musebench.apply("pitch-spelling", black_keys, model="ps13s1")
    assert applied.notes.key_signatures.fifths.tolist() == [-6]
    assert "".join(applied.notes.step[:8]) == "GABCDEFG"
    assert set(applied.notes.alter.tolist()) == {0, -1}
    names = PITCH_SPELLING.heads["spelling"]
    assert names[applied.labels["spelling"][0]] == "Gb"  # the labels say what is written
    applied.write(tmp_path / "out.musicxml")
    assert read_score(tmp_path / "out.musicxml").key_fifths.tolist() == [-6] * 16
    by_model = musebench.apply(
        "pitch-spelling", black_keys, model="ps13s1", key_signatures="model"
    ).notes
    assert by_model.key_signatures.fifths.tolist() == [6]
    assert set(by_model.alter.tolist()) == {0, 1}


def test_c_major_of_a_sequencer_says_nothing(tmp_path, midi, scale):
    pitches = [62, 64, 66, 67, 69, 71, 73, 74]
    events = [midi.key(0, "C")] + [
        e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)
    ]
    path = tmp_path / "d.mid"
    path.write_bytes(midi.build([events]))

    def fifths(source, chosen=None):
        found = musebench.apply("pitch-spelling", source, model="ps13s1", key_signatures=chosen)
        return found.notes.key_signatures.fifths.tolist()

    assert (fifths(path), fifths(path, "file"), fifths(scale)) == ([2], [0], [2])
    with pytest.raises(InputError, match="key signatures come from file or model, not 'both'"):
        fifths(path, "both")
    assert (
        run("pitch-spelling", path, "--model", "ps13s1", "--key-signatures", "file").exit_code == 0
    )


def test_other_tasks_keep_the_key_signatures_of_a_file(black_keys):
    notes = musebench.apply("voices", black_keys, model="nearest-pitch").notes
    assert notes.key_signatures.fifths.tolist() == [-6]
    assert notes.step[0] == "G"


def test_a_notated_score_keeps_its_key_signatures(toy):
    notes = read_score(toy / "piano.musicxml")
    found = musebench.apply("pitch-spelling", toy / "piano.musicxml", model="ps13s1").notes
    np.testing.assert_array_equal(found.key_fifths, notes.key_fifths)


@pytest.fixture
def upbeats(tmp_path, midi):
    """Ten measures of 3/4 from an upbeat of a quarter note, in a file that does not say so."""
    events = [midi.meter(0, 3, 4), *midi.note(0, 480, 67)]
    for start in range(480, 480 + 10 * 1440, 1440):
        events += midi.note(start, 960, 72) + midi.note(start + 960, 480, 74)
        events += midi.note(start, 1440, 48)
    path = tmp_path / "upbeats.mid"
    path.write_bytes(midi.build([events]))
    return path


def test_a_pickup_is_found_or_given(upbeats):
    def measures(**options):
        found = musebench.apply("cadence", upbeats, model="v-i-bass", **options).notes.measures
        lengths = found.end_div - found.start_div
        return (lengths[:2] / 480).tolist(), (found.position_div[:2] / 480).tolist(), found.name[0]

    assert measures() == ([1, 3], [2, 0], "0")
    assert measures(pickup=2) == ([2, 3], [1, 0], "0")
    assert measures(pickup=0) == ([3, 3], [0, 0], "1")
    for pickup in (3, -1, 2.999, float("nan"), float("inf")):
        with pytest.raises(InputError, match=r"a pickup of .* does not fit a score in 3/4; give 0"):
            measures(pickup=pickup)
    assert run("cadence", upbeats, "--model", "v-i-bass", "--pickup", "2").exit_code == 0


def test_a_notated_score_has_its_own_barlines(toy):
    with pytest.raises(InputError, match="a pickup can be given for MIDI only"):
        musebench.apply("cadence", toy / "piano.musicxml", model="v-i-bass", pickup=1)


def test_two_tracks_of_a_piano_are_one_part(tmp_path, midi):
    right = [midi.name("Piano RH"), *midi.note(0, 480, 58), *midi.note(480, 480, 76)]
    left = [midi.name("Piano LH"), *midi.note(0, 960, 62)]  # the hands cross
    voice = [midi.name("Voice"), *midi.note(0, 960, 70)]
    path = tmp_path / "song.mid"
    path.write_bytes(midi.build([voice, right, left]))
    notes = musebench.apply("pitch-spelling", path, model="ps13s1").notes
    assert notes.parts.name.tolist() == ["Voice", "Piano"]
    found = sorted(
        zip(notes.pitch.tolist(), notes.part.tolist(), notes.staff.tolist(), strict=True)
    )
    assert found == [(58, 1, 1), (62, 1, 2), (70, 0, 1), (76, 1, 1)]
    by_model = musebench.apply("pitch-spelling", path, model="ps13s1", staves="pitch-60").notes
    assert len(by_model.parts) == 1


def test_spelling_keeps_the_pitch():
    names = PITCH_SPELLING.heads["spelling"]
    notes = musebench_scale()
    spelled = spell(notes, np.array([names.index("B#"), names.index("Cb"), -100]))
    assert spelled.octave.tolist() == [3, 5, 4]
    assert spelled.step.tolist() == ["B", "C", notes.step[2]]


def musebench_scale():
    """Middle C, the B above it and the C above that, without names."""
    from test_score_writer import table_of

    return table_of(
        [
            (0, 12, "C", 0, 4, 0, 0, 1, False),
            (12, 12, "B", 0, 4, 0, 0, 1, False),
            (24, 12, "D", 0, 4, 0, 0, 1, False),
        ]
    )


def test_unspelled_is_what_only_midi_is(toy, scale):
    assert is_unspelled(read_score(scale))
    assert not is_unspelled(read_score(toy / "piano.musicxml"))
    assert set_staves(read_score(scale), np.zeros(20, dtype=np.int64)).staff.tolist() == [1] * 20


def test_times_that_were_played_short_are_written_out(tmp_path, midi):
    events = []
    for i in range(7):  # a septuplet whose ticks are rounded, each note a tick short
        start, end = round(i * 480 / 7), round((i + 1) * 480 / 7)
        events += midi.note(start, end - start - 1, 60 + i)
    for i in range(8):  # eighths at 95 %
        events += midi.note(480 + i * 240, 228, 72 + i)
    for i in range(3):  # a triplet at 95 %
        events += midi.note(2400 + i * 160, 152, 50 + i)
    path = tmp_path / "played.mid"
    path.write_bytes(midi.build([events]))
    notes = tidy_times(read_score(path))
    np.testing.assert_allclose(
        notes.duration_quarter, [1 / 7] * 7 + [1 / 2] * 8 + [1 / 3] * 3, rtol=1e-12
    )
    assert notes.divs_pq == 42


SHORT = {
    "95 %": lambda ticks: ticks * 95 // 100,
    "80 %": lambda ticks: ticks * 80 // 100,
    "75 %": lambda ticks: ticks * 75 // 100,
    "10 ticks": lambda ticks: ticks - 10,
    "30 ticks": lambda ticks: ticks - 30,
}


@pytest.mark.parametrize(
    ("how", "slurred"),
    [*((how, 0) for how in SHORT), *((how, 5) for how in SHORT if how != "75 %")],
)
def test_articulation_is_no_rest(tmp_path, midi, how, slurred):
    """Half, quarter and eighth notes, triplets, and rests, all or not all of them played short."""
    written = [960, 480, 240, 240, 480, 160, 160, 160, -480, 1440, 240, -240] * 8
    events, now = [], 0
    for i, ticks in enumerate(written):
        played = ticks if slurred and i % slurred == 0 else SHORT[how](ticks)
        events += midi.note(now, played, 60 + i % 12) if ticks > 0 else []
        now += abs(ticks)
    path = tmp_path / "played.mid"
    path.write_bytes(midi.build([events]))
    notes = tidy_times(read_score(path))
    wanted = [ticks / 480 for ticks in written if ticks > 0]
    np.testing.assert_allclose(notes.duration_quarter, wanted, rtol=1e-12)


def test_staccato_that_is_written_stays(tmp_path, midi):
    events = [e for i in range(16) for e in midi.note(240 * i, 240, 60 + i)]
    events += [e for i in range(16) for e in midi.note(480 * i, 240, 72 + i)]  # with eighth rests
    path = tmp_path / "written.mid"
    path.write_bytes(midi.build([events]))
    found = read_score(path)
    assert tidy_times(found) is found


def test_times_that_are_written_stay(toy, tmp_path):
    notes = read_score(toy / "piano.musicxml")
    assert tidy_times(notes) is notes
    write_score(notes, tmp_path / "score.mid")
    found = read_score(tmp_path / "score.mid")
    assert tidy_times(found) is found


def save_untrained(task, board, toy, folder):
    """A checkpoint of an untrained model, as a run keeps it."""
    import torch

    from musebench import build_graph
    from musebench.train import plan_run
    from musebench.train.checkpoint import _save

    run = replace(plan_run(board, "mlp", 0, hidden=8, num_layers=1), folder=folder)
    torch.manual_seed(0)
    graph = build_graph(read_score(toy / "piano.musicxml"), task.inputs)
    num_features = {kind: graph[kind].num_features for kind in ("note", "beat", "measure")}
    assert num_features["note"] == len(feature_names(task.inputs))
    _save(ScoreModel("mlp", task, num_features, run.config), run)


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
    (tmp_path / "in.mid").write_bytes(scale.read_bytes())
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "in.mid").write_bytes(scale.read_bytes())
    text = (Path(__file__).parent.parent / "docs" / "apply.md").read_text("utf-8")
    commands = re.findall(r"^musebench (apply .*)$", text, re.MULTILINE)
    assert len(commands) == 7
    for command in commands:
        done = CliRunner().invoke(app, command.split())
        assert done.exit_code == 0, (command, done.exception)
    for snippet in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(snippet, "apply.md", "exec"), {})
