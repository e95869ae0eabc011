"""The encoders: several scores together are each alone, and all have alike many parameters."""

from dataclasses import replace

import pytest
import torch
from torch_geometric.data import Batch

from made_scores import random_graph
from musebench.boards import BOARDS
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS, ScoreModel, read_config
from musebench.models.score_sequence import ScoreRNN, lengths_of_scores, reading_orders
from musebench.tasks import PITCH_SPELLING
from number_of_parameters import num_parameters

RECURRENT = (
    "augmentednet", "bi-gru", "chordgnn", "hybrid-gnn", "joint-gnn", "onset-gnn", "onset-rnn",
    "pkspell", "virtuosonet",
)  # fmt: skip
OF_WINDOWS = (*RECURRENT, "note-gnn-rewired", "onset-gnn-rewired")  # see the window alone
CONFIG = replace(read_config("note-gnn", "asap-pitch-spelling"), hidden=16, num_layers=2)


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(n, seed) for seed, n in enumerate((1, 40, 150, 300))]


def model_of(name, graph):
    torch.manual_seed(0)
    return ScoreModel(name, PITCH_SPELLING, graph.num_node_features, CONFIG).eval()


def batch_of(graphs, encoder, **options):
    hops = [-1] * encoder.num_hops(CONFIG.num_layers)
    return MuseNeighborLoader(graphs, hops, 30, 3, metrical=encoder.metrical, **options)


def assert_close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ENCODERS)
def test_scores_together_are_what_they_are_alone(graphs, name):
    model = model_of(name, graphs[0])
    with torch.no_grad():
        together = model(Batch.from_data_list(graphs))
        for head, logits in together.items():
            assert_close(logits, torch.cat([model(graph)[head] for graph in graphs]))


@pytest.mark.parametrize("name", [name for name in ENCODERS if name not in OF_WINDOWS])
def test_a_batch_with_all_neighbours_gives_the_full_graph(graphs, name):
    model = model_of(name, graphs[0])
    with torch.no_grad():
        full = {graph.piece_id: model(graph)["spelling"] for graph in graphs}
        for batch in batch_of(graphs, model.encoder):
            found = model(batch)["spelling"]
            for piece, begin, end in windows(batch):
                rows = batch["note"].n_id[begin:end]
                assert_close(found[begin:end], full[piece][rows])


@pytest.mark.parametrize("name", RECURRENT)
def test_windows_together_are_what_each_is_alone(graphs, name):
    """Of a window that is a whole score, the full graph is the other thing to compare with."""
    model = model_of(name, graphs[0])
    whole = [graph for graph in graphs if graph["note"].num_nodes <= 30]
    with torch.no_grad():
        for together in batch_of(graphs, model.encoder, coverage="exact"):
            found = model.encoder(
                together.x_dict,
                together.edge_index_dict,
                together.num_sampled_nodes,
                note=together["note"],
                divs_pq=together.divs_pq,
            )
            assert len(found) == together["note"].batch_size
            for score, (_, begin, end) in enumerate(windows(together)):
                alone = only(together, score)
                assert_close(found[begin:end], model.encoder(*alone[:3], **alone[3]))
        for batch in batch_of(whole, model.encoder):
            assert_close(model(batch)["spelling"], torch.cat([model(whole[0])["spelling"]] * 3))


def windows(batch):
    """Piece, first target and end of each window."""
    return zip(batch.piece_id, batch.target_ptr, batch.target_ptr[1:], strict=False)


def only(batch, score):
    """Arguments of an encoder for one window of a batch, its nodes and edges cut out."""
    kept = {t: (batch[t].batch == score).nonzero().squeeze(1) for t in batch.node_types}
    alone = batch.subgraph(kept)
    num_targets = int(batch.target_ptr[score + 1] - batch.target_ptr[score])
    times = {"note": alone["note"], "divs_pq": batch.divs_pq}  # by number of the score
    return alone.x_dict, alone.edge_index_dict, {"note": [num_targets]}, times


def of_torch(ours, num_features, hidden):
    """The bidirectional GRU of torch with the parameters of ours."""
    theirs = torch.nn.GRU(num_features, hidden // 2, len(ours.forth), bidirectional=True)
    state = {}
    for layers, ending in ((ours.forth, ""), (ours.back, "_reverse")):
        for i, layer in enumerate(layers):
            for name, values in layer.state_dict().items():
                state[name.replace("_l0", f"_l{i}{ending}")] = values
    theirs.load_state_dict(state)
    return theirs


def test_a_gru_reads_each_score_from_both_ends(graphs):
    torch.manual_seed(0)
    gru = ScoreRNN(3, 8, 2, 0.0)
    x, note = torch.randn(9, 3), type(graphs[0]["note"])()
    note.batch = torch.tensor([0, 0, 2, 2, 2, 2, 5, 6, 6])
    assert lengths_of_scores(9, note) == [2, 4, 1, 2]
    assert lengths_of_scores(4, note) == [2, 2]
    assert lengths_of_scores(4, None) == [4]
    theirs = of_torch(gru, 3, 8)
    alone = [theirs(x[begin:end])[0] for begin, end in ((0, 2), (2, 6), (6, 7), (7, 9))]
    lengths = lengths_of_scores(9, note)
    assert_close(gru(x, lengths), torch.cat(alone))
    assert_close(gru(x, [9]), theirs(x)[0])
    assert gru(x[:0], []).shape == (0, 8)
    x.requires_grad_()
    gru(x, lengths)[3].sum().backward()
    assert x.grad.abs().sum(dim=1).nonzero().squeeze(1).tolist() == [2, 3, 4, 5]
    with pytest.raises(ValueError, match="hidden is 7; it must be even"):
        ScoreRNN(3, 7, 1, 0.0)


def test_the_order_of_reading():
    forth, back = reading_orders([2, 1, 3], torch.device("cpu"))
    assert forth.row.tolist() == [[0, 2, 3], [1, 2, 4], [1, 2, 5]]
    assert back.row.tolist() == [[1, 2, 5], [0, 2, 4], [0, 2, 3]]
    assert forth.place.tolist() == [0, 3, 1, 2, 5, 8]
    assert back.place.tolist() == [3, 0, 1, 8, 5, 2]


@pytest.fixture(scope="module")
def long_piece():
    return random_graph(12_000, seed=1)


@pytest.mark.parametrize("name", ENCODERS)
def test_a_long_piece_and_a_step_of_training(name, long_piece):
    graph = long_piece
    model = model_of(name, graph)
    predicted = model.predict(graph)
    assert predicted["spelling"].shape == (12_000,)
    batch = next(iter(batch_of([graph], model.encoder)))
    model.train()
    batch["note"].y = torch.zeros(batch["note"].num_nodes, dtype=torch.int64)
    batch["note"].y_key_signature = batch["note"].y
    model.loss(model(batch), batch).backward()
    assert all(p.grad is not None for p in model.heads.parameters())
    assert next(model.encoder.parameters()).grad.any()


@pytest.mark.parametrize("name", ["mlp", "bi-gru"])
def test_a_model_without_a_graph_has_no_convolution(graphs, name):
    sizes = graphs[0].num_node_features, 16, 2, 0.1
    ENCODERS[name](*sizes, "hgt").load_state_dict(ENCODERS[name](*sizes).state_dict())


def test_beats_and_measures_are_seen_by_those_named_after_them(graphs):
    graph = graphs[2]
    for seen, name in (("beat", "beat-gnn"), ("measure", "measure-gnn")):
        model = model_of(name, graph)
        for node_type in ("beat", "measure"):
            other = graph.clone()
            other[node_type].x = other[node_type].x + 1
            same = torch.equal(model(graph)["spelling"], model(other)["spelling"])
            assert same == (node_type != seen)


@pytest.mark.parametrize("board", BOARDS)
def test_encoders_have_alike_many_parameters(board):
    budget = num_parameters("note-gnn", board)
    for name in (name for name, encoder in ENCODERS.items() if not encoder.joint):
        assert num_parameters(name, board) == pytest.approx(budget, rel=0.1), name


def test_a_configuration_depends_on_the_convolution():
    board = "chorale-pitch-spelling"
    assert read_config("note-gnn", board).hidden == 64
    assert read_config("note-gnn", board, conv="hgt").hidden == 64
    assert read_config("note-gnn", board, conv="gatv2").hidden == 48
    assert read_config("note-gnn", "dcml-cadence", conv="gatv2").hidden == 96
    assert read_config("note-gnn", board, conv="gatv2", hidden=32).hidden == 32
