"""Features of a toy score, by eye."""

import numpy as np
import pytest

from musebench.features import (
    BEAT_COLUMNS,
    MEASURE_COLUMNS,
    beat_features,
    feature_names,
    measure_features,
    note_features,
)
from musebench.score import read_score
from musebench.tasks import PITCH_SPELLING

GROUPS = PITCH_SPELLING.inputs


@pytest.fixture
def columns(toy):
    notes = read_score(toy / "piano.musicxml")
    return dict(zip(feature_names(GROUPS), note_features(notes, GROUPS).T, strict=True))


def test_each_note_has_one_pitch_class(columns):
    pitch_classes = np.stack([columns[f"pitch_class_{k}"] for k in range(12)])
    assert pitch_classes.argmax(axis=0).tolist() == [9, 2, 2, 6, 4, 3, 4, 9, 10, 3]
    assert (pitch_classes.sum(axis=0) == 1).all()


def test_columns_by_eye(columns):
    assert columns["octaves_from_middle_c"][:2].tolist() == pytest.approx([9 / 12, -10 / 12])
    assert columns["log_duration_quarter"][:2].tolist() == [1, 2]  # a quarter, three quarters
    assert np.flatnonzero(columns["has_zero_duration"]).tolist() == [5]
    assert np.flatnonzero(columns["is_downbeat"]).tolist() == [1, 2, 3, 8]
    assert columns["is_on_beat"].tolist() == [1] * 10
    assert columns["measure_cosine"][0] == pytest.approx(-0.5)  # third beat of three
    assert columns["beats"][-1] == 0.5
    assert columns["is_compound"].tolist() == [0] * 8 + [1] * 2


def test_a_triplet_is_off_the_beat(toy):
    notes = read_score(toy / "duet.musicxml")
    columns = dict(zip(feature_names(GROUPS), note_features(notes, GROUPS).T, strict=True))
    assert columns["is_on_beat"].tolist() == [1, 1, 0, 0, 1, 1, 0]
    assert columns["beat_fraction"].tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 0, 0, 0.5])


def test_beats_and_measures_by_eye(toy):
    notes = read_score(toy / "piano.musicxml")
    measures = measure_features(notes.measures, notes.divs_pq)
    beats = beat_features(notes.beat_table(), notes.measures, measures)
    assert beats.shape == (16, len(BEAT_COLUMNS))
    assert np.flatnonzero(beats[:, BEAT_COLUMNS.index("is_downbeat")]).tolist() == [1, 4, 7, 10]
    # A pick-up and a measure that a repeat divides look like all others.
    assert (notes.measures.end_div - notes.measures.start_div).tolist() == [2, 6, 6, 6, 6]
    assert measures.shape == (5, len(MEASURE_COLUMNS))
    assert (measures[:4] == measures[0]).all()


def test_an_unknown_group_is_refused():
    with pytest.raises(
        ValueError, match="'fermatas' is not a group of features; accepted are pitch"
    ):
        feature_names(["fermatas"])


def test_the_whitelist_of_spelling_has_no_spelling_and_no_key(toy):
    """Scramble every label in the table: the inputs stay bit-identical."""
    from dataclasses import replace

    notes = read_score(toy / "piano.musicxml")
    random = np.random.default_rng(0)
    scrambled = replace(
        notes,
        step=random.permutation(notes.step),
        alter=random.integers(-2, 3, len(notes)),
        octave=random.integers(0, 8, len(notes)),
        key_fifths=random.integers(-7, 8, len(notes)),
        key_signatures=replace(
            notes.key_signatures, fifths=random.integers(-7, 8, len(notes.key_signatures))
        ),
        voice=random.permutation(notes.voice),
        staff=random.permutation(notes.staff),
    )
    np.testing.assert_array_equal(note_features(notes, GROUPS), note_features(scrambled, GROUPS))
