"""The graph models: HeteroSAGE is PyG's HeteroConv(SAGEConv), and a batch is the full graph."""

import pytest
import torch

from made_scores import INPUTS, random_graph, table_of
from musebench.graph import EDGE_TYPES, build_graph
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS
from musebench.models.adjacency import Adjacency
from musebench.models.hetero_sage import HeteroSAGE
from plain_sage import PlainSAGE

GRAPH_MODELS = ("note-gnn", "beat-gnn", "measure-gnn", "metrical-gnn")
HIDDEN = 16


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(n, seed) for seed, n in enumerate((1, 40, 150, 400))]


def encoder_of(name, graph):
    torch.manual_seed(0)
    return ENCODERS[name](graph.num_node_features, HIDDEN, 3, 0.1).eval()


def assert_close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def shuffled(graph):
    """The same graph with the edges of each type in another order."""
    other = graph.clone()
    for edge_type in graph.edge_types:
        edge_index = graph[edge_type].edge_index
        other[edge_type].edge_index = edge_index[:, torch.randperm(edge_index.size(1))]
    return other


@pytest.mark.parametrize("name", GRAPH_MODELS)
def test_results_and_gradients_are_those_of_plain_pyg(graphs, name):
    encoder = encoder_of(name, graphs[0])
    plain = PlainSAGE(encoder)
    for graph in graphs:
        inputs = [
            {t: x.clone().requires_grad_() for t, x in graph.x_dict.items()} for _ in range(2)
        ]
        found = encoder(inputs[0], shuffled(graph).edge_index_dict)
        expected = plain(inputs[1], graph.edge_index_dict)
        assert_close(found, expected)
        direction = torch.randn_like(found)
        for h in (found, expected):
            h.backward(direction)
        assert_close(inputs[0]["note"].grad, inputs[1]["note"].grad)
        for ours, theirs in zip(encoder.layers, plain.convs, strict=True):
            for i, edge_type in enumerate(encoder.edge_types):
                grad = theirs.convs[edge_type].lin_l.weight.grad
                if grad is None:  # of beats and measures, after which no layer comes
                    assert not ours.neighbours.grad[i].any()
                else:
                    torch.testing.assert_close(
                        ours.neighbours.grad[i], grad.t(), atol=1e-4, rtol=1e-4
                    )
        encoder.zero_grad()
        plain.zero_grad()


@pytest.mark.parametrize("subgraph_type", ["directional", "induced"])
@pytest.mark.parametrize("name", GRAPH_MODELS)
def test_a_batch_with_all_neighbours_gives_the_full_graph(graphs, name, subgraph_type):
    encoder = encoder_of(name, graphs[0])
    metrical = encoder.metrical
    with torch.no_grad():
        full = {g.piece_id: encoder(g.x_dict, g.edge_index_dict) for g in graphs}
        loader = MuseNeighborLoader(
            graphs, [-1] * 3, 30, 3, metrical=metrical, subgraph_type=subgraph_type
        )
        for batch in loader:
            rows = [
                full[piece][batch["note"].n_id[begin:end]]
                for piece, begin, end in zip(
                    batch.piece_id, batch.target_ptr, batch.target_ptr[1:], strict=False
                )
            ]
            graph = batch.x_dict, batch.edge_index_dict
            by_hop = batch.num_sampled_nodes, batch.num_sampled_edges
            assert_close(encoder(*graph, *by_hop), torch.cat(rows))
            assert_close(encoder(*graph)[: batch["note"].batch_size], torch.cat(rows))
            assert_close(PlainSAGE(encoder)(*graph, *by_hop), torch.cat(rows))
            if subgraph_type == "directional":  # what PyG trims
                assert_close(PlainSAGE(encoder, trim=True)(*graph, *by_hop), torch.cat(rows))


@pytest.mark.parametrize("num_neighbors", [[2, 2], [2, 2, 2], [2, 2, 2, 2], None])
@pytest.mark.parametrize("subgraph_type", ["directional", "induced"])
@pytest.mark.parametrize("name", ["mlp", *GRAPH_MODELS])
def test_trimming_changes_nothing(graphs, name, num_neighbors, subgraph_type):
    encoder = encoder_of(name, graphs[0])
    loader = MuseNeighborLoader(graphs, num_neighbors, 30, 3, subgraph_type=subgraph_type)
    for batch in loader:
        graph = batch.x_dict, batch.edge_index_dict
        trimmed = encoder(*graph, batch.num_sampled_nodes, batch.num_sampled_edges)
        assert len(trimmed) == batch["note"].batch_size
        assert_close(trimmed, encoder(*graph)[: len(trimmed)])


@pytest.mark.parametrize("name", GRAPH_MODELS)
def test_a_score_without_measures_or_of_one_note(graphs, name):
    graph = random_graph(40, seed=5)
    for node_type in ("beat", "measure"):
        graph[node_type].x = graph[node_type].x[:0]
    for edge_type in EDGE_TYPES:
        if {"beat", "measure"} & set(edge_type):
            graph[edge_type].edge_index = torch.empty((2, 0), dtype=torch.int64)
    for given in (graph, graphs[0], build_graph(table_of([], []), INPUTS)):
        encoder = encoder_of(name, given)
        found = encoder(given.x_dict, given.edge_index_dict)
        assert found.shape == (given["note"].num_nodes, HIDDEN)
        assert_close(found, PlainSAGE(encoder)(given.x_dict, given.edge_index_dict))
        found.sum().backward()


def test_the_gradient_is_that_of_finite_differences():
    # Many sources and few targets in one relation, the other way round in the other, a third empty.
    edges = {
        ("note", "many", "note"): torch.tensor([[0, 1, 2, 3, 4], [1, 1, 1, 0, 0]]),
        ("note", "few", "beat"): torch.tensor([[4, 4, 4, 1], [2, 0, 1, 1]]),
        ("beat", "none", "note"): torch.empty((2, 0), dtype=torch.int64),
    }
    counts = {"note": 5, "beat": 3}
    layer = HeteroSAGE(2, list(counts), list(edges)).double()
    adjacency = Adjacency(edges, counts, torch.float64)
    assert adjacency.block_sizes == [2, 2, 0]
    x = [torch.randn(n, 2, dtype=torch.float64, requires_grad=True) for n in counts.values()]

    def of(note, beat, *_):
        return tuple(layer({"note": note, "beat": beat}, adjacency).values())

    assert torch.autograd.gradcheck(of, (*x, *layer.parameters()))


def test_targets_in_a_row_with_the_same_sources_share_a_row():
    shared = torch.tensor([[0, 1, 0, 1, 0, 2, 0, 1, 4], [1, 1, 2, 2, 3, 3, 4, 4, 5]])
    adjacency = Adjacency({("note", "during", "note"): shared}, {"note": 6}, torch.float32)
    assert adjacency.block_sizes == [4]  # of 1 and 2, 3, 4, 5
    assert (adjacency.spread @ (adjacency.gather @ torch.eye(6))).tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0.5, 0.5, 0, 0, 0, 0],
        [0.5, 0.5, 0, 0, 0, 0],
        [0.5, 0, 0.5, 0, 0, 0],
        [0.5, 0.5, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 0],
    ]
