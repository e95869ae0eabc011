"""Chorales of the same tune, which are one work."""

import numpy as np
import pytest

from makers import chorale_tunes as tunes
from makers import chorale_voices as voices


def make_part(pitches, *, duration=voices.TICKS):
    pitch = np.array(pitches, dtype=np.int64)
    onset = np.arange(len(pitch)) * duration
    return voices.Part("", onset, np.full(len(pitch), duration), pitch, pitch)


def make_chorale(piece_id, *parts):
    return voices.Piece("", piece_id, list(parts), voices.skeleton(parts[0]), set())


def test_kern_soprano_merges_ties_and_counts_rests():
    lines = ["**kern\t**kern", "4C\t[4c", "4D\t4c]", "=2\t=2", "4C\t4r", "4E\t8.dd#", ".\t16b"]
    soprano = voices.kern_soprano(lines)
    assert soprano.onset.tolist() == [0, 288, 360]
    assert soprano.duration.tolist() == [192, 72, 24]
    assert soprano.step.tolist() == [28, 36, 34]


def test_bwv_numbers_of_both_corpora_agree():
    assert voices.bwv_of_kern("BWV 12/7 & 69a/16") == {(12, "", 7), (69, "a", 16)}
    assert voices.bwv_of_music21("bwv12.7") == {(12, "", 7)}
    assert voices.bwv_of_music21("bwv197.7-a") == {(197, "a", 7)}
    with pytest.raises(ValueError, match="no BWV number in the file name 'opus1'"):
        voices.bwv_of_music21("opus1")


def test_a_skeleton_has_the_beats_without_repetitions():
    assert voices.skeleton(make_part([28, 28, 30, 29])).tolist() == [28, 30, 29]
    assert voices.skeleton(make_part([])).tolist() == []
    eighths = make_part([28, 29, 30, 31], duration=voices.TICKS // 2)
    assert voices.skeleton(eighths).tolist() == [28, 30]


def test_alignment_knows_a_transposed_tune():
    tune = np.random.default_rng(0).integers(28, 40, 40)
    assert tunes.alignment(tune, tune + 3) == 1
    assert tunes.alignment(tune, np.delete(tune, 20) - 2) > tunes.SAME_TUNE_ALIGNMENT
    assert tunes.alignment(tune, np.random.default_rng(1).integers(28, 40, 40)) < 0.5
    assert tunes.alignment(tune, tune[:0]) == 0


def test_a_chorale_in_another_key_is_a_near_duplicate():
    random = np.random.default_rng(0)
    first, other = random.integers(48, 72, (2, 4, 40))
    chorales = [
        make_chorale("bwv1", *map(make_part, first)),
        make_chorale("bwv2", *map(make_part, other)),
        make_chorale("bwv10", *map(make_part, first + 5)),
        make_chorale("bwv11", *map(make_part, first[:3])),
    ]
    left_out, pairs = tunes.exclusions(chorales)
    assert left_out == [("bwv10", "near-duplicate of bwv1"), ("bwv11", "3 parts")]
    assert pairs == [("bwv1", "bwv10", pytest.approx(1))]


def test_a_part_with_chords_is_unfit():
    part = make_part([60, 62, 64, 65])
    part.onset[1] = 0
    plain = make_part([60, 62])
    assert tunes.unfit(make_chorale("bwv1", plain, part, plain, plain)) == (
        "part 2 is not monophonic"
    )
