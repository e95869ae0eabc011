"""Models: shapes, masks, and that edges matter where they should."""

import numpy as np
import pytest
import torch

from musebench.annotations import spelling_labels
from musebench.graph import build_graph
from musebench.models import ENCODERS, RULES, Config, NoteModel, read_config
from musebench.pitch import SPELLING_CLASS_TO_PITCH_CLASS
from musebench.score import read_score
from musebench.tasks import PITCH_SPELLING

CONFIG = Config(16, 2, 0.0, 0.01, 0.0, 64, 1, 1, 1, transpose=False)


@pytest.fixture
def graph(toy):
    return build_graph(read_score(toy / "piano.musicxml"), PITCH_SPELLING.inputs)


def model_of(name, graph):
    torch.manual_seed(0)
    return NoteModel(name, PITCH_SPELLING, graph["note"].x.size(1), CONFIG).eval()


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


def test_a_batch_gives_what_its_scores_give(graph):
    from torch_geometric.data import Batch

    model = model_of("note-gnn", graph)
    alone = model(graph)["spelling"]
    together = model(Batch.from_data_list([graph, graph]))["spelling"]
    torch.testing.assert_close(together, torch.cat([alone, alone]))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_gives_classes_that_sound_as_their_notes(rule, toy):
    notes = read_score(toy / "piano.musicxml")
    spelling = RULES[rule](notes)["spelling"]
    sounding = np.array(SPELLING_CLASS_TO_PITCH_CLASS)
    assert (sounding[spelling] == notes.pitch % 12).all()
    assert (spelling == spelling_labels(notes)["spelling"]).mean() >= 0.6


def test_configurations_are_read_by_board_and_changed_by_name():
    default, chorale = (read_config("note-gnn", board) for board in ("x", "chorale-pitch-spelling"))
    assert default.hidden != chorale.hidden
    assert read_config("mlp", "x", hidden=7).hidden == 7
    with pytest.raises(ValueError, match="size is not in a configuration; there are batch_size"):
        read_config("mlp", "x", size=7)
    with pytest.raises(
        ValueError, match="'ps13s1' is not a learned model; there are mlp, note-gnn"
    ):
        read_config("ps13s1", "x")
