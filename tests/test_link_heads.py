"""The head of links: its pairs, and the best of all assignments."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Batch

from made_heads import graph_of, model_of
from made_scores import table_of
from musebench.errors import InputError
from musebench.graph import build_task_graph
from musebench.loader import MuseNeighborLoader
from musebench.models.heads.links import LinkHeads, Pairs, _pair_features, assign
from musebench.tasks import VOICE_SEPARATION


def test_the_pairs_of_a_batch_are_the_candidates_inside_its_windows():
    graphs = [graph_of(VOICE_SEPARATION, seed) for seed in range(3)]
    expected = [set(map(tuple, graph.candidate_index.T.tolist())) for graph in graphs]
    for batch in MuseNeighborLoader(graphs, [2], 30, 3, num_batches=5):
        note = batch["note"]
        source, target = batch.candidate_index
        assert torch.equal(note.batch[source], note.batch[target])
        for i, score in enumerate(batch.input_id.tolist()):
            ours = note.batch[source] == i
            found = set(
                zip(note.n_id[source[ours]].tolist(), note.n_id[target[ours]].tolist(), strict=True)
            )
            inside = set(note.n_id[batch.target_ptr[i] : batch.target_ptr[i + 1]].tolist())
            # A window ends earlier than its piece, so fewer groups follow; none is added.
            assert found == {(u, v) for u, v in expected[score] if u in inside and v in inside}


def test_a_pair_is_seen_by_interval_and_gap():
    """In octaves, their size, log2 of 1 + the gap in quarters, and whether there is none."""
    graph = build_task_graph(table_of([0, 2, 8], [2, 1, 1]), VOICE_SEPARATION)  # 2 divs a quarter
    graph["note"].pitch = torch.tensor([60, 66, 57])
    first, second = torch.tensor([0, 0]), torch.tensor([1, 2])
    expected = [[0.5, 0.5, 0, 1], [-0.25, 0.25, 2, 0]]
    assert _pair_features(graph, first, second).tolist() == expected
    batch = Batch.from_data_list([graph, graph])
    batch.divs_pq = torch.tensor([2, 6])  # of the second, the gap is one quarter
    found = _pair_features(batch, first + 3, second + 3)
    assert found[:, 2].tolist() == [0, 1]


def test_a_link_is_weighed_against_none_of_its_first_note():
    heads = LinkHeads(4, VOICE_SEPARATION)
    logit, none = torch.tensor([1.0]), torch.tensor([2.0, 0.0, 5.0])
    for source, target, expected in ((0, 1, [-1, -1, -1]), (1, 2, [-1, 2, -1])):
        pairs = Pairs(torch.tensor([source]), torch.tensor([target]), logit, none)
        assert heads.predict(pairs, None)["next_note"].tolist() == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.data())
def test_links_are_the_best_of_all_assignments(num_notes, data):
    pairs = [(u, v) for u in range(num_notes) for v in range(u + 1, num_notes)]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    gain = [data.draw(st.integers(1, 9)) for _ in chosen]

    def best(remaining, sources, targets):
        if not remaining:
            return 0
        (u, v), value = remaining[0]
        without = best(remaining[1:], sources, targets)
        if u in sources or v in targets:
            return without
        return max(without, value + best(remaining[1:], sources | {u}, targets | {v}))

    source, target = np.array(chosen, dtype=np.int64).reshape(-1, 2).T
    following = assign(source, target, np.array(gain, dtype=np.float32), num_notes)
    by_pair = dict(zip(chosen, gain, strict=True))
    total = sum(by_pair[u, int(v)] for u, v in enumerate(following) if v >= 0)
    assert total == best(list(by_pair.items()), frozenset(), frozenset())


def test_links_need_candidates():
    graph = graph_of(VOICE_SEPARATION, 0)
    model = model_of(VOICE_SEPARATION, graph)
    del graph.candidate_index
    with pytest.raises(InputError, match=r"has no candidate_index.*build it with build_task_graph"):
        model(graph)
