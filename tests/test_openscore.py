"""The boards of OpenScore, and what decides which scores they take."""

from dataclasses import replace

import numpy as np
import pytest

from made_scores import table_of
from makers.openscore import reason_without_staves
from makers.voices import reason_without_voices
from musebench.annotations import keyboard_notes, keyboard_parts, staff_labels
from musebench.boards import BOARDS
from musebench.corpora import LIEDER, LIEDER_PIANO
from musebench.duplicates import find_copies
from musebench.features import note_features
from musebench.score import PartTable
from musebench.tasks import STAFF_SEPARATION

NAMES = ("openscore-pitch-spelling", "openscore-staff-separation", "openscore-voice-separation")


def made_score(parts, staffs, names):
    """Notes of one quarter, one after another."""
    notes = table_of(np.arange(len(parts)), np.ones(len(parts)))
    table = PartTable(np.array(names))
    return replace(notes, part=np.array(parts), staff=np.array(staffs), parts=table)


SONG = made_score([0, 1, 0, 1, 1], [1, 1, 1, 2, 1], ["Singstimme", "Pianoforte"])


def test_the_piano_of_a_song_is_read_without_what_is_sung():
    piano = keyboard_notes(SONG)
    assert piano.onset_div.tolist() == [1, 3, 4]
    assert set(piano.part) == {1}
    assert staff_labels(piano)["staff"].tolist() == [0, 1, 0]
    assert keyboard_parts(["Singstimme", "Pianoforte"]).tolist() == [False, True]


def test_a_score_without_a_keyboard_is_read_whole():
    duet = replace(SONG, parts=PartTable(np.array(["Soprano", "Alto"])))
    assert keyboard_notes(duet) is duet
    assert reason_without_staves(duet) == "no piano"


def test_what_is_sung_leaves_no_trace_in_the_inputs():
    pitch = np.where(SONG.part == 0, 90, SONG.pitch)
    other = replace(SONG, pitch=pitch, duration_div=np.where(SONG.part == 0, 3, SONG.duration_div))
    found, same = (
        note_features(keyboard_notes(notes), STAFF_SEPARATION.inputs) for notes in (SONG, other)
    )
    np.testing.assert_array_equal(found, same)


def test_a_piano_is_on_two_staves():
    assert reason_without_staves(keyboard_notes(SONG)) == ""
    three = replace(keyboard_notes(SONG), staff=np.array([1, 2, 3]))
    assert reason_without_staves(three) == "notes on 3 staves"
    one = replace(three, staff=np.ones(3, dtype=np.int64))
    assert reason_without_staves(one) == "notes on one staff"


def test_parts_with_many_chords_are_no_voices():
    assert reason_without_voices(made_score([0, 0, 0], [1, 1, 1], ["Violin"])) == "one part"
    four = made_score([0, 0, 1, 1], [1] * 4, ["Violin", "Viola"])
    assert reason_without_voices(four) == ""
    chords = replace(four, onset_div=np.array([0, 0, 2, 3]))
    assert reason_without_voices(chords) == "only 50% start alone in their part, not 75%"
    # Three quarters are enough.
    eight = made_score([0, 0, *[1] * 6], [1] * 8, ["Violin", "Viola"])
    assert reason_without_voices(replace(eight, onset_div=np.array([0, 0, *range(2, 8)]))) == ""


def test_of_copies_the_first_stays():
    random = np.random.default_rng(0)
    notes = table_of(np.arange(80), np.ones(80))
    tunes = [replace(notes, pitch=random.integers(50, 80, 80)) for _ in range(3)]
    copies = find_copies(
        {"a": tunes[0], "b": tunes[1], "c": replace(tunes[0], pitch=tunes[0].pitch + 2)}
        | {"d": tunes[0], "e": tunes[2]}
    )
    assert copies == {"c": "near-duplicate of a", "d": "near-duplicate of a"}


def test_the_piano_comes_from_the_files_of_the_songs():
    assert LIEDER_PIANO.registry == LIEDER.registry
    assert LIEDER_PIANO.folder == LIEDER.folder


@pytest.mark.parametrize("name", NAMES)
def test_all_may_use_them_for_anything(name):
    assert BOARDS[name].corpus.license == "CC0-1.0"
    assert BOARDS[name].version == "2.0"
