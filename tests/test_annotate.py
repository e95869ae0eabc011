"""All tasks at once: what each says alone, in one score, one table and one page."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import musebench
import toy_board
from musebench.applied import annotate, apply
from musebench.cli.app import app
from musebench.errors import InputError
from musebench.see import view
from musebench.tasks import TASKS

SCORE = toy_board.DATA / "piano.musicxml"
RULES = {
    "cadence": "v-i-bass",
    "phrase": "rests",
    "roman-numeral": "template-chords",
    "melody": "skyline",
}
OF_MIDI = RULES | {"pitch-spelling": "ps13s1", "staves": "pitch-60", "voices": "nearest-pitch"}
NOTHING = dict.fromkeys(RULES)


@pytest.fixture
def midi(tmp_path):
    """The score without names, staves and voices."""
    path = tmp_path / "piano.mid"
    musebench.write_score(musebench.read_score(SCORE), path)
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["annotate", *map(str, arguments)])


def given(models):
    return [f"--model={task}={model}" for task, model in models.items()]


def test_each_task_says_what_it_says_alone():
    found = annotate(SCORE, models=RULES)
    assert found.applied.keys() == {"cadence", "melody", "phrase", "roman-numeral"}
    for task, applied in found.applied.items():
        alone = apply(task, SCORE, model=RULES[task])
        assert applied.model == RULES[task]
        for head, labels in alone.labels.items():
            np.testing.assert_array_equal(applied.labels[head], labels)
        texts = [row[task] for row in found.records() if row.get(task)]
        assert texts == [mark.text for mark in alone.marks(printed=False)]
    assert found.layout == {}


def test_a_score_without_names_is_spelled_and_laid_out_first(midi):
    found = annotate(midi, models=OF_MIDI)
    assert found.layout == {"pitch-spelling": "ps13s1", "voice-separation": "nearest-pitch"} | (
        {} if len(found.notes.parts) > 1 else {"staff-separation": "pitch-60"}
    )
    alone = apply("pitch-spelling", midi, model="ps13s1", voices="nearest-pitch", staves="pitch-60")
    assert found.notes.step.tolist() == alone.notes.step.tolist()
    assert found.notes.voice.tolist() == alone.notes.voice.tolist()
    assert found.notes.staff.all()


def test_tracks_stay_parts_of_their_own_unless_a_model_of_staves_is_named(tmp_path):
    path = tmp_path / "duet.mid"
    musebench.write_score(musebench.read_score(toy_board.DATA / "duet.musicxml"), path)
    given = {**NOTHING, "pitch-spelling": "ps13s1"}
    found = annotate(path, models=given)
    assert len(found.notes.parts) == 2
    assert set(found.notes.staff.tolist()) == {1}
    assert "staff-separation" not in found.layout
    asked = annotate(path, models=given | {"staves": "pitch-60"})
    assert len(asked.notes.parts) == 1
    assert asked.layout["staff-separation"] == "pitch-60"


def test_a_track_named_as_a_keyboard_has_two_staves(tmp_path):
    duet = musebench.read_score(toy_board.DATA / "duet.musicxml")
    low = np.where(duet.part == 1, duet.pitch - 24 * (duet.onset_div > 0), duet.pitch)
    names = np.array(["Voice", "Piano"])
    path = tmp_path / "song.mid"
    musebench.write_score(
        replace(duet, pitch=low, octave=low // 12 - 1, parts=replace(duet.parts, name=names)), path
    )
    found = annotate(path, models={**NOTHING, "pitch-spelling": "ps13s1"})
    assert found.notes.parts.name.tolist() == ["Voice", "Piano"]
    staves = [set(found.notes.staff[found.notes.part == part].tolist()) for part in (0, 1)]
    assert staves == [{1}, {1, 2}]
    assert "staff-separation" in found.layout


def test_a_task_is_left_out_or_of_two_in_a_family_the_chosen_one_counts():
    assert annotate(SCORE, models=RULES | {"cadence": None}).applied.keys() == {
        "melody", "phrase", "roman-numeral"
    }  # fmt: skip
    other = {"augmentednet-roman-numeral": "template-chords"}
    models = {task: model for task, model in RULES.items() if task != "roman-numeral"} | other
    found = annotate(SCORE, models=models).applied
    assert "augmentednet-roman-numeral" in found
    assert "roman-numeral" not in found
    assert annotate(SCORE, models=NOTHING).records() == []


def test_without_a_choice_every_family_that_a_score_can_show_has_a_model(midi):
    found = annotate(midi)
    families = {TASKS[name].family or name for name in found.applied}
    assert {"cadence", "melody", "phrase", "roman-numeral"} <= families
    assert "pitch-spelling" in found.layout
    assert not {"composer", "performance"} & found.applied.keys()


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ({"composer": "majority"}, "cannot show the labels of composer"),
        ({"cadences": "v-i-bass"}, "there is no task or board 'cadences'"),
        ({"cadence": "rests"}, "there is no model 'rests'"),
        ({"voices": "nearest-pitch"}, "the score is notated; use `musebench apply voice-sep"),
    ],
)
def test_what_cannot_be_is_refused(models, said):
    with pytest.raises(InputError, match=re.escape(said)):
        annotate(SCORE, models=models)


def test_a_score_without_names_needs_a_speller(midi):
    with pytest.raises(InputError, match="no names of notes"):
        annotate(midi, models=OF_MIDI | {"pitch-spelling": None})


def test_the_page_names_each_task_and_its_model():
    found = annotate(SCORE, models=RULES)
    lanes = {lane.source: [sign.text for sign in lane.signs] for lane in view(found).scene.lanes}
    marked = {task for task, of in found.applied.items() if of.marks()}
    assert marked
    assert lanes.keys() == {f"{task}, by {RULES[task]}" for task in marked}
    numerals = [mark.text for mark in found.applied["roman-numeral"].marks()]
    assert lanes["roman-numeral, by template-chords"] == numerals


def test_the_written_score_has_the_marks_of_all_tasks(tmp_path):
    out, page = tmp_path / "out.musicxml", tmp_path / "page.html"
    done = run(SCORE, "-o", out, "--page", page, *given(RULES))
    assert done.exit_code == 0, done.output
    assert done.output.split() == [str(out), str(page)]
    words = re.findall(r"<words[^>]*>([^<]*)</words>", out.read_text())
    applied = annotate(SCORE, models=RULES).applied
    assert sorted(words) == sorted(mark.text for of in applied.values() for mark in of.marks())
    assert '<input type="checkbox" name="all">' in page.read_text()  # the music comes first


def test_json_has_models_labels_and_rows(midi):
    done = run(midi, "--json", *given(OF_MIDI))
    assert done.exit_code == 0, done.output
    content = json.loads(done.output)
    found = annotate(midi, models=OF_MIDI)
    assert content == json.loads(found.to_json())
    assert content["models"].keys() == found.layout.keys() | found.applied.keys()
    assert content["events"] == found.to_frame().to_dict("records")


def test_a_table_is_printed_or_written(tmp_path):
    table = tmp_path / "rows.csv"
    assert run(SCORE, "-o", table, *given(RULES)).exit_code == 0
    header = table.read_text().splitlines()[0].split(",")
    assert header[:2] == ["measure", "beat"]
    printed = run(SCORE, *given(RULES)).output
    assert all(name in printed for name in header)
    assert "cadence=v-i-bass" in str(run(SCORE, "--model", "cadence").exception)


def test_a_note_table_is_taken_as_it_is():
    notes = musebench.read_score(SCORE)
    found = annotate(replace(notes), models=RULES)
    assert found.title == ""
    assert found.notes.onset_div.tolist() == notes.onset_div.tolist()
