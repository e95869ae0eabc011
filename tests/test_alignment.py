"""Chords that stand too early or too late are found, and no board has any."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_scores import table_of
from musebench.boards import BOARDS

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from makers.alignment import alignments, fit, tones_of

TASK = BOARDS["augmentednet-roman-numeral"].task
ROOTS = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69}
CHORDS = [
    (name, (ROOTS[name], ROOTS[name] + 4, ROOTS[name] + 7)) for name in "CGFADEGCFEADCFGADEFC"
]


def piece_with(shift):
    """Major triads of a quarter each, and their chords, ``shift`` quarters later than the notes."""
    pitch = np.array([pitch for _, chord in CHORDS for pitch in chord])
    notes = replace(
        table_of(np.repeat(2 * np.arange(len(CHORDS)), 3), [2] * len(pitch)), pitch=pitch
    )
    roots = [TASK.heads["root"].index(name) for name, _ in CHORDS]
    quality = TASK.heads["quality"].index("major triad")
    labels = {"root": np.roll(roots, shift), "quality": np.full(len(CHORDS), quality)}
    return notes, labels


@pytest.mark.parametrize("shift", [-3, -1, 0, 2])
def test_the_shift_is_found(shift):
    notes, labels = piece_with(shift)
    found = fit("made", notes, tones_of(TASK, labels))
    assert found.shift // 1 == shift
    assert found.there > 0.9  # the ends are those of another chord
    assert found.is_shifted == (shift != 0)


def test_onsets_without_a_chord_do_not_count():
    notes, labels = piece_with(0)
    labels["root"][::2] = -100
    assert fit("made", notes, tones_of(TASK, labels)).here == 1


@pytest.mark.parametrize("board", ["augmentednet-roman-numeral", "dcml-roman-numeral"])
def test_chords_of_a_board_stand_where_the_music_is(board, chorale_home, at_hand, monkeypatch):
    at_hand(board)
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    assert not [found for found in alignments(BOARDS[board]) if found.is_shifted]
