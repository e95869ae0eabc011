"""Transposition moves labels, pitches and features together."""

import numpy as np
import pytest
import torch

from musebench import pitch
from musebench.annotations import spelling_labels
from musebench.graph import NOTE_EDGE_TYPES, build_graph
from musebench.score import read_score
from musebench.tasks import PITCH_SPELLING
from musebench.transforms import RandomTransposition, RandomWindow


@pytest.fixture
def graph(toy):
    notes = read_score(toy / "piano.musicxml")
    labels = spelling_labels(notes)
    fields = {PITCH_SPELLING.label_field(head): labels[head] for head in labels}
    return build_graph(notes, PITCH_SPELLING.inputs, fields)


def test_every_spelling_still_sounds_as_its_note(graph):
    transpose = RandomTransposition(PITCH_SPELLING.inputs, seed=0)
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
    transpose = RandomTransposition(PITCH_SPELLING.inputs, seed=0)
    moved = {int(transpose(graph)["note"].y_key_signature[0]) for _ in range(60)}
    assert moved == set(range(2, 15))


def test_the_graph_given_is_left_as_it_is(graph):
    before = graph["note"].x.clone(), graph["note"].y.clone(), graph["note"].pitch.clone()
    for _ in range(5):
        RandomTransposition(PITCH_SPELLING.inputs, seed=1)(graph)
    for kept, name in zip(before, ("x", "y", "pitch"), strict=True):
        assert torch.equal(kept, graph["note"][name])


def test_the_draws_follow_from_the_seed(graph):
    def draws(seed):
        transpose = RandomTransposition(PITCH_SPELLING.inputs, seed)
        return [int(transpose(graph)["note"].y[0]) for _ in range(10)]

    assert draws(1) == draws(1) != draws(2)


def test_hidden_labels_stay_hidden_and_nothing_moves(graph):
    graph["note"].y = torch.full_like(graph["note"].y, -100)
    moved = RandomTransposition(PITCH_SPELLING.inputs, seed=0)(graph)
    assert torch.equal(moved["note"].pitch, graph["note"].pitch)
    assert np.all(moved["note"].y.numpy() == -100)


def test_a_window_is_the_induced_subgraph_of_whole_chords(graph):
    onset = graph["note"].onset_div.tolist()
    cut = RandomWindow(3, seed=0)
    begins = set()
    for _ in range(40):
        window = cut(graph)
        kept = window["note"].onset_div.tolist()
        begin = onset.index(kept[0])
        assert onset.count(kept[-1]) == kept.count(kept[-1])  # the last chord is whole
        notes = range(begin, begin + len(kept))
        assert (
            window["note"].pitch.tolist() == graph["note"].pitch[notes.start : notes.stop].tolist()
        )
        for edge_type in NOTE_EDGE_TYPES:
            pairs = zip(*graph[edge_type].edge_index.tolist(), strict=True)
            inside = [(u - begin, v - begin) for u, v in pairs if u in notes and v in notes]
            assert list(zip(*window[edge_type].edge_index.tolist(), strict=True)) == inside
        begins.add(begin)
    assert {0, 7} <= begins  # the first and the last three notes
    assert len(RandomWindow(100, seed=0)(graph)["note"].pitch) == 10
