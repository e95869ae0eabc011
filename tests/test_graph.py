"""The graph of a toy score, by eye, and what must hold of every graph."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_geometric.data import HeteroData

from made_scores import table_of
from musebench import _core
from musebench.graph import EDGE_TYPES, NODE_TYPES, NOTE_EDGE_TYPES, RELATIONS, build_graph
from musebench.score import read_score
from musebench.score.table import MeasureTable
from musebench.tasks import PITCH_SPELLING

INPUTS = PITCH_SPELLING.inputs


@pytest.fixture
def notes(toy):
    return read_score(toy / "piano.musicxml")


def edges(graph, *edge_type):
    return graph[edge_type].edge_index.tolist()


def test_note_edges_by_eye(notes):
    graph = build_graph(notes, INPUTS)
    # Under the tied note nothing follows the bass at once; after note 7 comes an empty measure.
    assert edges(graph, "note", "rest", "note") == [[1, 1, 7], [5, 6, 8]]
    assert edges(graph, "note", "during", "note") == [[1], [4]]
    consecutive = [[0, 0, 0, 2, 3, 4, 4, 6, 8], [1, 2, 3, 4, 4, 5, 6, 7, 9]]
    assert edges(graph, "note", "consecutive", "note") == consecutive
    assert edges(graph, "note", "onset", "note") == [
        [1, 1, 2, 2, 3, 3, 5, 6],
        [2, 3, 1, 3, 1, 2, 6, 5],
    ]


def test_beats_and_measures_by_eye(notes):
    graph = build_graph(notes, INPUTS)
    assert edges(graph, "note", "connects", "measure")[1] == notes.measure_index.tolist()
    assert edges(graph, "note", "connects", "beat")[1] == [0, 1, 1, 1, 2, 5, 5, 6, 10, 13]
    assert edges(graph, "beat", "next", "beat") == [list(range(15)), list(range(1, 16))]
    assert (
        edges(graph, "measure", "connects", "note")
        == edges(graph, "note", "connects", "measure")[::-1]
    )
    assert graph["measure"].start_div.tolist() == [0, 2, 8, 14, 20]


def test_the_graph_has_every_type_and_valid_indices(notes):
    graph = build_graph(notes, INPUTS, {"y": np.arange(10)}, piece_id="toy")
    assert graph.metadata() == (list(NODE_TYPES), list(EDGE_TYPES))
    assert graph.validate()
    assert graph.piece_id == "toy"
    assert graph["note"].y.tolist() == list(range(10))
    for relation in RELATIONS[1:]:
        forward = graph["note", relation, "note"].edge_index
        assert torch.equal(graph["note", f"{relation}_rev", "note"].edge_index, forward.flip(0))


def test_the_storages_are_as_pyg_makes_them(notes):
    graph = build_graph(notes, INPUTS, piece_id="toy")
    by_pyg = HeteroData.from_dict(graph.to_dict())
    for ours, theirs in zip(graph.stores, by_pyg.stores, strict=True):
        assert type(ours) is type(theirs)
        assert vars(ours).keys() == vars(theirs).keys()
        assert ours._key == theirs._key
        assert ours._parent() is graph


def test_note_edges_are_those_of_the_core(notes):
    graph, core = build_graph(notes, INPUTS), _core.score_edges(notes.onset_div, notes.duration_div)
    for relation in RELATIONS:
        assert edges(graph, "note", relation, "note") == core[relation].tolist()
    assert len(NOTE_EDGE_TYPES) == 7


def test_a_score_without_measures_has_no_metrical_nodes(notes):
    nothing = np.empty(0, dtype=np.int64)
    measures = MeasureTable(nothing, nothing, nothing, nothing, nothing, np.empty(0, dtype="U1"))
    graph = build_graph(replace(notes, measures=measures), INPUTS)
    assert graph["beat"].num_nodes == graph["measure"].num_nodes == 0
    assert edges(graph, "note", "connects", "beat") == [[], []]
    assert graph.validate()


@pytest.mark.parametrize(
    ("onset", "duration", "max_edges"),
    [
        (np.zeros(20_000, int), np.ones(20_000, int), 200_000_000),  # 400 million onset edges
        (np.arange(30_000), np.arange(30_000, 0, -1), 200_000_000),  # 450 million during edges
        (np.arange(100_000), np.append(100_000, np.zeros(99_999, int)), 100_000),  # one pedal
    ],
)
def test_too_many_edges_are_refused_before_any_is_made(onset, duration, max_edges):
    resource = pytest.importorskip("resource")
    table = table_of(onset, duration)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ValueError, match=f"more than max_edges = {max_edges} edges"):
        build_graph(table, INPUTS, max_edges=max_edges)
    assert time.process_time() - start < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB: 50 MB


def test_max_edges_counts_the_edges_between_notes_without_reverses(notes):
    graph = build_graph(notes, INPUTS)
    num_edges = sum(graph["note", relation, "note"].num_edges for relation in RELATIONS)
    build_graph(notes, INPUTS, max_edges=num_edges)
    with pytest.raises(ValueError, match=f"more than max_edges = {num_edges - 1} edges"):
        build_graph(notes, INPUTS, max_edges=num_edges - 1)


def test_an_unknown_input_is_refused(notes):
    with pytest.raises(ValueError, match="'staff' is not a group of features"):
        build_graph(notes, ["staff"])
