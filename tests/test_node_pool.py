"""The loader keeps few scores in memory: its batches say nothing of how many."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from made_scores import table_of
from musebench import MuseNeighborLoader, _core, build_graph
from musebench.errors import InputError
from musebench.loader import node_pool
from musebench.loader.epoch_batches import target_probability


def graph_of(seed, num_notes=30):
    random = np.random.default_rng(seed)
    onset = np.sort(random.integers(0, 20, num_notes))
    notes = table_of(onset, random.integers(1, 5, num_notes))
    labels = {"y": random.integers(0, 3, num_notes)}
    return build_graph(notes, ["duration"], labels, piece_id=f"p{seed}")


GRAPHS = [graph_of(seed, 20 + 7 * seed) for seed in range(6)]
OPTIONS = {"num_neighbors": [2, 2], "subgraph_size": 15, "batch_size": 3, "seed": 5}


def content(batch):
    nodes = {f"{t} {n}": v for t in batch.node_types for n, v in batch[t].items()}
    edges = {str(t): batch[t].edge_index for t in batch.edge_types}
    return {k: v.tolist() for k, v in (nodes | edges).items() if isinstance(v, torch.Tensor)}


def epoch(capacity, monkeypatch, **options):
    monkeypatch.setattr(node_pool.NodePool.__init__, "__defaults__", (capacity,))
    loader = MuseNeighborLoader(GRAPHS, **OPTIONS | options)
    return loader, [(b.piece_id, content(b)) for b in loader]


@pytest.mark.parametrize("coverage", ["expected", "exact"])
def test_batches_are_the_same_however_little_is_kept(coverage, monkeypatch):
    large, expected = epoch(10**6, monkeypatch, coverage=coverage)
    small, found = epoch(100, monkeypatch, coverage=coverage)
    assert len(expected) > 3
    assert found == expected
    pools = [loader.dataset.scores.pool for loader in (large, small)]
    assert len(pools[0].indices) == len(GRAPHS)
    assert len(pools[1].indices) < len(GRAPHS)
    held = sum(GRAPHS[i]["note"].num_nodes for i in pools[1].indices)
    assert held <= max(100, 3 * max(graph["note"].num_nodes for graph in GRAPHS))


def test_scores_are_made_when_they_are_needed(monkeypatch):
    loader = MuseNeighborLoader(GRAPHS, **OPTIONS)
    pool = loader.dataset.scores.pool
    assert pool.indices == {}
    batch = next(iter(loader))
    assert set(pool.piece_ids.values()) == set(batch.piece_id)


def test_a_loader_is_pickled_without_what_is_loaded():
    loader = MuseNeighborLoader(GRAPHS, **OPTIONS)
    expected = content(next(iter(loader)))
    other = pickle.loads(pickle.dumps(loader.dataset))
    assert other.scores.pool.indices == {}
    loader.set_epoch(0)
    share = next(iter(loader.plan))
    assert content(other[share]) == content(loader.dataset[share])
    assert expected.keys() == content(other[share]).keys()


def test_graphs_that_differ_are_refused_at_once():
    other = graph_of(9)
    other["note"].x = torch.cat([other["note"].x, other["note"].x], dim=1)
    with pytest.raises(
        InputError, match=r"x of its notes has rows of type and shape .* in graph 1"
    ):
        MuseNeighborLoader([GRAPHS[0], other], **OPTIONS)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(1, 70))
def test_the_probability_is_the_core_s(onsets, size):
    onset = np.sort(np.array(onsets, np.int64))
    index = _core.ScoreIndex(onset, np.ones_like(onset), onset[:0], onset[:0])
    found = target_probability(np.array([index.num_notes]), np.array([index.largest_group]), size)
    assert found.tolist() == [_core.target_probability(index, size)]
