"""Models: shapes, masks, and that edges matter where they should."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from musebench.annotations import IGNORE_LABEL, spelling_labels
from musebench.graph import build_graph
from musebench.models import ENCODERS, ScoreModel, read_config, rules_of
from musebench.models import RULES as ALL_RULES
from musebench.pitch import MAX_TPC, MIN_TPC, SPELLING_CLASS_TO_PITCH_CLASS, spelling_name
from musebench.score import (
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
    read_score,
)
from musebench.tasks import PITCH_SPELLING

CONFIG = read_config("note-gnn", "asap-pitch-spelling", hidden=16, num_layers=2, dropout=0.0)

RULES = {
    name: rule
    for name, rule in rules_of("pitch-spelling").items()
    if f"pitch-spelling/{name}" in ALL_RULES
}
ASAP, BOARD = "asap-pitch-spelling", "chorale-pitch-spelling"


@pytest.fixture
def graph(toy):
    return build_graph(read_score(toy / "piano.musicxml"), PITCH_SPELLING.inputs)


def model_of(name, graph):
    torch.manual_seed(0)
    return ScoreModel(name, PITCH_SPELLING, graph.num_node_features, CONFIG).eval()


@pytest.mark.parametrize("name", ENCODERS)
def test_logits_have_the_shape_of_the_heads(name, graph):
    logits = model_of(name, graph)(graph)
    assert {head: tuple(values.shape) for head, values in logits.items()} == {
        "spelling": (10, 35),
        "key_signature": (10, 15),
    }


@pytest.mark.parametrize("name", ENCODERS)
def test_a_spelling_always_sounds_as_its_note(name, graph):
    logits = model_of(name, graph)(graph)["spelling"]
    sounding = torch.tensor(SPELLING_CLASS_TO_PITCH_CLASS)
    possible = logits > -1e8
    assert possible.sum(dim=1).min() >= 2
    assert possible.sum(dim=1).max() <= 3
    assert (sounding[logits.argmax(dim=1)] == graph["note"].pitch % 12).all()


def test_note_gnn_sees_neighbours_and_the_mlp_does_not(graph):
    other = graph.clone()
    other["note"].x[0] += 1  # the pick-up, a neighbour of notes 1 to 3 and, by two hops, of 4
    changed = {}
    for name in ENCODERS:
        model = model_of(name, graph)
        with torch.no_grad():
            difference = model(graph)["key_signature"] - model(other)["key_signature"]
        changed[name] = np.flatnonzero(difference.abs().sum(dim=1) > 1e-6).tolist()
    assert changed["mlp"] == [0]
    assert changed["note-gnn"][:5] == [0, 1, 2, 3, 4]
    assert set(changed["note-gnn"]) <= set(changed["metrical-gnn"])


@pytest.mark.parametrize("name", ENCODERS)
def test_a_batch_gives_what_its_scores_give(graph, name):
    from torch_geometric.data import Batch

    model = model_of(name, graph)
    alone = model(graph)["spelling"]
    together = model(Batch.from_data_list([graph, graph]))["spelling"]
    torch.testing.assert_close(together, torch.cat([alone, alone]))


# Rules

NAMES = [spelling_name(tpc) for tpc in range(MIN_TPC, MAX_TPC + 1)]


def melody(*pitches, duration=1):
    """A note table of single notes of ``duration`` quarters, one after the other."""
    size = len(pitches)
    zeros = np.zeros(size, dtype=np.int64)
    columns = {field.name: zeros for field in fields(NoteTable)}

    def empty(table):
        return table(**{field.name: zeros[:0] for field in fields(table)})

    return NoteTable(
        **columns
        | {
            "divs_pq": 1,
            "onset_div": np.arange(size) * duration,
            "duration_div": np.full(size, duration),
            "pitch": np.array(pitches),
            "step": np.full(size, "C"),
            "note_id": np.full(size, ""),
            "is_grace": np.zeros(size, dtype=bool),
            "parts": PartTable(np.array([""])),
            "measures": empty(MeasureTable),
            "time_signatures": empty(TimeSignatureTable),
            "key_signatures": empty(KeySignatureTable),
        }
    )


def spelled(rule, notes):
    return " ".join(NAMES[i] for i in rule(notes)["spelling"])


def fitted(name, notes):
    return RULES[name].fit([notes], [spelling_labels(notes)])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_classes_that_sound_as_their_notes(name, toy):
    notes = read_score(toy / "piano.musicxml")
    predicted = fitted(name, notes)(notes)
    sounding = np.array(SPELLING_CLASS_TO_PITCH_CLASS)
    assert (sounding[predicted["spelling"]] == notes.pitch % 12).all()
    assert (predicted["spelling"] == spelling_labels(notes)["spelling"]).mean() >= 0.6
    for head, classes in predicted.items():
        assert classes.shape == (len(notes),)
        assert classes.dtype == np.int64
        assert 0 <= classes.min() <= classes.max() < len(PITCH_SPELLING.heads[head])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_does_not_look_at_the_labels(name, toy):
    notes = read_score(toy / "piano.musicxml")
    size = len(notes)
    scrambled = replace(
        notes, step=np.full(size, "B"), alter=np.full(size, 2), key_fifths=np.full(size, -7)
    )
    rule = fitted(name, notes)
    before, after = rule(notes), rule(scrambled)
    assert before.keys() == after.keys()
    assert all((before[head] == after[head]).all() for head in before)


@pytest.mark.parametrize("name", RULES)
def test_only_a_rule_that_needs_training_changes_by_it(name, toy):
    rule, notes = RULES[name], read_score(toy / "piano.musicxml")
    assert (fitted(name, notes) is rule) == (not rule.needs_training)
    if rule.needs_training:
        with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
            rule(notes)


def test_majority_counts_the_training_notes():
    notes = melody(61, 61, 61, 60, 63, 66)
    cis, des, c, fis = (NAMES.index(name) for name in ("C#", "Db", "C", "F#"))
    labels = {
        "spelling": np.array([cis, des, des, c, IGNORE_LABEL, fis]),
        "key_signature": np.array([3, 3, 3, 9, 9, IGNORE_LABEL]),
    }
    rule = RULES["majority"].fit([notes], [labels])
    # E flat has no class, and the other pitch classes do not occur: the spelling nearest to D.
    assert spelled(rule, melody(*range(60, 72))) == "C Db D Eb E F F# G Ab A Bb B"
    assert rule(notes)["key_signature"].tolist() == [3] * 6


def test_line_of_fifths_follows_its_surroundings():
    rule = RULES["line-of-fifths"]
    assert spelled(rule, melody(64, 66, 68, 69, 71, 73, 75, 76)) == "E F# G# A B C# D# E"
    assert spelled(rule, melody(68, 70, 72, 73, 75, 77, 79, 80)) == "Ab Bb C Db Eb F G Ab"
    # The same pitch, 61, far apart in time: D flat among flats, C sharp among sharps.
    flats, sharps = (68, 70, 72, 61, 75, 77, 79), (64, 66, 68, 69, 71, 61, 75)
    names = spelled(rule, melody(*flats, *sharps, duration=16)).split()
    assert (names[3], names[12]) == ("Db", "C#")


def test_krumhansl_finds_the_key_and_spells_in_it():
    rule = RULES["krumhansl"]
    d_major = melody(62, 66, 69, 62, 64, 66, 67, 69, 71, 73, 74, 68)
    assert set(rule(d_major)["key_signature"]) == {7 + 2}
    assert spelled(rule, d_major) == "D F# A D E F# G A B C# D G#"
    f_minor = melody(65, 68, 72, 65, 67, 68, 70, 72, 73, 64, 65, 71)
    assert set(rule(f_minor)["key_signature"]) == {7 - 4}
    assert spelled(rule, f_minor) == "F Ab C F G Ab Bb C Db E F B"


def test_configurations_are_read_by_board_and_changed_by_name():
    default, chorale = (read_config("note-gnn", board) for board in (ASAP, BOARD))
    assert default.hidden != chorale.hidden
    assert read_config("mlp", BOARD, hidden=7).hidden == 7
    with pytest.raises(ValueError, match="size: unknown in a configuration; there are batch_size"):
        read_config("mlp", BOARD, size=7)
    with pytest.raises(ValueError, match="hidden is 'wide': it must be a valid integer"):
        read_config("mlp", BOARD, hidden="wide")
    with pytest.raises(
        ValueError, match=r"there is no learned model 'ps13s1'; there are .*, mlp, note-gnn"
    ):
        read_config("ps13s1", BOARD)
