"""PSE: the search against all spellings of a measure, and by hand on a few notes."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from made_scores import table_of
from musebench.models import rules_of
from musebench.models.rules import pse
from musebench.pitch import SPELLING_CLASSES

KEYS = range(len(pse.FIFTHS))
C_MAJOR, A_MINOR, C_MINOR, G_MAJOR = 7, 22, 19, 8


def table(pitches, measure=8):
    """Quarter notes, four in a measure, or as many as fit."""
    onset = 2 * np.arange(len(pitches))
    return replace(table_of(onset, np.full_like(onset, 2), measure), pitch=np.array(pitches))


def spelled(pitches, measure=8):
    predicted = rules_of("pitch-spelling")["pse"](table(pitches, measure))
    (key,) = set(predicted["key_signature"].tolist())
    return " ".join(SPELLING_CLASSES[k] for k in predicted["spelling"]), key - 7


def signs(classes, key):
    """Number of printed accidentals of one measure, by the rule of engravers."""
    in_force = {pse.LETTER[k]: pse.ALTER[k] for k in np.flatnonzero(scale_of(key))}
    count = 0
    for k in classes:
        count += in_force[pse.LETTER[k]] != pse.ALTER[k]
        in_force[pse.LETTER[k]] = pse.ALTER[k]
    return count


def scale_of(key):
    return np.abs(pse.TPC - pse.FIFTHS[key] - 2) <= 3


@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_the_fewest_of_all_spellings(seed):
    random = np.random.default_rng(seed)
    pitches = random.integers(60, 72, 14)  # two measures, of seven notes each
    events = pse._events(table(pitches, measure=14))
    keys = np.arange(len(KEYS))
    none = np.zeros((2, *pse.SPELLINGS.shape), dtype=np.int64)
    found = pse._spell(events, keys, np.full_like(pse.SPELLINGS, pse.SIGN), none)
    for key in random.choice(KEYS, 8, replace=False):
        chosen = pse._unfold(found, events, keys, key)[events.of_note]
        for measure, notes in enumerate((slice(0, 7), slice(7, 14))):
            every = product(*(pse.SPELLINGS[key, p % 12] for p in pitches[notes]))
            fewest = min(signs(classes, key) for classes in every)
            assert found.cost[measure, key] == fewest * pse.SIGN
            assert signs(chosen[notes], key) == fewest


def test_measures_of_different_lengths_are_told_apart():
    onset = np.array([0, 2, 8, 10, 12, 14, 16])
    notes = replace(table_of(onset, np.ones_like(onset)), pitch=np.array([60, 61] * 3 + [61]))
    events = pse._events(notes)
    assert events.number.tolist() == [4, 2, 1]
    assert events.time.tolist() == [1, 0, 2]
    assert events.chroma[events.row, events.column][events.of_note].tolist() == [0, 1] * 3 + [1]


def test_a_chord_counts_each_pitch_class_once():
    notes = replace(table_of([0] * 4, [2] * 4), pitch=np.array([60, 64, 67, 72]))
    events = pse._events(notes)
    assert events.number.tolist() == [3]
    assert events.of_note.tolist() == [0, 1, 2, 0]


def test_scales_are_spelled_in_their_key():
    assert spelled([62, 64, 65, 67, 69, 70, 73, 74]) == ("D E F G A Bb C# D", -1)
    assert spelled([68, 70, 72, 73, 75, 77, 79, 80]) == ("Ab Bb C Db Eb F G Ab", -4)
    names, key = spelled([66, 68, 70, 71, 73, 75, 77, 78])
    assert (names, key) in (("F# G# A# B C# D# E# F#", 6), ("Gb Ab Bb Cb Db Eb F Gb", -6))


def test_the_leading_note_of_a_remote_minor_key_is_a_double_sharp():
    g_sharp_minor = [68, 70, 71, 73, 75, 76, 67, 68] * 2
    in_sharps = [64, 66, 68, 69, 71, 73, 75, 76] * 2  # E major: the key has sharps
    names, key = spelled(in_sharps + g_sharp_minor)
    assert key == 5
    assert names.split()[16:24] == ["G#", "A#", "B", "C#", "D#", "E", "F##", "G#"]


def test_a_state_is_kept_once_with_its_lowest_cost(monkeypatch):
    monkeypatch.setattr(pse, "NUM_STATES", 3)
    state, cost = np.array([[[3, 3, 2, 9]]]), np.array([[[4, 1, 2, 8]]])
    assert pse._cheapest(state, cost).tolist() == [[[1, 2, 3]]]
    assert cost.tolist() == [[[pse.IMPOSSIBLE, 1, 2, 8]]]


def test_a_sign_holds_to_the_end_of_its_measure():
    """The black key between F and G three times, in two octaves; the last note in measure 2."""
    keys = np.array([C_MAJOR])
    for measure, expected in ((8, [1]), (4, [1, 1])):
        events = pse._events(table([66, 78, 66], measure))
        none = np.zeros((len(expected), *pse.SPELLINGS.shape), dtype=np.int64)
        signs = np.full_like(pse.SPELLINGS[keys], pse.SIGN)
        cost = pse._spell(events, keys, signs, none).cost
        assert (cost[:, 0] // pse.SIGN).tolist() == expected


def test_steps_between_keys():
    assert (pse.DISTANCE == pse.DISTANCE.T).all()
    assert pse.DISTANCE[C_MAJOR, [C_MAJOR, G_MAJOR, A_MINOR, C_MINOR]].tolist() == [0, 1, 1, 1]
    assert pse.DISTANCE[C_MAJOR, 9] == 2  # D major
    assert pse.DISTANCE.max() < len(KEYS)


@pytest.mark.parametrize(("surplus", "expected"), [(1, C_MAJOR), (20, 13)])
def test_local_keys_leave_their_path_for_many_signs_only(surplus, expected):
    """F sharp major, six steps from C, is better in the second of three measures."""
    signs = np.full((3, len(KEYS)), 30)
    signs[:, C_MAJOR] = 20
    signs[1, 13] = 20 - surplus
    assert pse._local_keys(signs, C_MAJOR).tolist() == [C_MAJOR, expected, C_MAJOR]
    assert pse._local_keys(np.zeros_like(signs), G_MAJOR).tolist() == [G_MAJOR] * 3


def test_each_pitch_class_has_two_spellings_in_each_key():
    sounding = 7 * pse.TPC[pse.SPELLINGS] % 12
    assert (sounding == np.arange(12)[:, None]).all()
    assert (pse.SPELLINGS[..., 1] - pse.SPELLINGS[..., 0] == 12).all()
    for key in KEYS:
        assert set(np.flatnonzero(scale_of(key))) <= set(pse.SPELLINGS[key].ravel().tolist())


def test_more_states_change_nothing(toy, monkeypatch):
    from musebench.score import read_score

    rule = rules_of("pitch-spelling")["pse"]
    tables = [read_score(toy / f"{name}.musicxml") for name in ("piano", "four_voices")]
    tables.append(table(np.random.default_rng(1).integers(48, 84, 96), measure=24))
    before = [rule(notes)["spelling"].tolist() for notes in tables]
    monkeypatch.setattr(pse, "NUM_STATES", 64)
    assert [rule(notes)["spelling"].tolist() for notes in tables] == before
