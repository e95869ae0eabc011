"""Transposition moves labels, pitches and features together."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from musebench import pitch
from musebench.annotations import spelling_labels
from musebench.features import feature_names
from musebench.graph import build_graph
from musebench.score import read_score
from musebench.tasks import (
    AUGMENTEDNET_ROMAN_NUMERAL,
    CADENCE,
    PITCH_SPELLING,
    ROMAN_NUMERAL,
    Place,
)
from musebench.transforms import RandomTransposition


@pytest.fixture
def graph(toy):
    notes = read_score(toy / "piano.musicxml")
    labels = spelling_labels(notes)
    fields = {PITCH_SPELLING.label_field(head): labels[head] for head in labels}
    return build_graph(notes, PITCH_SPELLING.inputs, fields)


def test_every_spelling_still_sounds_as_its_note(graph):
    transpose = RandomTransposition(PITCH_SPELLING, seed=0)
    fifths = set()
    for _ in range(60):
        moved = transpose(graph)
        tpc = moved["note"].y.numpy() + pitch.MIN_TPC
        assert (pitch.tpc_to_pitch_class(tpc) == moved["note"].pitch.numpy() % 12).all()
        assert (moved["note"].x[:, :12].argmax(dim=1) == moved["note"].pitch % 12).all()
        octaves = (moved["note"].pitch - 60) / 12
        torch.testing.assert_close(moved["note"].x[:, 12], octaves.float())
        assert moved["note"].y_key_signature.min() >= 0
        assert moved["note"].y_key_signature.max() < 15
        fifths.add(int(moved["note"].y[0] - graph["note"].y[0]))
    # Two sharps and three flats: two flats more or three sharps more stay within five.
    assert fifths == set(range(-2, 4))


def test_a_score_with_many_accidentals_only_loses_some(graph):
    graph["note"].y_key_signature[:] = 14  # seven sharps
    transpose = RandomTransposition(PITCH_SPELLING, seed=0)
    moved = {int(transpose(graph)["note"].y_key_signature[0]) for _ in range(60)}
    assert moved == set(range(2, 15))


def test_the_graph_given_is_left_as_it_is(graph):
    before = graph["note"].x.clone(), graph["note"].y.clone(), graph["note"].pitch.clone()
    for _ in range(5):
        RandomTransposition(PITCH_SPELLING, seed=1)(graph)
    for kept, name in zip(before, ("x", "y", "pitch"), strict=True):
        assert torch.equal(kept, graph["note"][name])


def test_the_draws_follow_from_the_seed(graph):
    def draws(seed):
        transpose = RandomTransposition(PITCH_SPELLING, seed)
        return [int(transpose(graph)["note"].y[0]) for _ in range(10)]

    assert draws(1) == draws(1) != draws(2)


def test_hidden_labels_stay_hidden_and_nothing_moves(graph):
    graph["note"].y = torch.full_like(graph["note"].y, -100)
    moved = RandomTransposition(PITCH_SPELLING, seed=0)(graph)
    assert torch.equal(moved["note"].pitch, graph["note"].pitch)
    assert np.all(moved["note"].y.numpy() == -100)


def batch_of(graphs, seed):
    batch = Batch.from_data_list(graphs)
    batch.seed = seed
    return batch


def fifths_by_score(before, after):
    moved = after["note"].y - before["note"].y
    fifths = [set(moved[before["note"].batch == i].tolist()) for i in range(before.num_graphs)]
    assert all(len(of_score) == 1 for of_score in fifths)
    return [of_score.pop() for of_score in fifths]


def test_each_score_of_a_batch_has_its_own_draw(graph):
    sharp, hidden, high = graph.clone(), graph.clone(), graph.clone()
    sharp["note"].y_key_signature[:] = 14
    hidden["note"].y_key_signature[:] = -100
    high["note"].pitch += 127 - high["note"].pitch.max()
    scores = [graph, sharp, hidden, high, graph]
    transpose = RandomTransposition(PITCH_SPELLING, seed=0)
    drawn = []
    for seed in range(150):
        before = batch_of(scores, seed)
        after = transpose(batch_of(scores, seed))
        fifths = fifths_by_score(before, after)
        for i, (score, moved) in enumerate(zip(scores, fifths, strict=True)):
            assert after["note"].pitch.max() <= 127
            ours, theirs = after["note"].batch == i, score["note"]
            semitones = (after["note"].pitch[ours] - theirs.pitch).unique()
            assert semitones.numel() == 1
            assert (semitones - 7 * moved) % 12 == 0
            rolled = theirs.x[:, :12].roll(int(semitones), dims=1)
            assert torch.equal(after["note"].x[ours, :12], rolled)
        drawn.append(fifths)
    drawn = [set(fifths) for fifths in zip(*drawn, strict=True)]
    usual = set(range(-2, 4))
    assert drawn == [usual, set(range(-12, 1)), {0}, usual, usual]


def test_the_draws_of_a_batch_follow_from_both_seeds(graph):
    def draw(seed, batch_seed):
        batch = batch_of([graph] * 20, batch_seed)
        return fifths_by_score(batch, RandomTransposition(PITCH_SPELLING, seed)(batch.clone()))

    assert draw(1, 5) == draw(1, 5)
    assert draw(1, 5) != draw(2, 5)
    assert draw(1, 5) != draw(1, 6)


@pytest.fixture
def harmony(toy):
    """A score of which each onset has a key and a root: the first two of each are C and G major."""
    notes = read_score(toy / "piano.musicxml")
    num_onsets = len(set(notes.onset_div.tolist()))
    zeros = np.zeros(num_onsets, dtype=np.int64)
    classes = dict.fromkeys(ROMAN_NUMERAL.heads, zeros)
    keys = [ROMAN_NUMERAL.heads["local_key"].index(name) for name in ("C major", "A minor")]
    roots = [ROMAN_NUMERAL.heads["root"].index(name) for name in ("C", "F#")]
    half = num_onsets // 2
    classes["local_key"] = np.array([keys[0]] * half + [keys[1]] * (num_onsets - half))
    classes["root"] = np.array([roots[0]] * half + [roots[1]] * (num_onsets - half))
    fields = {ROMAN_NUMERAL.label_field(head): labels for head, labels in classes.items()}
    return build_graph(notes, ROMAN_NUMERAL.inputs, other_labels=fields)


def test_keys_roots_and_the_spelling_of_the_input_move_together(harmony, toy):
    transpose = RandomTransposition(ROMAN_NUMERAL, seed=0)
    notes = read_score(toy / "piano.musicxml")
    names = feature_names(ROMAN_NUMERAL.inputs)
    letters = [names.index(f"letter_{letter}") for letter in "CDEFGAB"]
    keys, roots = (ROMAN_NUMERAL.heads[head] for head in ("local_key", "root"))
    moves = set()
    for _ in range(80):
        moved = transpose(harmony.clone())
        first, last = keys[moved.onset_y[0]], keys[moved.onset_y[-1]]
        tpc = pitch.spelling_to_tpc(first[0], first.count("#") - first[1:].count("b"))
        moves.add(tpc)
        assert first.endswith("major")
        assert last == f"{pitch.spelling_name(tpc + 3)} minor"
        assert roots[moved.onset_y_root[0]] == pitch.spelling_name(tpc)
        assert roots[moved.onset_y_root[-1]] == pitch.spelling_name(tpc + 6)
        assert torch.equal(moved.onset_y_degree, harmony.onset_y_degree)
        x = moved["note"].x
        for note in range(len(notes)):
            step = "CDEFGAB"[int(x[note, letters].argmax())]
            alter = int(x[note, names.index("alter")])
            was = pitch.spelling_to_tpc(str(notes.step[note]), int(notes.alter[note]))
            assert pitch.spelling_to_tpc(step, alter) == was + tpc
        assert (x[:, :12].argmax(dim=1) == moved["note"].pitch % 12).all()
    assert moves == set(range(-5, 6))


def test_where_no_label_moves_all_twelve_transpositions_are_drawn(toy):
    notes = read_score(toy / "piano.musicxml")
    graph = build_graph(notes, CADENCE.inputs)
    transpose = RandomTransposition(CADENCE, seed=0)
    moved = {int(transpose(graph)["note"].pitch[0] - notes.pitch[0]) for _ in range(200)}
    assert moved == set(range(-6, 6))


@pytest.mark.parametrize("task", [PITCH_SPELLING, ROMAN_NUMERAL, AUGMENTEDNET_ROMAN_NUMERAL])
def test_the_places_of_all_classes_are_those_of_their_names(task):
    for head, places in task.places.items():
        assert len(places) == len(task.heads[head]) == len(set(places))
        for name, place in zip(task.heads[head], places, strict=True):
            if head == "key_signature":
                assert pitch.key_signature_name(place.fifths) == name
                continue
            letter = pitch.spelling_name(place.fifths)
            if task is AUGMENTEDNET_ROMAN_NUMERAL:
                letter = letter.replace("b", "-")
                assert name == (letter[0].lower() + letter[1:] if place.mode == "minor" else letter)
            else:
                assert name == f"{letter} {place.mode}".strip()
    assert task.places


def test_the_key_signature_of_a_minor_key_is_that_of_its_relative():
    assert [Place(0, "major").signature, Place(3, "minor").signature] == [0, 0]
