"""The sampler: its laws, and the proof that a batch with all neighbours is the full graph."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch_geometric.loader import DataLoader
from torch_geometric.nn import HeteroConv, SAGEConv
from torch_geometric.utils import trim_to_layer

from made_up import table_of
from musebench import _core
from musebench.graph import EDGE_TYPES, NODE_TYPES, NOTE_EDGE_TYPES, build_graph
from musebench.loader import MuseNeighborLoader, neighbors_by_hop
from musebench.models import Config, NoteModel
from musebench.score import read_score
from musebench.tasks import PITCH_SPELLING

INPUTS = PITCH_SPELLING.inputs


def random_graph(num_notes, seed, max_chord=4):
    random = np.random.default_rng(seed)
    steps = random.choice([0, 1, 2, 5], num_notes, p=[0.45, 0.3, 0.2, 0.05])
    onset = np.cumsum(steps)
    duration = random.choice([0, 1, 2, 4, 30], num_notes, p=[0.1, 0.4, 0.3, 0.15, 0.05])
    return build_graph(table_of(onset, duration), INPUTS, piece_id=f"random-{seed}")


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(n, seed) for seed, n in enumerate((1, 40, 150, 400))]


class Metrical(torch.nn.Module):
    """Two layers over all relations, as a metrical model has them."""

    def __init__(self, trim):
        super().__init__()
        torch.manual_seed(0)
        sizes = {"note": 23, "beat": 6, "measure": 5}
        self.embed = torch.nn.ModuleDict({t: torch.nn.Linear(sizes[t], 8) for t in NODE_TYPES})
        self.layers = torch.nn.ModuleList(
            HeteroConv({e: SAGEConv(8, 8, aggr="mean") for e in EDGE_TYPES}) for _ in range(2)
        )
        self.trim = trim

    def forward(self, data):
        x = {t: self.embed[t](values) for t, values in data.x_dict.items()}
        edges = data.edge_index_dict
        for i, layer in enumerate(self.layers):
            if self.trim:
                x, edges, _ = trim_to_layer(
                    i, data.num_sampled_nodes, data.num_sampled_edges, x, edges
                )
            x = {t: torch.tanh(values) for t, values in layer(x, edges).items()}
        return x["note"]


def full_rows(batch, full_by_piece):
    """Full-graph rows of the targets of a batch."""
    rows = []
    for i, piece in enumerate(batch.piece_id):
        begin, end = batch.target_ptr[i], batch.target_ptr[i + 1]
        rows.append(full_by_piece[piece][batch["note"].n_id[begin:end]])
    return torch.cat(rows)


@pytest.mark.parametrize("trim", [False, True])
@pytest.mark.parametrize("subgraph_type", ["directional", "induced"])
def test_all_neighbours_give_the_full_graph_on_targets(graphs, trim, subgraph_type):
    if trim and subgraph_type == "induced":
        pytest.skip("PyG trims directional batches")
    model = Metrical(trim=False).eval()
    with torch.no_grad():
        full = {graph.piece_id: model(graph) for graph in graphs}
        model.trim = trim
        loader = MuseNeighborLoader(graphs, [-1, -1], 30, 3, subgraph_type=subgraph_type)
        for batch in loader:
            found = model(batch)[: batch["note"].batch_size]
            torch.testing.assert_close(found, full_rows(batch, full), atol=1e-5, rtol=0)


def test_note_gnn_over_a_batch_is_note_gnn_over_the_scores(graphs):
    config = Config(16, 3, 0.0, 0.01, 0.0, 64, 1, 1, 1, transpose=False)
    torch.manual_seed(0)
    model = NoteModel("note-gnn", PITCH_SPELLING, 23, config).eval()
    with torch.no_grad():
        full = {graph.piece_id: model(graph)["spelling"] for graph in graphs}
        for batch in MuseNeighborLoader(graphs, [-1, -1, -1], 50, 4, metrical=False):
            assert batch.node_types == ["note"]
            found = model(batch)["spelling"][: batch["note"].batch_size]
            torch.testing.assert_close(found, full_rows(batch, full), atol=1e-5, rtol=0)


def test_every_note_is_a_target_with_the_same_probability():
    graph = random_graph(120, seed=5)
    index = _core.ScoreIndex(
        graph["note"].onset_div.numpy(), graph["note"].duration_div.numpy(),
        np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64),
    )  # fmt: skip
    draws, counts = 40_000, np.zeros(120)
    groups = graph["note"].onset_index.numpy()
    for seed in range(draws):
        begin, end = _core.sample_window(index, 20, seed)
        counts[begin:end] += 1
        assert end - begin <= 20
        if begin < end:  # whole chords
            assert begin == 0 or groups[begin - 1] != groups[begin]
            assert end == 120 or groups[end - 1] != groups[end]
    width = 20 - index.largest_group + 1
    expected = draws * width / (120 + width - 1)
    assert abs(counts / expected - 1).max() < 0.1
    first_of_group = np.unique(groups, return_index=True)[1]
    assert (
        chisquare(
            counts[first_of_group], np.full(len(first_of_group), counts[first_of_group].mean())
        ).pvalue
        > 1e-6
    )
    assert counts[0] > 0 < counts[-1]


def test_exact_coverage_has_each_note_once(graphs):
    seen = {graph.piece_id: torch.zeros(graph["note"].num_nodes) for graph in graphs}
    loader = MuseNeighborLoader(graphs, [2], 25, 3, coverage="exact")
    batches = list(loader)
    assert len(batches) == len(loader)
    for batch in batches:
        for i, piece in enumerate(batch.piece_id):
            begin, end = batch.target_ptr[i], batch.target_ptr[i + 1]
            assert end - begin <= 25
            seen[piece][batch["note"].n_id[begin:end]] += 1
    assert all((counts == 1).all() for counts in seen.values())


def test_an_epoch_expects_each_note_once(graphs):
    loader = MuseNeighborLoader(graphs, [0], 25, 1, seed=1)  # batches are not rounded up
    total = sum(int(batch.target_ptr[-1]) for _ in range(60) for batch in loader)
    notes = sum(graph["note"].num_nodes for graph in graphs)
    assert total / (60 * notes) == pytest.approx(1, abs=0.1)


def test_nodes_are_ordered_and_lead_back_to_their_scores(graphs):
    (batch, *_) = MuseNeighborLoader(graphs, [2, 2], 20, 4, seed=3)
    by_id = {graph.piece_id: graph for graph in graphs}
    assert batch.validate()
    for node_type in NODE_TYPES:
        store = batch[node_type]
        hops = np.repeat(np.arange(3), batch.num_sampled_nodes[node_type])
        keys = list(zip(hops, store.batch.tolist(), store.n_id.tolist(), strict=True))
        assert keys == sorted(set(keys))
        for row, (_, score, node) in enumerate(keys):
            graph = by_id[batch.piece_id[score]]
            assert torch.equal(store.x[row], graph[node_type].x[node])
    for edge_type in EDGE_TYPES:
        assert_edges_exist(batch, by_id, edge_type)


def assert_edges_exist(batch, by_id, edge_type):
    source, _, target = edge_type
    real = {
        piece: set(zip(*g[edge_type].edge_index.tolist(), strict=True))
        for piece, g in by_id.items()
    }
    pairs = list(zip(*batch[edge_type].edge_index.tolist(), strict=True))
    assert len(pairs) == len(set(pairs)) == sum(batch.num_sampled_edges[edge_type])
    for u, v in pairs:
        assert batch[source].batch[u] == batch[target].batch[v]
        piece = batch.piece_id[int(batch[target].batch[v])]
        assert (int(batch[source].n_id[u]), int(batch[target].n_id[v])) in real[piece]


def test_neighbours_are_drawn_without_replacement_and_alike(graphs):
    graph = graphs[2]
    loader = MuseNeighborLoader([graph], {("note", "onset", "note"): [1]}, 1000, 1, metrical=False)
    counts = {}
    for _ in range(3000):
        for batch in loader:
            edges = batch["note", "onset", "note"].edge_index
            assert edges[1].unique().numel() == edges.size(1)  # one source for each target
            for pair in zip(*batch["note"].n_id[edges].tolist(), strict=True):
                counts[pair] = counts.get(pair, 0) + 1
    real = graph["note", "onset", "note"].edge_index
    assert set(counts) == set(zip(*real.tolist(), strict=True))
    degree = real[1].bincount()
    for (_, target), count in counts.items():
        assert count == pytest.approx(3000 / int(degree[target]), rel=0.2)


def test_no_neighbours_are_the_induced_targets(graphs):
    for batch in MuseNeighborLoader(graphs, None, 30, 4, metrical=False):
        assert batch["note"].num_nodes == batch["note"].batch_size
        for i, piece in enumerate(batch.piece_id):
            graph = next(g for g in graphs if g.piece_id == piece)
            inside = set(batch["note"].n_id[batch["note"].batch == i].tolist())
            for edge_type in NOTE_EDGE_TYPES:
                edges = batch[edge_type].edge_index
                ours = edges[:, batch["note"].batch[edges[0]] == i]
                found = set(zip(*batch["note"].n_id[ours].tolist(), strict=True))
                pairs = zip(*graph[edge_type].edge_index.tolist(), strict=True)
                assert found == {(u, v) for u, v in pairs if u in inside and v in inside}


def same(ours, theirs):
    return all(
        torch.equal(ours[t].n_id, theirs[t].n_id) and torch.equal(ours[t].x, theirs[t].x)
        for t in NODE_TYPES
    ) and all(torch.equal(ours[e].edge_index, theirs[e].edge_index) for e in EDGE_TYPES)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("num_workers", [1, 4])
def test_batches_do_not_depend_on_the_number_of_workers(graphs, num_workers):
    alone = list(MuseNeighborLoader(graphs, [2, 2], 30, 3, seed=4))
    together = list(MuseNeighborLoader(graphs, [2, 2], 30, 3, seed=4, num_workers=num_workers))
    assert len(alone) == len(together)
    assert all(map(same, alone, together))


def test_a_loader_goes_on_where_another_stopped(graphs):
    def make():
        return MuseNeighborLoader(graphs, [2], 20, 2, seed=9)

    whole = make()
    expected = [*whole, *whole]
    first = make()
    iterator = iter(first)
    got = [next(iterator) for _ in range(3)]
    second = make()
    second.load_state_dict(first.state_dict())
    got += [*second, *second]
    assert all(map(same, expected, got))
    assert len(got) == len(expected)
    with pytest.raises(ValueError, match="the state is of a loader with seed 9, this one has 8"):
        MuseNeighborLoader(graphs, seed=8).load_state_dict(first.state_dict())


def test_processes_share_an_epoch(graphs):
    alone = list(MuseNeighborLoader(graphs, [2], 20, 2, seed=2))
    shared = [
        list(MuseNeighborLoader(graphs, [2], 20, 2, seed=2, rank=rank, world_size=2))
        for rank in range(2)
    ]
    assert sum(map(len, shared)) == len(alone)
    for i, batch in enumerate(alone):
        assert same(batch, shared[i % 2][i // 2])


def test_degenerate_scores():
    one = build_graph(table_of([0], [1]), INPUTS)
    chord = build_graph(table_of([0] * 50 + [3], [1] * 51), INPUTS)
    batches = list(MuseNeighborLoader([one, chord], [3], 10, 2, coverage="exact"))
    sizes = [n for batch in batches for n in batch.target_ptr.diff().tolist()]
    assert sorted(sizes) == [1, 1, 50]  # a chord larger than the budget is taken whole


def test_hostile_scores_are_sampled_in_bounded_time():
    zero, one = np.zeros(1, dtype=np.int64), np.array([1], dtype=np.uint64)
    chord = np.zeros(20_000, dtype=np.int64)
    pedal = np.arange(100_001, dtype=np.int64)
    lasting = np.ones_like(pedal)
    lasting[0] = 200_000
    counts = neighbors_by_hop([3, 3, 3], metrical=True)
    for onset, duration in ((chord, chord + 1), (pedal, lasting)):
        index = _core.ScoreIndex(onset, duration, zero, zero)
        window = np.array([[len(onset) - 500, len(onset)]])
        nodes, _, _ = _core.sample_batch([index], window, one, counts)
        assert len(nodes[0][0]) < 30_000
    with pytest.raises(ValueError, match="the batch has more than max_edges = 1000 edges"):
        _core.sample_batch([index], window, one, counts, max_edges=1000)


def test_a_dataset_and_a_part_of_it_are_taken(chorale_home):
    from musebench import ChoralePitchSpelling

    dataset = ChoralePitchSpelling(chorale_home)
    train = dataset[dataset.get_idx_split()["train"]]
    loader = MuseNeighborLoader(train, [3, 3], 100, 8)
    batch = next(iter(loader))
    assert set(batch.piece_id) <= set(train.pieces["piece_id"])
    assert batch["note"].y.numel() == batch["note"].num_nodes
    (whole,) = DataLoader(train[:1], batch_size=1)
    assert set(whole["note"].keys()) - {"ptr"} <= set(batch["note"].keys()) | {"ptr"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"coverage": "all"}, "coverage is 'all'; accepted are expected, exact"),
        ({"subgraph_type": "x"}, "subgraph_type is 'x'; accepted are directional, induced"),
        ({"subgraph_size": 0}, "subgraph_size is 0; it must be at least 1"),
        ({"rank": 1}, "rank is 1; accepted is 0 to 0"),
        ({"num_neighbors": [-2]}, "num_neighbors has -2; accepted are -1"),
        ({"num_neighbors": {("a", "b", "c"): [1]}}, "num_neighbors names"),
        (
            {"num_neighbors": {EDGE_TYPES[0]: [1], EDGE_TYPES[1]: [1, 2]}},
            "must be equally long",
        ),
    ],
)
def test_wrong_arguments_are_refused(graphs, arguments, message):
    with pytest.raises(ValueError, match=message):
        MuseNeighborLoader(graphs, **arguments)


def test_a_real_score_is_sampled(toy):
    graph = build_graph(read_score(toy / "piano.musicxml"), INPUTS, piece_id="toy")
    for batch in MuseNeighborLoader([graph], [-1], 4, 2):
        assert batch.validate()
