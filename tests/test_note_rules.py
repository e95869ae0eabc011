"""The rules of staves, melody and composer."""

from dataclasses import replace

import numpy as np
import pytest

from made_songs import notes_of
from musebench.annotations import IGNORE_LABEL
from musebench.models import rules_of
from musebench.models.rules.logistic import fit_logistic
from musebench.models.rules.pitch_class_profile import tonic_profile


def test_middle_c_is_on_the_upper_staff():
    assert rules_of("staff-separation")["pitch-60"](notes_of(59, 60, 61))["staff"].tolist() == [
        1,
        0,
        0,
    ]


def test_the_skyline_hears_what_is_held_over(song):
    # 64 hides both 60; the grace note 72 lies above all; 40 begins when only 60 sounds; at 2
    # nothing of before sounds but 40, and 64 hides 62.
    found = rules_of("melody")["skyline"](song)["melody"].tolist()
    assert found == [0, 0, 1, 1, 0, 0, 1]
    held = replace(
        notes_of(70, 65, 66, 66),
        onset_div=np.array([0, 1, 2, 2]),
        duration_div=np.array([2, 1, 1, 1]),
    )
    assert rules_of("melody")["skyline"](held)["melody"].tolist() == [1, 0, 1, 1]


def by_definition(notes):
    """A sentence of the definition a line."""
    onset, offset = notes.onset_div, notes.onset_div + notes.duration_div
    return [
        not any((onset <= onset[i]) & (offset > onset[i]) & (notes.pitch > notes.pitch[i]))
        for i in range(len(notes))
    ]


def test_the_skyline_is_its_definition():
    random = np.random.default_rng(0)
    for _ in range(50):
        size = int(random.integers(1, 30))
        notes = replace(
            notes_of(*random.integers(50, 60, size).tolist()),
            onset_div=np.sort(random.integers(0, 12, size)),
            duration_div=random.integers(0, 6, size),
        )
        found = rules_of("melody")["skyline"](notes)["melody"]
        assert found.astype(bool).tolist() == by_definition(notes)


@pytest.mark.parametrize("task", ["staff-separation", "melody", "composer"])
def test_majority_gives_the_most_frequent_class(task):
    rule, notes = rules_of(task)["majority"], notes_of(60, 62, 64)
    with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
        rule(notes)
    ((head, found),) = rule.fit(
        [notes, notes], [{rule.task.main_head: np.array(c)} for c in ([1, 1, IGNORE_LABEL], [0])]
    )(notes).items()
    assert head == rule.task.main_head
    assert found.tolist() == ([1] if task == "composer" else [1, 1, 1])


def test_a_profile_starts_at_the_tonic_and_weighs_durations():
    scale = notes_of(60, 62, 64, 65, 67, 69, 71, 60, 64, 67, 60)
    in_d = replace(scale, pitch=scale.pitch + 2)
    np.testing.assert_allclose(tonic_profile(scale), tonic_profile(in_d))
    assert tonic_profile(scale)[[0, 4, 1]].tolist() == pytest.approx([3 / 11, 2 / 11, 0])
    a_minor = notes_of(69, 72, 76, 69, 71, 72, 74, 76, 77, 68, 69, 76)
    assert tonic_profile(a_minor).argmax() in {0, 7}
    with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
        rules_of("composer")["pitch-class-profile"](scale)


def test_logistic_regression_finds_the_minimum():
    random = np.random.default_rng(1)
    features, target = random.normal(size=(60, 3)), random.integers(0, 3, 60)
    features[:, 2] = 5  # constant: its weight stays 0
    found = fit_logistic(features, target, 3)
    assert (fit_logistic(features, target, 3).weights == found.weights).all()
    rows = np.column_stack([(features - found.mean) / found.scale, np.ones(60)])
    scores = np.exp(rows @ found.weights)
    gradient = rows.T @ (scores / scores.sum(axis=1, keepdims=True) - np.eye(3)[target])
    gradient[:-1] += found.weights[:-1]
    assert np.abs(gradient).max() < 1e-4
    assert np.abs(found.weights[2]).max() < 1e-6
    separable = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    assert fit_logistic(separable, np.array([0, 0, 1, 1]), 2).predict(separable).tolist() == [
        *(0, 0, 1, 1)
    ]


@pytest.mark.parametrize(
    ("target", "penalty", "message"),
    [
        ([], 1.0, "2 rows of features and 0 classes"),
        ([0, 3], 1.0, r"a class is out of range; classes must be 0\.\.1"),
        ([0, 1], 0.0, "penalty is 0.0; it must be positive"),
    ],
)
def test_logistic_regression_refuses(target, penalty, message):
    with pytest.raises(ValueError, match=message):
        fit_logistic(np.zeros((2, 1)), np.array(target, dtype=int), 2, penalty)
