"""Pre-training by masking, files of embeddings and the fixed probes."""

import dataclasses
import itertools
import sys

import numpy as np
import pytest
import torch

import toy_board
from musebench import load
from musebench.boards import BOARDS
from musebench.errors import InputError, PredictionError, ResumeError
from musebench.graph import build_graph
from musebench.pretrain import (
    Embeddings,
    Pretraining,
    embed,
    hide,
    order_of_works,
    pretrain,
    pretraining_boards,
    probe,
    raw_features,
    read_embeddings,
    write_embeddings,
)
from musebench.pretrain.loop import EDGE_TYPES
from musebench.pretrain.masking import INPUTS, draw_masked
from musebench.pretrain.shots import SIZES
from musebench.score import read_score
from musebench.splits import read_pieces, split_of_pieces

BOARD = toy_board.BOARD.name
SMALL = Pretraining(0, (BOARD,), num_steps=6, hidden=8, num_layers=2, subgraph_size=16)


@pytest.fixture
def root(monkeypatch, tmp_path):
    toy_board.register(monkeypatch, tmp_path / "mirror")
    return tmp_path / "data"


def seen_edges(edges):
    return {kind: set(map(tuple, index.t().tolist())) for kind, index in edges.items()}


def test_pitch_and_duration_of_masked_notes_change_nothing():
    notes = read_score(toy_board.DATA / "piano.musicxml")
    random, changed_edges = np.random.default_rng(0), 0
    before = build_graph(notes, inputs=INPUTS)
    for seed in range(5):
        masked = draw_masked(len(notes), 0.3, seed)
        hidden = masked.numpy()
        duration = np.where(
            hidden, random.integers(0, 20 * notes.divs_pq, len(notes)), notes.duration_div
        )
        pitch = np.where(hidden, random.integers(30, 90, len(notes)), notes.pitch)
        other = dataclasses.replace(notes, duration_div=duration, pitch=pitch)
        after = build_graph(other, inputs=INPUTS)
        one, two = (hide(graph, masked, EDGE_TYPES) for graph in (before, after))
        assert torch.equal(one[0], two[0])
        assert seen_edges(one[1]) == seen_edges(two[1])
        raw = ({e: graph[e].edge_index for e in EDGE_TYPES} for graph in (before, after))
        changed_edges += seen_edges(next(raw)) != seen_edges(next(raw))
    assert changed_edges  # else nothing was hidden
    assert not torch.equal(before["note"].x, after["note"].x)


@pytest.mark.parametrize("fold", range(5))
def test_no_work_that_is_held_out_is_trained_on(fold):
    names, held_out, trained = pretraining_boards(), set(), set()
    for name in BOARDS:
        if BOARDS[name].task.inputs == INPUTS and name in names:
            split, works = split_of_pieces(name, "official", fold), read_pieces(name)["work_id"]
            trained |= set(works[split.to_numpy() == "train"])
            held_out |= set(works[split.to_numpy() != "train"])
    assert trained
    assert held_out
    assert not trained & held_out


def test_a_plan_trains_on_the_training_split(root):
    plan = dataclasses.replace(SMALL, fold=0)
    assert {graph.piece_id for graph in plan.training(BOARD, root)} == {"divisions"}


def test_a_resumed_run_is_that_of_an_uninterrupted_one(root, tmp_path, monkeypatch):
    whole = pretrain(SMALL, tmp_path / "whole", root)
    drawn = []

    def interrupted(*args):
        if len(drawn) == 4:
            raise KeyboardInterrupt
        drawn.append(args)
        return draw_masked(*args)

    monkeypatch.setattr("musebench.pretrain.loop.draw_masked", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pretrain(SMALL, tmp_path / "parts", root, save_every=3)
    monkeypatch.undo()
    monkeypatch.setattr("musebench.pretrain.loop.draw_masked", draw_masked)
    toy_board.register(monkeypatch, tmp_path / "mirror")
    assert pretrain(SMALL, tmp_path / "parts", root, resume=True) == whole
    one, two = (embed(tmp_path / name, BOARD, root) for name in ("whole", "parts"))
    assert all(np.array_equal(one.notes[name], two.notes[name]) for name in one.notes)
    with pytest.raises(ResumeError, match="another plan"):
        pretrain(dataclasses.replace(SMALL, seed=1), tmp_path / "parts", root, resume=True)


def test_a_file_of_embeddings_comes_back_and_those_of_other_notes_are_refused(root, tmp_path):
    found, file = raw_features(BOARD, 0, root), tmp_path / "raw.npz"
    write_embeddings(file, found)
    again = read_embeddings(file, root)
    assert all(np.array_equal(found.notes[n].astype("f2"), again.notes[n]) for n in found.notes)
    write_embeddings(file, dataclasses.replace(found, order_sha256="0" * 64))
    with pytest.raises(PredictionError, match="other notes"):
        read_embeddings(file, root)
    file.write_bytes(b"no file")
    with pytest.raises(PredictionError, match="not a file of embeddings"):
        read_embeddings(file, root)
    with pytest.raises(PredictionError, match="not finite"):
        write_embeddings(file, dataclasses.replace(found, notes={"x": np.full((1, 1), 1e9)}))


@pytest.mark.parametrize("kind", ["linear", "nearest"])
def test_labels_as_embeddings_are_right_and_noise_is_not(root, kind, monkeypatch):
    # The toy has less than fifteen notes of a class.
    monkeypatch.setattr(sys.modules["musebench.pretrain.probe"], "NEIGHBOURS", 1)
    random, told, noise = np.random.default_rng(0), {}, {}
    for graph in load(BOARD, root, reveal_test_labels=True):
        label = graph["note"].y.numpy()
        told[graph.piece_id] = 10 * np.eye(35)[np.maximum(label, 0)]
        noise[graph.piece_id] = random.normal(size=(len(label), 8))
    about = raw_features(BOARD, 0, root)
    piece = load(BOARD, root, "test", reveal_test_labels=True)[0]
    label = piece["note"].y.numpy()
    possible = np.isin(label, load(BOARD, root, "train")[0]["note"].y.numpy())
    assert possible.any()
    scores = []
    for notes in (told, noise):
        found = probe(dataclasses.replace(about, notes=notes), kind, root)
        right = found[piece.piece_id]["spelling"] == label
        scores.append(right[possible].mean())
    assert scores[0] == 1
    assert scores[1] < 0.6


def test_a_probe_refuses_what_it_does_not_know(root):
    found = raw_features(BOARD, 0, root)
    with pytest.raises(InputError, match="no probe"):
        probe(found, "deep", root)
    with pytest.raises(InputError, match="at least 1"):
        probe(found, "linear", root, num_works=0)
    lacking = Embeddings(BOARD, found.version, 0, found.order_sha256, {})
    with pytest.raises(PredictionError, match="one per note"):
        probe(lacking, "linear", root)


def test_few_shot_draws_are_nested_differ_and_have_every_class():
    classes = {f"work-{i}": {i % 3, "often"} for i in range(60)}
    classes["rare"] = {"rare"}
    orders = [order_of_works(classes, 0, draw) for draw in range(10)]
    assert orders == [order_of_works(dict(reversed(classes.items())), 0, d) for d in range(10)]
    assert len({order[0] for order in orders}) > 3
    for order in orders:
        assert sorted(order) == sorted(classes)
        subsets = [set(order[:size]) for size in SIZES]
        assert all(small < large for small, large in itertools.pairwise(subsets))
        assert set().union(*(classes[work] for work in order[:4])) == {0, 1, 2, "often", "rare"}
    assert order_of_works(classes, 1, 0) != orders[0]


def test_boards_of_other_inputs_are_refused(tmp_path):
    other = next(name for name, board in BOARDS.items() if board.task.inputs != INPUTS)
    with pytest.raises(InputError, match="other inputs"):
        pretrain(Pretraining(0, (other,)), tmp_path)
    with pytest.raises(InputError, match="no board"):
        pretrain(Pretraining(0, ()), tmp_path)
