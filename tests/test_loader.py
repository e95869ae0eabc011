"""The sampler: its laws, and the proof that a batch with all neighbours is the full graph."""

import time
import tracemalloc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch_geometric.loader import DataLoader
from torch_geometric.nn import HeteroConv, SAGEConv
from torch_geometric.utils import trim_to_layer

from made_scores import INPUTS, random_graph, table_of
from musebench import _core
from musebench.graph import EDGE_TYPES, NODE_TYPES, NOTE_EDGE_TYPES, build_graph
from musebench.loader import MuseNeighborLoader, neighbors_by_hop
from musebench.score import read_score


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(n, seed) for seed, n in enumerate((1, 40, 150, 400))]


class Metrical(torch.nn.Module):
    """Two layers over all relations, as a metrical model has them."""

    def __init__(self, trim):
        super().__init__()
        torch.manual_seed(0)
        sizes = {"note": 23, "beat": 6, "measure": 4}
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


@pytest.mark.parametrize(
    ("trim", "subgraph_type"), [(False, "directional"), (True, "directional"), (False, "induced")]
)
def test_all_neighbours_give_the_full_graph_on_targets(graphs, trim, subgraph_type):
    model = Metrical(trim=False).eval()
    with torch.no_grad():
        full = {graph.piece_id: model(graph) for graph in graphs}
        model.trim = trim
        loader = MuseNeighborLoader(graphs, [-1, -1], 30, 3, subgraph_type=subgraph_type)
        for batch in loader:
            found = model(batch)[: batch["note"].batch_size]
            torch.testing.assert_close(found, full_rows(batch, full), atol=1e-5, rtol=0)


def index_of(graph):
    note = graph["note"]
    starts = [graph[node_type].start_div.numpy() for node_type in ("beat", "measure")]
    return _core.ScoreIndex(note.onset_div.numpy(), note.duration_div.numpy(), *starts)


def test_every_note_is_a_target_with_the_same_probability():
    """Over all starts each note is a target as often, and the starts are drawn alike."""
    num_notes, budget, draws = 120, 20, 40_000
    graph = random_graph(num_notes, seed=5)
    index = index_of(graph)
    width = budget - index.largest_group + 1
    windows = [
        _core.notes_of_groups_starting_in(index, start, start + width)
        for start in range(1 - width, num_notes)
    ]
    targets = np.zeros(num_notes, dtype=int)
    groups = graph["note"].onset_index.numpy()
    for begin, end in windows:
        targets[begin:end] += 1
        assert end - begin <= budget
        if begin < end:  # whole chords
            assert begin == 0 or groups[begin - 1] != groups[begin]
            assert end == num_notes or groups[end - 1] != groups[end]
    assert (targets == width).all()  # first and last included
    drawn = Counter(_core.sample_window(index, budget, seed) for seed in range(draws))
    expected = Counter(windows)
    assert drawn.keys() == expected.keys()
    observed = [drawn[window] for window in expected]
    shares = np.array(list(expected.values())) / len(windows)
    assert chisquare(observed, draws * shares).pvalue > 0.001


def test_scores_are_drawn_so_that_each_note_is_expected_once(graphs):
    """The weight of a score is one over the share of its windows that a note is a target of."""
    batches = MuseNeighborLoader(graphs, [2], 25, 3).dataset
    for graph, weight in zip(graphs, batches.weight, strict=True):
        index = index_of(graph)
        n, width = index.num_notes, 25 - index.largest_group + 1
        starts = [0] if n <= 25 else range(1 - width, n)
        windows = [_core.notes_of_groups_starting_in(index, s, s + width) for s in starts]
        if n <= 25:
            windows = [(0, n)]
        targets = sum(end - begin for begin, end in windows) / n
        assert weight == pytest.approx(len(windows) / targets)


def test_a_graph_of_half_the_weight_is_drawn_half_as_often(graphs):
    weights = [0.5, *[1.0] * (len(graphs) - 1)]
    plain, weighed = (
        MuseNeighborLoader(graphs, [2], 25, 3, weights=chosen).dataset.weight
        for chosen in (None, weights)
    )
    assert weighed[0] == pytest.approx(plain[0] / 2)
    np.testing.assert_allclose(weighed[1:], plain[1:])


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
    total = sum(int(batch.target_ptr[-1]) for _ in range(30) for batch in loader)
    notes = sum(graph["note"].num_nodes for graph in graphs)
    assert total / (30 * notes) == pytest.approx(1, abs=0.1)


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


@pytest.mark.parametrize("relation", ["onset", "during", "consecutive"])
def test_neighbours_are_drawn_without_replacement_and_alike(graphs, relation):
    graph, draws = graphs[2], 4000
    edge_type = ("note", relation, "note")
    sampler = _core.NeighborSampler(neighbors_by_hop({edge_type: [2]}, metrical=False))
    index, num_notes = index_of(graph), graph["note"].num_nodes
    counts = Counter()
    for seed in range(draws):
        (nodes, *_), edges, _ = sampler.sample(
            [index], np.array([[0, num_notes]]), np.array([seed], dtype=np.uint64)
        )
        edge_index = nodes[0][edges[EDGE_TYPES.index(edge_type)][0]]
        pairs = set(zip(*edge_index.tolist(), strict=True))
        assert len(pairs) == edge_index.shape[1]
        counts.update(pairs)
    real = graph[edge_type].edge_index
    assert set(counts) == set(zip(*real.tolist(), strict=True))
    degree = real[1].bincount()
    for target in degree.nonzero()[:, 0].tolist():
        sources = real[0, real[1] == target].tolist()
        drawn = [counts[source, target] for source in sources]
        assert sum(drawn) == draws * min(2, len(sources))
        if len(sources) > 2:
            assert chisquare(drawn).pvalue > 1e-6


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
    with pytest.raises(ValueError, match="belongs to a loader with seed 9, this one has 8"):
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


def chord(num_notes):
    onset = np.zeros(num_notes, dtype=np.int64)
    return onset, onset + 1


def pedal(num_notes):
    """A note under all others, which follow one another."""
    onset = np.arange(num_notes, dtype=np.int64)
    duration = np.ones_like(onset)
    duration[0] = 2 * num_notes
    return onset, duration


def held_chord(num_notes):
    """Half of the notes at once, held under the other half."""
    onset = np.maximum(np.arange(num_notes) - num_notes // 2, 0)
    return onset, np.where(onset == 0, num_notes, 1)


@pytest.mark.parametrize("score", [chord(20_000), pedal(100_001), held_chord(20_000)])
def test_hostile_scores_are_sampled_in_bounded_time_and_memory(score):
    zero, seed = np.zeros(1, dtype=np.int64), np.array([1], dtype=np.uint64)
    num_notes = len(score[0])
    counts = neighbors_by_hop([3, 3, 3], metrical=True)
    tracemalloc.start()
    started = time.process_time()
    index = _core.ScoreIndex(*score, zero, zero)
    sampler = _core.NeighborSampler(counts)
    for begin in (0, num_notes // 2, num_notes - 500):
        window = np.array([[begin, begin + 500]])
        nodes, edges, _ = sampler.sample([index], window, seed)
        assert 500 <= len(nodes[0][0]) < 30_000
        assert sum(edge_index.shape[1] for edge_index, _ in edges) < 1_000_000
    assert time.process_time() - started < 1  # a stored adjacency would have 10^8 to 10^9 edges
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_a_refused_batch_leaves_nothing_behind():
    index = _core.ScoreIndex(*pedal(3000), *2 * [np.zeros(1, dtype=np.int64)])
    counts = neighbors_by_hop([3, 3], metrical=True)
    sampler = _core.NeighborSampler(counts, max_edges=5000)
    seed = np.array([1], dtype=np.uint64)
    with pytest.raises(ValueError, match="the batch has more than max_edges = 5000 edges"):
        sampler.sample([index], np.array([[0, 3000]]), seed)
    window = np.array([[100, 200]])
    after, fresh = (
        s.sample([index], window, seed) for s in (sampler, _core.NeighborSampler(counts))
    )
    for ours, theirs in zip(after[0] + after[1], fresh[0] + fresh[1], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    with pytest.raises(ValueError, match="window 0 is not in its score"):
        sampler.sample([index], np.array([[2999, 3001]]), seed)


def test_a_sampler_is_shared_by_threads(graphs):
    loader = MuseNeighborLoader(graphs, [3, 3], 50, 4, seed=6)
    alone = list(loader)
    with ThreadPoolExecutor(4) as pool:
        loader.set_epoch(0)
        together = list(pool.map(loader.dataset.__getitem__, loader.sampler))
    assert len(together) == len(alone)
    assert all(map(same, alone, together))


def test_rows_are_gathered():
    table = np.arange(12, dtype=np.uint8).reshape(6, 2)
    row = np.array([4, 5, 0, 0, 1, 2])
    out = np.empty((6, 2), dtype=np.uint8)
    _core.gather_rows(table, row, out)
    assert np.array_equal(out, table[row])
    for bad in (-1, 6):
        with pytest.raises(ValueError, match="a row is out of range"):
            _core.gather_rows(table, np.array([bad]), out[:1])
    for other in (out[:1], np.empty((6, 3), dtype=np.uint8)):
        with pytest.raises(ValueError, match=r"out must be .* and shape \(6, 2\), not"):
            _core.gather_rows(table, row, other)


def test_edges_are_sorted_by_target_and_belong_to_its_hop(graphs):
    for batch in MuseNeighborLoader(graphs, [2, 2, 2], 20, 4, seed=3):
        for edge_type in EDGE_TYPES:
            target = batch[edge_type].edge_index[1]
            assert (target.diff() >= 0).all()
            by_hop = batch.num_sampled_edges[edge_type]
            nodes = np.cumsum(batch.num_sampled_nodes[edge_type[2]])
            for h, in_hop in enumerate(target.split(by_hop)[:-1]):
                assert (in_hop < nodes[h]).all()
                assert h == 0 or (in_hop >= nodes[h - 1]).all()


def add_noise(batch):
    batch.noise = np.random.default_rng(batch.seed).random()
    return batch


def test_a_transform_draws_from_the_seed_of_the_batch(graphs):
    def noises(**arguments):
        loader = MuseNeighborLoader(graphs, [1], 30, 2, transform=add_noise, **arguments)
        return [batch.noise for batch in loader]

    assert noises() == noises(num_workers=2)
    assert len(set(noises())) > 1
    assert noises()[0] != noises(seed=1)[0]


def test_a_dataset_and_a_part_of_it_are_taken(chorale_home):
    from musebench import ChoralePitchSpelling

    dataset = ChoralePitchSpelling(chorale_home)
    train = dataset[dataset.get_idx_split()["train"]]
    loader = MuseNeighborLoader(train, [3, 3], 100, 8)
    listed = MuseNeighborLoader([train[i] for i in range(len(train))], [3, 3], 100, 8)
    assert all(map(same, loader, listed))
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
        ({"subgraph_size": 0}, "subgraph_size is 0; it must be an integer of at least 1"),
        ({"rank": 1}, "rank is 1; it must be 0 to 0"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        ({"num_batches": 0}, "num_batches is 0; it must be at least 1, with coverage"),
        ({"weights": [1]}, r"weights must be . positive numbers, one per graph"),
        ({"weights": [0] * 100}, r"weights must be . positive numbers, one per graph"),
        ({"num_neighbors": None, "subgraph_type": "x"}, "subgraph_type is 'x'; accepted are"),
        ({"num_neighbors": [-2]}, "num_neighbors has -2; numbers must be at least 0"),
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


def test_exact_coverage_takes_no_weights(graphs):
    with pytest.raises(ValueError, match="with coverage 'exact' each is taken once"):
        MuseNeighborLoader(graphs, coverage="exact", weights=[0.5] * len(graphs))


def test_graphs_must_have_the_same_attributes(graphs):
    other = graphs[1].clone()
    del other["note"].onset_index
    with pytest.raises(ValueError, match="has no onset_index of its notes, but graph 0 has"):
        MuseNeighborLoader([graphs[0], other])
    with pytest.raises(ValueError, match="there are no graphs to sample from"):
        MuseNeighborLoader([])


def test_a_real_score_is_sampled(toy):
    graph = build_graph(read_score(toy / "piano.musicxml"), INPUTS, piece_id="toy")
    for batch in MuseNeighborLoader([graph], [-1], 4, 2):
        assert batch.validate()
