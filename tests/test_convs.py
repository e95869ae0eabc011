"""The convolutions: a batch is the full graph, and MusGConv is its formula."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import layer_norm
from torch_geometric.data import Batch, HeteroData

from made_scores import random_graph
from musebench.boards import BOARDS
from musebench.graph import EDGE_TYPES, NODE_TYPES
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS, ScoreModel, read_config
from musebench.models.convs import CONVS, Intervals, MusGConv, intervals_of
from musebench.models.layer_graph import LayerGraph, graphs_of_layers
from musebench.tasks import PITCH_SPELLING
from number_of_parameters import num_parameters

GRAPH_MODELS = ("note-gnn", "beat-gnn", "measure-gnn", "metrical-gnn")
HIDDEN = 16


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(n, seed) for seed, n in enumerate((1, 40, 150, 300))]


def encoder_of(name, conv, graph):
    torch.manual_seed(0)
    return ENCODERS[name](graph.num_node_features, HIDDEN, 3, 0.1, conv).eval()


def embed(encoder, data, *by_hop):
    notes = {"note": data["note"], "divs_pq": data.divs_pq}
    return encoder(data.x_dict, data.edge_index_dict, *by_hop, **notes)


def assert_close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("conv", CONVS)
@pytest.mark.parametrize("name", GRAPH_MODELS)
def test_a_batch_with_all_neighbours_gives_the_full_graph(graphs, name, conv):
    encoder = encoder_of(name, conv, graphs[0])
    with torch.no_grad():
        full = {graph.piece_id: embed(encoder, graph) for graph in graphs}
        loader = MuseNeighborLoader(graphs, [-1] * 3, 30, 3, metrical=encoder.metrical)
        for batch in loader:
            rows = [
                full[piece][batch["note"].n_id[begin:end]]
                for piece, begin, end in zip(
                    batch.piece_id, batch.target_ptr, batch.target_ptr[1:], strict=False
                )
            ]
            by_hop = batch.num_sampled_nodes, batch.num_sampled_edges
            assert_close(embed(encoder, batch, *by_hop), torch.cat(rows))


@pytest.mark.parametrize("subgraph_type", ["directional", "induced"])
@pytest.mark.parametrize("conv", CONVS)
def test_trimming_changes_nothing(graphs, conv, subgraph_type):
    encoder = encoder_of("metrical-gnn", conv, graphs[0])
    for batch in MuseNeighborLoader(graphs, [2] * 3, 30, 3, subgraph_type=subgraph_type):
        trimmed = embed(encoder, batch, batch.num_sampled_nodes, batch.num_sampled_edges)
        assert len(trimmed) == batch["note"].batch_size
        assert_close(trimmed, embed(encoder, batch)[: len(trimmed)])


@pytest.mark.parametrize("conv", CONVS)
def test_a_model_gives_its_convolution_what_it_needs(graphs, conv):
    config = replace(read_config("note-gnn", "asap-pitch-spelling", conv=conv), hidden=16)
    model = ScoreModel("note-gnn", PITCH_SPELLING, graphs[0].num_node_features, config).eval()
    assert type(model.encoder.layers[0]) is CONVS[conv]
    with torch.no_grad():
        together = model(Batch.from_data_list(graphs))["spelling"]
        assert_close(together, torch.cat([model(graph)["spelling"] for graph in graphs]))


@pytest.mark.parametrize("conv", CONVS)
def test_scores_together_are_what_they_are_alone(graphs, conv):
    encoder = encoder_of("metrical-gnn", conv, graphs[0])
    graphs = [graph.clone() for graph in graphs]
    for i, graph in enumerate(graphs):
        graph.divs_pq = i + 1
    with torch.no_grad():
        together = embed(encoder, Batch.from_data_list(graphs))
        assert_close(together, torch.cat([embed(encoder, graph) for graph in graphs]))


@pytest.mark.parametrize("conv", CONVS)
def test_every_neighbour_has_a_say_and_everything_is_learned(graphs, conv):
    encoder = encoder_of("metrical-gnn", conv, graphs[0]).train()
    graph = random_graph(60, seed=7)
    x_dict = {t: x.clone().requires_grad_() for t, x in graph.x_dict.items()}
    h = encoder(x_dict, graph.edge_index_dict, note=graph["note"], divs_pq=graph.divs_pq)
    source, target = graph["note", "consecutive", "note"].edge_index
    one = target[len(target) // 2]
    h[one].square().sum().backward()
    assert x_dict["note"].grad[source[target == one]].abs().sum(dim=1).min() > 0
    assert all(x_dict[t].grad.any() for t in NODE_TYPES)
    unused = [name for name, p in encoder.layers[0].named_parameters() if p.grad is None]
    assert not unused


@pytest.mark.parametrize("conv", CONVS)
@pytest.mark.parametrize("num_notes", [1, 40])
def test_a_score_without_measures(conv, num_notes):
    graph = random_graph(num_notes, seed=5)
    for node_type in ("beat", "measure"):
        graph[node_type].x = graph[node_type].x[:0]
    for edge_type in EDGE_TYPES:
        if {"beat", "measure"} & set(edge_type):
            graph[edge_type].edge_index = torch.empty((2, 0), dtype=torch.int64)
    found = embed(encoder_of("metrical-gnn", conv, graph), graph)
    assert found.shape == (num_notes, HIDDEN)
    assert found.isfinite().all()
    found.sum().backward()


def test_a_layer_is_given_what_the_layers_after_it_need():
    edges = {("note", "next", "note"): torch.tensor([[1, 2, 3, 4], [0, 1, 2, 3]])}
    whole = LayerGraph(edges, {"note": 9}, torch.float32)
    layers = graphs_of_layers(whole, 1, 2)
    assert [layer.num_nodes for layer in layers] == [{"note": 3}, {"note": 2}]
    assert [layer.edge_index_dict["note", "next", "note"].tolist() for layer in layers] == [
        [[1, 2], [0, 1]],
        [[1], [0]],
    ]


# MusGConv


def two_scores():
    """Notes 0 to 2 are of a score with 2 divisions a quarter, note 3 and 4 of one with 4."""
    data = HeteroData()
    data["note"].batch = torch.tensor([0, 0, 0, 1, 1])
    data["note"].onset_div = torch.tensor([0, 2, 8, 4, 4])
    data["note"].duration_div = torch.tensor([2, 6, 0, 4, 8])
    data["note"].pitch = torch.tensor([60, 64, 47, 72, 60])
    data.divs_pq = torch.tensor([2, 4])
    return data


EDGES = torch.tensor([[0, 2, 4, 1], [1, 1, 3, 0]])


def test_intervals_are_in_musical_units():
    data = two_scores()
    edges = {("note", "onset", "note"): EDGES}
    graph = LayerGraph(edges, {"note": 5}, torch.float32, data["note"], data.divs_pq)
    difference, pitch_class = intervals_of(EDGES, graph)
    log = math.log2
    expected = [
        [log(1 + 1), log(1 + 2), 4 / 12],
        [log(1 + 3), log(1 + 3), 17 / 12],
        [0, log(1 + 1), 1],
        [log(1 + 1), log(1 + 2), 4 / 12],
    ]
    assert_close(difference, torch.tensor(expected))
    assert pitch_class.tolist() == [8, 7, 0, 4]  # from target up to source


def test_musgconv_is_its_formula():
    torch.manual_seed(0)
    conv, x = MusGConv(6), torch.randn(5, 6)
    difference, pitch_class = Intervals(torch.rand(4, 3), torch.tensor([8, 7, 0, 4]))
    first, _, norm, last = conv.edge
    found = conv(x, EDGES, difference, pitch_class)
    expected = torch.zeros(5, 6)
    for target in range(5):
        messages = []
        for e, (source, edge_target) in enumerate(EDGES.t().tolist()):
            if edge_target == target:
                between = torch.cat([difference[e], conv.interval.weight[pitch_class[e]]])
                inner = torch.relu(first.weight @ between + first.bias)
                inner = layer_norm(inner, (6,), norm.weight, norm.bias)
                messages.append(torch.cat([x[source], last.weight @ inner + last.bias]))
        if messages:
            expected[target] = conv.project.weight @ torch.stack(messages).mean(dim=0)
    assert_close(found, expected)
    assert not found[[2, 4]].any()


def test_musgconv_does_not_hear_a_transposition_or_a_later_start(graphs):
    encoder, graph = encoder_of("note-gnn", "musgconv", graphs[0]), graphs[2]
    moved = graph.clone()
    moved["note"].pitch += 5
    moved["note"].onset_div += 100
    slower = graph.clone()
    slower["note"].onset_div *= 2
    with torch.no_grad():
        assert_close(embed(encoder, moved), embed(encoder, graph))
        assert not torch.allclose(embed(encoder, slower), embed(encoder, graph))


def test_what_convolutions_refuse(graphs):
    graph = graphs[1]
    with pytest.raises(ValueError, match="conv is 'gin'"):
        encoder_of("note-gnn", "gin", graph)
    for conv in ("gatv2", "hgt"):
        with pytest.raises(ValueError, match=f"hidden is 18; with conv '{conv}' it must be a mul"):
            ENCODERS["note-gnn"](graph.num_node_features, 18, 3, 0.1, conv)
    encoder = encoder_of("note-gnn", "musgconv", graph)
    with pytest.raises(ValueError, match="musgconv needs times and pitches: pass note and divs_pq"):
        encoder(graph.x_dict, graph.edge_index_dict)


@pytest.mark.parametrize("board", BOARDS)
def test_convolutions_have_alike_many_parameters(board):
    budget = num_parameters("note-gnn", board)
    for conv in CONVS:
        assert num_parameters("note-gnn", board, conv=conv) == pytest.approx(budget, rel=0.1), conv
