"""Staves, voices, marks and colours of what is applied."""

import numpy as np
import pandas as pd
from lxml import etree

import musebench
from musebench import read_score
from musebench.applied.arrange import line_numbers
from musebench.applied.names import key_names, numerals_in_keys, roman_numerals
from musebench.applied.result import COLORS
from musebench.score import NoteTable
from musebench.tasks import ROMAN_NUMERAL


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
    printed = ["C: V⁶₅", "c: vii°⁷/V", "B♭: ii⁶", "C: I⁶₄", "iiø²", "c: Ger"]
    assert numerals_in_keys(task, labels) == printed


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
