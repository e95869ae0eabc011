"""Rules of cadences, phrases and Roman numerals on a few bars of own music."""

from dataclasses import replace

import numpy as np
import pytest

from made_scores import table_of
from musebench.annotations import IGNORE_LABEL
from musebench.annotations.vocabulary import ROMAN_NUMERAL_HEADS
from musebench.models import rules_of
from musebench.models.rules.phrase_rules import boundary_strength
from musebench.models.sounding import chroma_at_onsets, keys_of_measures, sounding_notes
from musebench.pitch import STEP_TO_PITCH_CLASS
from musebench.tasks import CADENCE, PHRASE, ROMAN_NUMERAL

TASKS = {task.name: task for task in (CADENCE, PHRASE, ROMAN_NUMERAL)}
NAMED = [(task, name) for task in TASKS for name in rules_of(task)]
NONE, PAC, IAC, HC, OTHER = range(5)


def score(*chords):
    """A note table in 4/4 of (onset, duration, "C4 Eb4"); times in eighths."""
    rows = []
    for onset, duration, names in chords:
        for name in names.split():
            alter = name.count("#") - name.count("b")
            pitch = 12 * (int(name[-1]) + 1) + STEP_TO_PITCH_CLASS[name[0]] + alter
            rows.append((onset, pitch, duration, name[0], alter))
    onset, pitch, duration, step, alter = map(list, zip(*sorted(rows), strict=True))
    columns = {"pitch": np.array(pitch), "step": np.array(step), "alter": np.array(alter)}
    return replace(table_of(onset, duration), **columns)


CLOSE = score((0, 4, "C3 E4 G4"), (4, 4, "G2 B3 D4 G4"), (8, 8, "C3 E4 C5"))


def fitted(task, name, notes):
    return fit(rules_of(task)[name], task, notes)


def fit(rule, task, notes):
    heads = TASKS[task].heads
    labels = {head: np.arange(len(np.unique(notes.onset_div))) % 2 for head in heads}
    return rule.fit([notes], [labels])


@pytest.mark.parametrize(("task", "name"), NAMED)
def test_a_rule_gives_a_class_of_each_head_for_each_onset(task, name):
    found = fitted(task, name, CLOSE)(CLOSE)
    scores = [found.pop(column) for column in TASKS[task].scores if column in found]
    for column in scores:
        assert column.shape == (3, len(TASKS[task].heads[TASKS[task].main_head]))
        assert 0 <= column.min() <= column.max() <= 1
    assert set(found) == set(TASKS[task].required_heads)
    for head, classes in found.items():
        assert classes.shape == (3,)
        assert classes.dtype == np.int64
        assert 0 <= classes.min() <= classes.max() < len(TASKS[task].heads[head])


@pytest.mark.parametrize(("task", "name"), NAMED)
def test_a_rule_looks_at_nothing_that_models_may_not_see(task, name):
    size = len(CLOSE)
    hidden = {
        "octave": np.full(size, 9),
        "part": np.arange(size),
        "staff": np.arange(size),
        "voice": np.arange(size),
        "is_grace": np.ones(size, dtype=bool),
        "key_fifths": np.full(size, -7),
        "note_id": np.arange(size)[::-1].astype(str),
    }
    if "spelling" not in TASKS[task].inputs:
        hidden |= {"step": np.full(size, "B"), "alter": np.full(size, 2)}
    rule = fitted(task, name, CLOSE)
    before, after = rule(CLOSE), rule(replace(CLOSE, **hidden))
    assert all((before[head] == after[head]).all() for head in before)


@pytest.mark.parametrize(("task", "name"), NAMED)
def test_only_a_rule_that_needs_training_changes_by_it(task, name):
    rule = rules_of(task)[name]
    assert (fit(rule, task, CLOSE) is rule) == (not rule.needs_training)
    if rule.needs_training:
        with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
            rule(CLOSE)


def test_majority_counts_the_training_onsets():
    labels = {"cadence": np.array([IGNORE_LABEL, IGNORE_LABEL, 2])}
    fitted = rules_of("cadence")["majority"].fit([CLOSE], [labels])
    assert fitted(CLOSE)["cadence"].tolist() == [2] * 3


def cadences(*chords):
    return rules_of("cadence")["v-i-bass"](score(*chords))["cadence"].tolist()


def test_v_i_bass_by_ear():
    tonic, dominant = (0, 4, "C3 E4 G4"), (4, 4, "G2 B3 D4 G4")
    assert cadences(tonic, dominant, (8, 8, "C3 E4 C5")) == [NONE, HC, PAC]
    assert cadences(tonic, dominant, (8, 8, "C3 C4 E4")) == [NONE, HC, IAC]
    # A seventh is no rest; no leading note, no cadence; a sixth is no triad on the bass.
    assert cadences(tonic, (4, 4, "G2 F3 B3 D4"), (8, 8, "C3 E4 C5")) == [NONE, NONE, PAC]
    assert cadences(tonic, (4, 4, "G2 D4 G4"), (8, 8, "C3 E4 C5")) == [NONE, NONE, NONE]
    assert cadences(tonic, dominant, (8, 8, "C3 E4 A4")) == [NONE, HC, NONE]
    # On a weaker place and not longer.
    weak = [(0, 4, "C3 E4 G4"), (8, 4, "G2 F3 B3 D4"), (12, 4, "C3 E4 C5")]
    assert cadences(*weak) == [NONE, NONE, NONE]


def test_v_i_bass_is_the_surer_the_more_conditions_hold():
    rule = rules_of("cadence")["v-i-bass"]
    # HC: all four; PAC: all five, and of IAC all but the top. The tonic is no dominant, but else
    # as a half cadence is.
    scores = rule(CLOSE)["cadence_score"]
    assert scores[0].tolist() == [1, 0, 0, 0, 0]
    assert (scores[1, HC], scores[1, NONE]) == (1, 0)
    assert scores[2].tolist() == pytest.approx([0, 1, 0.8, 0.75, 0])
    # Without a leading note, without a tonic on top, and with a sixth for the triad, too.
    perfect = [(0, 4, "C3 E4 G4"), (4, 4, "G2 D4 G4"), (8, 8, "C3 E4 C5")]
    assert rule(score(*perfect))["cadence_score"][-1, PAC] == pytest.approx(0.8)
    imperfect = rule(score(*perfect[:2], (8, 8, "C3 C4 E4")))["cadence_score"][-1]
    assert imperfect[[PAC, IAC]].tolist() == pytest.approx([0.6, 0.8])
    sixth = rule(score(*perfect[:2], (8, 8, "C3 E4 A4")))["cadence_score"][-1]
    assert sixth[[PAC, IAC]].tolist() == pytest.approx([0.4, 0.6])
    stays = score((0, 4, "C3 E4 G4"), (4, 4, "C3 F4 A4"))
    assert rule(stays)["cadence_score"][:, NONE].tolist() == [1, 1]


def test_rests_by_eye():
    notes = score((0, 2, "C4"), (0, 1, "E4"), (2, 1, "D4"), (4, 4, "C4"), (6, 1, "E4"))
    assert rules_of("phrase")["rests"](notes)["phrase_end"].tolist() == [0, 1, 0, 1]
    held = score((0, 8, "C2"), (0, 1, "E4"), (2, 1, "E4"))
    assert rules_of("phrase")["rests"](held)["phrase_end"].tolist() == [0, 1]


def test_boundary_strengths_by_hand():
    pitch, onset, offset = (np.array(c) for c in ([60, 62, 64, 60], [0, 1, 2, 6], [1, 2, 4, 8]))
    # Steps 2, 2, 4 differ by 0, 1/3: 0, 2/3, 4/3; onsets 1, 1, 4 by 0, 3/5: 0, 3/5, 12/5; rests
    # 0, 0, 2 by 0, 1: 0, 0, 2. Each over its greatest, by the weights.
    expected = [0, 0.25 / 2 + 0.5 / 4, 1]
    np.testing.assert_allclose(boundary_strength(pitch, onset, offset), expected)
    assert boundary_strength(pitch[:1], onset[:1], offset[:1]).tolist() == []
    assert boundary_strength(pitch[:2], onset[:2], offset[:2]).tolist() == [0]


def test_long_notes_follow_the_top_line():
    line = [(2 * i, 2, "C5") for i in range(3)] + [(6, 6, "D5"), (12, 2, "C5"), (14, 2, "C5")]
    notes = score(*line, (8, 1, "C4"), (10, 1, "C4"))
    target = np.array([0, 0, 0, 1, 0, 0, 0, 1])  # with the long D, not with what runs below it
    rule = rules_of("phrase")["long-notes"].fit([notes], [{"phrase_end": target}])
    assert rule(notes)["phrase_end"].tolist() == target.tolist()


def numerals(*chords):
    notes = score(*chords)
    found = rules_of("roman-numeral")["template-chords"](notes)
    names = {head: [ROMAN_NUMERAL_HEADS[head][i] for i in found[head]] for head in found}
    return names, found


SHARP, FLAT = (
    [(8 * i, 8, chord) for i, chord in enumerate(chords)]
    for chords in (
        ["C#3 E#4 G#4", "F#3 A#3 C#4", "G#3 B#3 D#4 F#4", "E#3 G#3 C#4"],
        ["Db3 F4 Ab4", "Gb3 Bb3 Db4", "Ab3 C4 Eb4 Gb4", "F3 Ab3 Db4"],
    )
)


@pytest.mark.parametrize(
    ("chords", "roots"), [(SHARP, ["C#", "F#", "G#", "C#"]), (FLAT, ["Db", "Gb", "Ab", "Db"])]
)
def test_template_chords_by_ear(chords, roots):
    names, _ = numerals(*chords)
    assert names["local_key"] == [f"{roots[0]} major"] * 4
    assert names["degree"] == ["I", "IV", "V", "I"]
    assert names["quality"] == ["M", "M", "Mm7", "M"]
    assert names["inversion"] == ["0", "0", "0", "1"]
    assert names["root"] == roots
    assert names["applied_degree"] == ["none"] * 4


def test_template_chords_know_applied_dominants_and_minor():
    frame = [(0, 8, "C3 E4 G4"), (24, 8, "G3 B3 D4"), (32, 8, "C3 E4 G4"), (40, 8, "F3 A3 C4")]
    names, _ = numerals(*frame, (16, 8, "D3 F#3 A3 C4"), (48, 8, "C3 E4 G4"))
    assert (names["degree"][1], names["applied_degree"][1]) == ("V", "V")
    minor = [(0, 8, "A2 C4 E4"), (8, 8, "G#3 B3 D4 F4"), (16, 8, "A2 C4 E4"), (24, 8, "D3 F3 A3")]
    names, _ = numerals(*minor, (32, 8, "E3 G#3 B3"), (40, 8, "A2 C4 E4"))
    assert set(names["local_key"]) == {"A minor"}
    assert names["degree"] == ["I", "#VII", "I", "IV", "V", "I"]
    assert names["quality"] == ["m", "o7", "m", "m", "M", "m"]


def test_what_sounds_at_an_onset():
    notes = replace(
        score((0, 4, "C4"), (2, 2, "E4"), (4, 2, "G4"), (6, 1, "B4")),
        duration_div=np.array([4, 0, 2, 1]),
    )
    sounding = sounding_notes(notes)
    assert sounding.note.tolist() == [0, 0, 1, 2, 3]
    assert sounding.group.tolist() == [0, 1, 1, 2, 3]
    chroma = chroma_at_onsets(notes, sounding)
    assert [np.flatnonzero(row).tolist() for row in chroma] == [[0], [0, 4], [7], [11]]
    major = score(*[(i, 1, f"{name}4") for i, name in enumerate("CDEFGABCEGC")])
    assert keys_of_measures(major, 1).tolist() == [0, 0]
