"""The core against its definition: one line of the slow reference for each sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musebench import _core
from musebench.errors import InputError
from slow_core import RELATIONS, slow_graph, slow_relations


def notes_from(pairs):
    pairs = sorted(pairs)
    onset = np.array([on for on, _ in pairs], dtype=np.int64)
    return onset, np.array([lasts for _, lasts in pairs], dtype=np.int64)


notes = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 6)), max_size=24).map(notes_from)


@given(notes)
@settings(max_examples=400, deadline=None)
def test_edges_are_those_of_the_definition(score):
    edges = _core.score_edges(*score)
    expected = slow_relations(*(column.tolist() for column in score))
    for relation in RELATIONS:
        pairs = list(zip(*edges[relation].tolist(), strict=True))
        assert pairs == sorted(expected[relation]), relation


@given(notes)
@settings(max_examples=200, deadline=None)
def test_a_score_is_one_component(score):
    onset, _ = score
    edges = np.concatenate(list(_core.score_edges(*score).values()), axis=1)
    component = np.arange(len(onset))
    for _ in onset:  # spread the smallest index until nothing changes
        np.minimum.at(component, edges[0], component[edges[1]])
        np.minimum.at(component, edges[1], component[edges[0]])
    assert len(np.unique(component)) <= 1


@pytest.mark.parametrize("num_notes", [0, 1])
def test_tiny_scores_have_no_edges(num_notes):
    column = np.zeros(num_notes, dtype=np.int64)
    edges = _core.score_edges(column, column)
    assert {name: index.shape for name, index in edges.items()} == dict.fromkeys(RELATIONS, (2, 0))


def test_edges_by_hand():
    onset, duration = np.array([0, 0, 1, 4]), np.array([1, 4, 2, 1])
    edges = {name: index.tolist() for name, index in _core.score_edges(onset, duration).items()}
    assert edges == {
        "onset": [[0, 1], [1, 0]],
        "consecutive": [[0, 1], [2, 3]],
        "during": [[1], [2]],
        "rest": [[2], [3]],
    }


@pytest.mark.parametrize(
    ("onset", "duration", "message"),
    [
        ([1, 0], [1, 1], "note 1 starts before the previous note"),
        ([0, 1], [1, -1], "note 1 has a negative duration"),
        ([-1, 1], [1, 1], "note 0 has a negative onset"),
        ([0, 1], [1], "onset_div has 2 notes but duration_div has 1"),
        ([2**62], [2**62], "note 0 ends later than 64 bits can express"),
    ],
)
def test_bad_notes_are_refused(onset, duration, message):
    with pytest.raises(InputError, match=message):
        _core.score_edges(np.array(onset), np.array(duration))


def test_the_last_time_of_64_bits_is_accepted():
    last = 2**63 - 1
    edges = _core.score_edges(np.array([0, last]), np.array([last, 0]))
    assert edges["consecutive"].tolist() == [[0], [1]]


@pytest.mark.parametrize(
    "onset",
    [
        np.zeros(3),
        np.zeros(3, dtype=np.int32),
        np.zeros((2, 2), dtype=np.int64),
        np.zeros(6, int)[::2],
    ],
)
def test_other_arrays_are_refused(onset):
    with pytest.raises(
        InputError, match=r"onset_div must be a plain, contiguous .* int64 and shape"
    ):
        _core.score_edges(onset, np.zeros(3, dtype=np.int64))


def test_too_many_edges_are_refused_before_they_are_made():
    chord = np.zeros(20_000, dtype=np.int64)  # 400 million onset edges
    with pytest.raises(InputError, match="more than max_edges = 200000000 edges"):
        _core.score_edges(chord, chord)
    with pytest.raises(InputError, match="more than max_edges = 1 edges"):
        _core.score_edges(np.array([0, 0]), np.array([1, 1]), max_edges=1)


starts = st.lists(st.integers(1, 14), max_size=8).map(lambda after: [0, *sorted(after)])


@given(notes, st.just([]) | starts, st.just([]) | starts)
@settings(max_examples=400, deadline=None)
def test_graph_edges_are_those_of_the_definition(score, beat_start, measure_start):
    onset, duration = (column.tolist() for column in score)
    expected = slow_graph(onset, duration, beat_start, measure_start)
    found = _core.graph_edges(*score, *map(starts_of, (beat_start, measure_start)))
    assert [list(zip(*edge_index.tolist(), strict=True)) for edge_index in found] == expected
    assert all(edge_index.flags.c_contiguous for edge_index in found)


def starts_of(times):
    return np.array(times, dtype=np.int64)


def test_edges_outlive_those_they_share_memory_with():
    edges = _core.graph_edges(*np.array([[0, 1, 2], [1, 1, 1]]), *map(starts_of, ([0], [0])))
    reverse = edges[2]
    del edges
    assert reverse.tolist() == [[1, 2], [0, 1]]


@pytest.mark.parametrize(
    ("onset", "start", "message"),
    [
        ([1, 0], [0], "note 1 starts before the previous note"),
        ([0, 1], [0, 2, 1], "must be sorted"),
        ([0, 1], [2, 1], "must be sorted"),
        ([1, 1], [2], "first interval must start at or before"),
    ],
)
def test_bad_beats_and_measures_are_refused(onset, start, message):
    times, none = np.array([onset, [1, 1]]), starts_of([])
    with pytest.raises(InputError, match=message):
        _core.graph_edges(*times, starts_of(start), none)
    with pytest.raises(InputError, match=message):
        _core.graph_edges(*times, none, starts_of(start))


def test_too_many_edges_of_a_graph_are_refused():
    chord = np.zeros(20_000, dtype=np.int64)
    with pytest.raises(InputError, match="more than max_edges = 200000000 edges"):
        _core.graph_edges(chord, chord, chord[:1], chord[:1])


@pytest.mark.corpus
@pytest.mark.usefixtures("asap_mirror")
@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_edges_are_those_of_graphmuse_on_asap(graphmuse_core, tmp_path):
    """GraphMuse 0.0.5's C builder, less its self-loops, without notes of duration 0."""
    from musebench.corpora import ASAP, fetch
    from musebench.score import read_score

    scores = [piece.score for piece in ASAP.pieces[::12]]
    files = fetch(ASAP, scores, tmp_path)
    assert len(files) == 20
    for file in files.values():
        notes = read_score(file)
        lasting = notes.duration_div > 0
        onset, duration = notes.onset_div[lasting], notes.duration_div[lasting]
        edges, types = graphmuse_core.compute_edge_list(
            onset.astype(np.int32), duration.astype(np.int32)
        )
        for number, relation in enumerate(RELATIONS):
            theirs = edges[:, types == number]
            theirs = theirs[:, theirs[0] != theirs[1]]
            ours = _core.score_edges(onset, duration)[relation]
            assert set(zip(*theirs.tolist(), strict=True)) == set(zip(*ours.tolist(), strict=True))
