"""The loader samples the edges of the graphs it was given, or refuses with a sentence."""

import pickle
from functools import partial
from itertools import combinations

import numpy as np
import pytest
import torch
from torch.utils.data import Subset
from torch_geometric import transforms as pyg
from torch_geometric.data import Data, HeteroData
from torch_geometric.loader import DataLoader

import musebench
from losses_by_hand import labels_end_to_end
from made_scores import INPUTS, random_graph, random_table, table_of
from musebench.datasets.sources import NoteGraphs
from musebench.errors import InputError
from musebench.graph import (
    EDGE_TYPES,
    METRICAL_EDGE_TYPES,
    NODE_TYPES,
    RELATIONS,
    ScoreGraph,
    build_graph,
    build_task_graph,
    edge_types_of,
)
from musebench.loader import MuseNeighborLoader, neighbors_by_hop
from musebench.models import ScoreModel, read_config
from musebench.tasks import CADENCE, PITCH_SPELLING, VOICE_SEPARATION
from musebench.train import plan_run
from musebench.train.loop import predict, training_batches

WITHOUT_REST = ("onset", "consecutive", "during")


def take_rest(graph):
    """An ablation as people make it in PyG."""
    del graph["note", "rest", "note"], graph["note", "rest_rev", "note"]
    return graph


def take_one_direction(graph):
    del graph["note", "rest_rev", "note"]
    return graph


def take_an_edge(graph):
    store = graph["note", "onset", "note"]
    store.edge_index = store.edge_index[:, 1:]
    return graph


def turn_an_edge(graph):
    store = graph["note", "onset", "note"]
    store.edge_index = torch.cat([store.edge_index[:, 1:], store.edge_index[:, -1:]], dim=1)
    return graph


def add_an_attribute(graph):
    store = graph["note", "onset", "note"]
    store.edge_attr = torch.ones(store.num_edges)
    return graph


def take_the_edges(graph):
    del graph["note", "onset", "note"].edge_index
    return graph


def add_voices(graph):
    graph["voice"].x = torch.ones(4, 1)
    return graph


def add_a_node_type(graph):
    add_voices(graph)
    graph["note", "in", "voice"].edge_index = torch.zeros(2, 1, dtype=torch.long)
    return graph


def take_beats(graph):
    for edge_type in METRICAL_EDGE_TYPES[:3]:
        del graph[edge_type]
    del graph["beat"]
    return graph


def move_a_note(graph):
    graph["note"].onset_div = graph["note"].onset_div.clone()
    graph["note"].onset_div[-1] += 40
    return graph


def shuffle_edges(graph):
    for edge_type in graph.edge_types:
        edge_index = graph[edge_type].edge_index
        graph[edge_type].edge_index = edge_index[:, torch.randperm(edge_index.size(1))]
    return graph


SUPPORTED = {
    "nothing": (lambda graph: graph, RELATIONS),
    "without rest": (take_rest, WITHOUT_REST),
    "edges in another order": (shuffle_edges, RELATIONS),
    "features": (pyg.NormalizeFeatures(), RELATIONS),
}
REFUSED = {
    "one direction": (take_one_direction, r"'rest', 'note'\) without the reverse"),
    "an edge less": (take_an_edge, r"'onset', 'note'\) differ from those that the"),
    "another edge": (turn_an_edge, r"'onset', 'note'\) differ from those that the"),
    "an attribute": (add_an_attribute, r"'onset', 'note'\) have an attribute 'edge_attr'"),
    "no edge_index": (take_the_edges, r"'onset', 'note'\) differ from those that the"),
    "nodes of another type": (add_voices, "has nodes of type 'voice'"),
    "edges to another type": (add_a_node_type, "has nodes of type 'voice'"),
    "no beats": (take_beats, r"has no .*'beat'.*metrical=False leaves out beats and measures"),
    "another time": (move_a_note, "differ from those that the times"),
    "undirected": (pyg.ToUndirected(), "rev_connects"),
    "self-loops": (pyg.AddSelfLoops(), "differ from those that the times"),
    "meta-paths": (
        pyg.AddMetaPaths([[("note", "consecutive", "note")] * 2]),
        r"has edges of type \('note', 'metapath_0', 'note'\)",
    ),
    "sparse": (pyg.ToSparseTensor(layout=torch.sparse_csr), "have an attribute 'adj_t'"),
    "homogeneous": (lambda graph: graph.to_homogeneous(), "graph 0 is a Data; it must be"),
    "plain": (
        lambda graph: HeteroData.from_dict(graph.to_dict()),
        "graph 0 is a HeteroData; it must be a ScoreGraph",
    ),
    "several": (lambda graph: (graph, graph), "graph 0 is a tuple; it must be a ScoreGraph"),
}


NOT_STORED = {"homogeneous", "plain", "several", "sparse", "no edge_index"}

pytestmark = pytest.mark.filterwarnings("ignore:Sparse")  # of PyG's meta-paths


def edges_of(graphs):
    """All edges into notes of graphs, as piece, type, source, target."""
    return {
        (graph.piece_id, edge_type, u, v)
        for graph in graphs
        for edge_type in graph.edge_types
        if edge_type[2] == "note"
        for u, v in zip(*graph[edge_type].edge_index.tolist(), strict=True)
    }


def edges_in_batches(loader):
    """The edges into the notes of all batches, as of the pieces; there all notes are targets."""
    found = set()
    for batch in loader:
        for edge_type in (e for e in batch.edge_types if e[2] == "note"):
            source, target = batch[edge_type].edge_index
            piece = batch[edge_type[0]].batch[source].tolist()
            ends = batch[edge_type[0]].n_id[source], batch[edge_type[2]].n_id[target]
            for i, u, v in zip(piece, *map(torch.Tensor.tolist, ends), strict=True):
                found.add((batch.piece_id[i], edge_type, u, v))
    return found


def everything(graphs, **arguments):
    """A loader of all edges of some graphs."""
    return MuseNeighborLoader(graphs, [-1], 20, 2, coverage="exact", **arguments)


def graphs_of(change=lambda graph: graph, **arguments):
    tables = [random_table(40, seed) for seed in range(3)]
    return [
        change(build_graph(table, INPUTS, piece_id=str(i), **arguments))
        for i, table in enumerate(tables)
    ]


@pytest.mark.parametrize("change", SUPPORTED)
def test_listed_graphs_are_sampled_as_they_are(change):
    function, relations = SUPPORTED[change]
    graphs = graphs_of(function)
    loader = everything(graphs)
    (first, *_) = loader
    assert first.edge_types == list(edge_types_of(relations))
    assert list(first.num_sampled_edges) == first.edge_types
    assert edges_in_batches(loader) == edges_of(graphs)


@pytest.mark.parametrize("change", REFUSED)
def test_listed_graphs_with_other_edges_are_refused(change):
    function, message = REFUSED[change]
    with pytest.raises(InputError, match=message) as refusal:
        MuseNeighborLoader(graphs_of(function))
    assert "relations=" in str(refusal.value)  # says what to do


@pytest.mark.parametrize("change", REFUSED)
@pytest.mark.parametrize("as_part", [lambda d: d, lambda d: d[:2], lambda d: Subset(d, [0, 1])])
def test_a_transform_that_changes_edges_is_refused(toys, home, change, as_part):
    function, message = REFUSED[change]
    dataset = toys(home, transform=function)
    with pytest.raises(InputError, match=message):
        MuseNeighborLoader(as_part(dataset))


@pytest.mark.parametrize("change", SUPPORTED)
@pytest.mark.parametrize("when", ["transform", "pre_transform"])
def test_a_dataset_is_sampled_as_it_is(toys, tmp_path, change, when):
    function, relations = SUPPORTED[change]
    dataset = toys(tmp_path / "home", n_jobs=1, **{when: function})
    assert dataset.metadata() == (list(NODE_TYPES), list(edge_types_of(relations)))
    loader = everything(dataset)
    assert edges_in_batches(loader) == edges_of([dataset[i] for i in range(len(dataset))])
    assert next(iter(loader)).edge_types == dataset.metadata()[1]


@pytest.mark.parametrize("change", sorted(set(REFUSED) - NOT_STORED))
def test_a_pre_transform_that_changes_edges_is_refused(toys, tmp_path, change):
    function, message = REFUSED[change]
    dataset = toys(tmp_path / "home", n_jobs=1, pre_transform=function)
    with pytest.raises(InputError, match=message):
        MuseNeighborLoader(dataset)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda graph: graph.to_homogeneous(), "returned a Data for piece divisions; it must"),
        (lambda graph: [graph], "returned a list for piece divisions"),
        (lambda graph: None, "returned a NoneType for piece divisions"),
        (take_the_edges, r"left the edges .*'onset', 'note'\) of piece divisions without"),
        (lambda graph: HeteroData(), "took the notes, or their pitch, from the graph of piece"),
    ],
)
def test_a_pre_transform_is_refused_before_other_graphs_are_built(
    toys, tmp_path, function, message, monkeypatch
):
    built = []
    build = NoteGraphs.graph
    monkeypatch.setattr(NoteGraphs, "graph", lambda *args: built.append(1) or build(*args))
    with pytest.raises(InputError, match=message):
        toys(tmp_path / "home", n_jobs=1, pre_transform=function)
    assert len(built) == 1


def take_rest_of_divisions(graph):
    return take_rest(graph) if graph.piece_id == "divisions" else graph


def rename(graph):
    graph.piece_id = "other"
    return graph


def test_a_pre_transform_keeps_pieces_and_types(toys, tmp_path):
    with pytest.raises(InputError, match="changed the piece_id of piece divisions"):
        toys(tmp_path / "home", n_jobs=1, pre_transform=rename)
    with pytest.raises(InputError, match="gave piece duet other node or edge types"):
        toys(tmp_path / "home", n_jobs=1, pre_transform=take_rest_of_divisions)


def as_plain(graph):
    return HeteroData.from_dict(graph.to_dict())


def test_a_plain_graph_of_a_pre_transform_becomes_a_score_graph(toys, tmp_path, home):
    dataset = toys(tmp_path / "home", n_jobs=1, pre_transform=as_plain)
    assert type(dataset[0]) is ScoreGraph
    assert edges_in_batches(everything(dataset)) == edges_in_batches(everything(toys(home)))


def every_choice():
    return [c for size in range(5) for c in combinations(RELATIONS, size)]


@pytest.mark.parametrize("relations", every_choice(), ids=",".join)
def test_relations_are_chosen_by_name(toys, home, relations):
    whole, expected = toys(home), list(edge_types_of(relations))
    dataset = toys(home, relations=relations)
    assert dataset.processed_dir == whole.processed_dir
    assert dataset.metadata() == (list(NODE_TYPES), expected)
    kept = {edge for edge in edges_of(whole) if edge[1] in expected}
    assert edges_of(dataset) == edges_in_batches(everything(dataset)) == kept
    assert edges_in_batches(everything(whole, relations=relations)) == kept
    notes = random_table(30)
    assert build_graph(notes, INPUTS, relations=relations).edge_types == expected
    assert build_task_graph(notes, CADENCE, relations=relations).edge_types == expected
    (joined,) = DataLoader(dataset, batch_size=3)
    assert joined.edge_types == expected


def test_induced_batches_have_the_chosen_relations_alone(toys, home):
    for batch in everything(toys(home), relations=["rest"], subgraph_type="induced"):
        assert batch.edge_types == list(edge_types_of(["rest"]))


def count_edge_types(graph):
    graph.num_edge_types = len(graph.edge_types)
    return graph


def test_a_transform_sees_the_chosen_relations(toys, tmp_path):
    make = partial(toys, tmp_path / "home", n_jobs=1, pre_transform=count_edge_types)
    dataset, whole = make(relations=WITHOUT_REST), make()
    assert int(dataset[0].num_edge_types) == len(dataset[0].edge_types) == 11
    assert int(whole[0].num_edge_types) == 13
    assert dataset.processed_dir != whole.processed_dir
    assert dataset.verify(deep=True) == []


def test_relations_that_do_not_exist_are_refused(toys, home):
    notes = random_table(10)
    message = r"a list or tuple of names from \('onset', 'consecutive', 'during', 'rest'\)"
    for wrong in (["rests"], "rest", ["rest_rev"]):
        for make in (
            partial(build_graph, notes, INPUTS),
            partial(toys, home),
            partial(MuseNeighborLoader, graphs_of()),
        ):
            with pytest.raises(InputError, match=message):
                make(relations=wrong)
    with pytest.raises(InputError, match=message):
        read_config("note-gnn", "chorale-pitch-spelling", relations="onset,rests")
    graphs = graphs_of(relations=WITHOUT_REST)
    with pytest.raises(InputError, match=r"the graphs do not have the relations \['rest'\]"):
        MuseNeighborLoader(graphs, relations=["onset", "rest"])
    with pytest.raises(InputError, match=r"graph 1 \(1\) has the relations .* and graph 0 has"):
        MuseNeighborLoader([graphs_of()[0], graphs[1]])
    with pytest.raises(InputError, match=r"num_neighbors names .*'rest'.*which is not sampled"):
        MuseNeighborLoader(graphs, {("note", "rest", "note"): [2]})


def test_metrical_false_needs_no_beats():
    graphs = graphs_of(take_beats)
    for batch in MuseNeighborLoader(graphs, [2], 20, 2, metrical=False):
        assert batch.node_types == ["note"]
    with pytest.raises(InputError, match="has nodes of type 'voice'"):
        MuseNeighborLoader(graphs_of(add_voices), metrical=False)


@pytest.mark.parametrize("name", ["note-gnn", "metrical-gnn", "hybrid-gnn"])
@pytest.mark.parametrize("conv", ["sage", "gcn", "gatv2", "rgcn", "hgt", "musgconv"])
def test_a_model_looks_along_its_relations_in_training_and_prediction(name, conv):
    """On graphs with all relations and on graphs with the chosen ones it says the same."""
    config = read_config(
        name,
        "chorale-pitch-spelling",
        hidden=16,
        num_layers=2,
        dropout=0.0,
        conv=conv,
        relations="onset, during",
    )
    whole, chosen = graphs_of(), graphs_of(relations=("during", "onset"))
    torch.manual_seed(0)
    model = ScoreModel(name, PITCH_SPELLING, whole[0].num_node_features, config).eval()
    with torch.no_grad():
        expected = {graph.piece_id: model(graph)["spelling"] for graph in whole}
        for graph in chosen:
            torch.testing.assert_close(model(graph)["spelling"], expected[graph.piece_id])
        if name == "hybrid-gnn":  # reads a window as a sequence
            return
        for graphs, relations in ((whole, None), (whole, config.chosen_relations), (chosen, None)):
            for batch in MuseNeighborLoader(graphs, [-1, -1], 15, 2, relations=relations):
                ends = zip(batch.piece_id, batch.target_ptr, batch.target_ptr[1:], strict=False)
                rows = [expected[piece][batch["note"].n_id[i:j]] for piece, i, j in ends]
                torch.testing.assert_close(
                    model(batch)["spelling"], torch.cat(rows), atol=1e-5, rtol=1e-5
                )


def test_a_model_needs_its_relations():
    graph = graphs_of(relations=["onset"])[0]
    for name in ("note-gnn", "metrical-gnn"):
        config = read_config(name, "chorale-pitch-spelling", hidden=16)
        model = ScoreModel(name, PITCH_SPELLING, graph.num_node_features, config)
        with pytest.raises(InputError, match=r"no edges of type .*'consecutive'.*same relations="):
            model(graph)
    config = read_config("note-gnn", "chorale-pitch-spelling", hidden=16, relations="")
    with pytest.raises(InputError, match="NoteGNN needs at least one relation"):
        ScoreModel("note-gnn", PITCH_SPELLING, graph.num_node_features, config)
    config = read_config("metrical-gnn", "chorale-pitch-spelling", hidden=16, relations="")
    ScoreModel("metrical-gnn", PITCH_SPELLING, graph.num_node_features, config)(graph)


def test_training_samples_the_relations_of_its_configuration(chorale_home):
    """And whole pieces are predicted alike by graphs with and without the others."""
    run = plan_run(
        "chorale-pitch-spelling",
        "note-gnn",
        0,
        root=chorale_home,
        relations=",".join(WITHOUT_REST),
        hidden=16,
        num_steps=1,
    )
    batch = next(iter(training_batches(run, run.config)))
    expected = list(edge_types_of(WITHOUT_REST, metrical=False))
    assert batch.edge_types == expected
    torch.manual_seed(0)
    training = run.load_dataset("train")
    model = ScoreModel("note-gnn", PITCH_SPELLING, training.num_node_features, run.config)
    model.heads.fit(labels_end_to_end(PITCH_SPELLING, [training[0]]), balance=0.0)
    assert list(model.encoder.used_edges) == expected
    pieces, without = run.load_dataset("valid"), run.load_dataset("valid", relations=WITHOUT_REST)
    ours, theirs = (predict(model, dataset[:5]) for dataset in (pieces, without))
    for piece, predicted in ours.items():
        for head, values in predicted.items():
            assert np.array_equal(values, theirs[piece][head])


def test_a_random_transform_is_applied_once():
    """Features, labels and edges of a batch are those of one draw."""

    class Draw:
        def __init__(self, graphs):
            self.graphs, self.count = graphs, 0

        def __len__(self):
            return len(self.graphs)

        def __getitem__(self, i):
            self.count += 1
            return self.graphs[i]

    draws = Draw(graphs_of())
    MuseNeighborLoader(draws)
    assert draws.count == 3


FIRST_TRIES = [
    (lambda: MuseNeighborLoader(random_graph(9, 0)), r"put it in a list: MuseNeighborLoader\(\["),
    (lambda: MuseNeighborLoader("asap"), "graphs is a str; it must be a musebench dataset"),
    (lambda: MuseNeighborLoader(None), "graphs is a NoneType; it must be"),
    (lambda: MuseNeighborLoader(iter(graphs_of())), "graphs is a list_iterator; it must be"),
    (lambda: MuseNeighborLoader([Data()]), "graph 0 is a Data; it must be a ScoreGraph"),
    (lambda: MuseNeighborLoader(graphs_of(), 10), r"num_neighbors has 10; it must be a list of"),
    (lambda: MuseNeighborLoader(graphs_of(), [2.5]), r"num_neighbors has \[2.5\]; it must be"),
    (lambda: MuseNeighborLoader(graphs_of(), ["3"]), r"num_neighbors has \['3'\]; it must be"),
    (lambda: MuseNeighborLoader(graphs_of(), shuffle=True), "shuffle is not an argument of"),
    (lambda: MuseNeighborLoader(graphs_of(), drop_last=True), "drop_last is not an argument of"),
    (lambda: build_graph("score.musicxml"), r"build_graph\(read_score\('score.musicxml'\), ...\)"),
    (lambda: build_graph(random_table(9)), "inputs is None; it must be a list of groups"),
    (lambda: build_graph(random_table(9), "pitch"), "inputs is 'pitch'; it must be a list"),
    (lambda: build_graph(np.zeros(3), INPUTS), "notes is a ndarray; it must be a NoteTable"),
    (lambda: musebench.build_graph(None, INPUTS), "notes is a NoneType; it must be a NoteTable"),
]


@pytest.mark.parametrize(("make", "message"), FIRST_TRIES)
def test_what_people_type_first_is_answered(make, message):
    with pytest.raises(InputError, match=message):
        make()


LABELS = [
    ({"y": np.zeros(3)}, {}, r"labels 'y' have shape \(3,\), but there are 10 notes"),
    ({"y": np.zeros(11)}, {}, "but there are 10 notes"),
    ({"y": 3}, {}, r"labels 'y' have shape \(\), but there are 10 notes"),
    ({"y": np.array(["C"] * 10)}, {}, "labels 'y' have dtype <U1; they must be integers"),
    ({"y": np.array([None] * 10)}, {}, "labels 'y' have dtype object; they must be"),
    ({"x": np.zeros(10)}, {}, "'x' is the name of another field of the graph"),
    ({"batch": np.zeros(10)}, {}, "'batch' is the name of another field"),
    ({}, {"onset_y": np.zeros(10)}, r"have shape \(10,\), but there are 5 onset groups"),
    ({}, {"onset_y_key": np.zeros(4)}, r"have shape \(4,\), but there are 5 onset groups"),
    ({}, {"y": np.zeros(5)}, r"have shape \(5,\), but there are 1 graph"),
    ({}, {"divs_pq": np.zeros(1)}, "'divs_pq' is the name of another field"),
]


@pytest.mark.parametrize(("labels", "other", "message"), LABELS)
def test_labels_that_do_not_fit_are_refused(labels, other, message):
    notes = table_of([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], [1] * 10)
    with pytest.raises(InputError, match=message):
        build_graph(notes, INPUTS, labels, other_labels=other)


def test_links_to_notes_that_are_not_there_are_refused():
    notes = random_table(10)
    with pytest.raises(InputError, match="labels 'y' link to note 10, but there are 10 notes"):
        build_task_graph(notes, VOICE_SEPARATION, {"next_note": np.full(10, 10)})
    build_graph(notes, INPUTS, {"y": [0] * 10})  # any sequence of numbers will do


def test_a_loader_with_relations_is_pickled(toys, home):
    loader = everything(toys(home), relations=["rest"])
    scores = loader.dataset.scores
    assert pickle.loads(pickle.dumps(scores)).edge_types == scores.edge_types
    assert neighbors_by_hop([2], metrical=False, relations=["rest"]).sum() == 4
    assert len(EDGE_TYPES) == 13
