"""What an onset sees: plain references, and by hand on a few notes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from made_scores import INPUTS, random_table, table_of
from musebench.errors import InputError
from musebench.graph import build_graph
from musebench.models import ENCODERS
from musebench.models.onset_context import LEAP, WINDOWS, OnsetContext, find_onsets
from musebench.models.sounding import sounding_notes

NUM_FEATURES = 23
HIDDEN = 4
CHROMA = 3 * HIDDEN + 2 * NUM_FEATURES  # where the columns above the bass begin
STEPS = CHROMA + 12 * (2 + len(WINDOWS))
TIMES = STEPS + 4 * (2 * LEAP + 1)


def graph_of(table):
    return build_graph(table, INPUTS, piece_id="made")


def seen(graph):
    """The inputs of the first layer of a context, of which only those without weights count."""
    context = OnsetContext(NUM_FEATURES, HIDDEN, 0.0).eval()
    found = []
    context.join.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    note = graph["note"]
    context(torch.zeros(note.num_nodes, HIDDEN), note.x, note, graph.divs_pq)
    return found[0]


def pitched(onset, duration, pitch):
    return replace(table_of(onset, duration), pitch=np.array(pitch))


@pytest.mark.parametrize("seed", range(5))
def test_what_sounds_is_what_the_rules_find(seed):
    tables = [random_table(80, seed), random_table(1, seed), random_table(50, seed + 9)]
    batch = Batch.from_data_list([graph_of(table) for table in tables])
    onsets = find_onsets(batch["note"], batch["note"].num_nodes)
    num_notes = num_onsets = 0
    expected = []
    for table in tables:
        sounding = sounding_notes(table)
        expected += zip(sounding.group + num_onsets, sounding.note + num_notes, strict=True)
        num_notes += len(table)
        num_onsets += len(sounding.begin)
    assert sorted(zip(onsets.at.tolist(), onsets.note.tolist(), strict=True)) == sorted(expected)
    pitch = batch["note"].pitch[onsets.note]
    order = onsets.at * 128 + pitch
    assert (order.diff() >= 0).all()
    lowest = [pitch[onsets.at == group].min() for group in range(num_onsets)]
    assert batch["note"].pitch[onsets.bass].tolist() == lowest
    assert onsets.lengths == [len(sounding_notes(table).begin) for table in tables]
    assert onsets.first.tolist() == [onsets.group.tolist().index(k) for k in range(num_onsets)]


def test_columns_by_hand():
    """A held C below E, then G alone; after a rest a low A. Two divisions a quarter."""
    graph = graph_of(pitched([0, 0, 2, 8], [4, 2, 2, 2], [48, 64, 67, 45]))
    columns = seen(graph)
    sounds, starts = columns[:, CHROMA : CHROMA + 12], columns[:, CHROMA + 12 : CHROMA + 24]
    assert [row.nonzero().flatten().tolist() for row in sounds] == [[0, 4], [0, 7], [0]]
    assert [row.nonzero().flatten().tolist() for row in starts] == [[0, 4], [7], [0]]
    windows = columns[:, CHROMA + 24 : STEPS].view(3, len(WINDOWS), 12)
    before, after = WINDOWS.index((-4, 0)), WINDOWS.index((0, 4))
    assert {k: round(float(v), 3) for k, v in enumerate(windows[2, before]) if v} == {
        3: 0.333, 7: 0.333, 10: 0.333
    }  # C, E and G above A  # fmt: skip
    assert windows[0, before].sum() == 0
    assert windows[1, after].nonzero().flatten().tolist() == [7, 9]  # G and A above C
    steps = columns[:, STEPS:TIMES].view(3, 4, 2 * LEAP + 1)
    assert (steps.argmax(dim=2) - LEAP).T.tolist() == [
        [0, 0, -3], [0, -3, 0], [0, 3, -LEAP], [3, -LEAP, 0]
    ]  # bass from before, to the next; top  # fmt: skip
    expected = [[0, 1, 0, 1], [1, np.log2(4), 0, 0], [np.log2(4), 0, np.log2(3), 1]]
    torch.testing.assert_close(
        columns[:, TIMES:], torch.tensor(expected), check_dtype=False, atol=1e-5, rtol=0
    )


def test_a_transposed_score_is_seen_as_before():
    """All columns but the note features of the sounding notes and of the first."""
    table = random_table(200, 3)
    own = [k for k in range(TIMES + 4) if not 3 * HIDDEN <= k < CHROMA]
    before, after = (
        seen(graph_of(replace(table, pitch=table.pitch + semitones)))[:, own]
        for semitones in (0, 5)
    )
    assert torch.equal(before, after)


def test_the_other_division_of_the_quarter_changes_nothing():
    table = random_table(100, 4)
    graph = graph_of(table)
    before = seen(graph)
    for name in ("onset_div", "duration_div"):
        graph["note"][name] = 3 * graph["note"][name]
    graph.divs_pq = 3 * graph.divs_pq
    torch.testing.assert_close(seen(graph), before)


@pytest.mark.parametrize("name", ["onset-gnn", "onset-rnn"])
def test_the_times_of_the_notes_are_needed(name):
    graph = graph_of(random_table(10))
    encoder = ENCODERS[name](graph.num_node_features, 8, 1, 0.0)
    with pytest.raises(InputError, match="pass note= and divs_pq= of the graph"):
        encoder(graph.x_dict, graph.edge_index_dict)
