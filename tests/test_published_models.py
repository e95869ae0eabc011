"""Models after publications: what each does that the others do not, by plain references."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import conv1d
from torch_geometric.data import Batch, HeteroData

from made_scores import random_graph
from musebench.errors import InputError
from musebench.models import ENCODERS, ScoreModel, read_config
from musebench.models.augmentednet import GrowingConvolutions, _bass_and_chroma
from musebench.models.chordgnn import ContractedOnsets
from musebench.models.heads import LinkHeads, Pairs
from musebench.models.onset_context import find_onsets
from musebench.models.piano_svsep import PerceptronHeads
from musebench.models.pkspell import StackedRNNs
from musebench.models.virtuosonet import Level, _groups
from musebench.models.vocsep import AssignmentHeads, _distance
from musebench.tasks import TASKS

HIDDEN = 24


def encoder_of(name, graph, num_layers=2):
    torch.manual_seed(0)
    return ENCODERS[name](graph.num_node_features, HIDDEN, num_layers, 0.0).eval()


def embedded(encoder, graph):
    with torch.no_grad():
        return encoder(
            graph.x_dict, graph.edge_index_dict, note=graph["note"], divs_pq=graph.divs_pq
        )


def assert_close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


# PKSpell


def test_the_second_network_reads_the_first():
    torch.manual_seed(0)
    both = StackedRNNs(3, 324, 1, 0.0)
    assert (both.first.hidden, both.second.hidden) == (300, 24)
    x, lengths = torch.randn(9, 3), [4, 5]
    first, second = both(x, lengths).split([300, 24], dim=1)
    assert_close(first, both.first(x, lengths))
    assert_close(second, both.second(first, lengths))


# ChordGNN


def test_onset_edges_are_contracted_to_their_mean():
    graph = random_graph(60, 2)
    note = graph["note"]
    pooling = ContractedOnsets(note.x.shape[1], HIDDEN, 0.0).eval()
    seen = []
    pooling.project.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    h = torch.randn(60, HIDDEN)
    far, group = pooling(h, note.x, note, graph.divs_pq)
    assert group.tolist() == note.onset_index.tolist()
    assert len(far) == group[-1] + 1
    for k, row in enumerate(seen[0]):
        assert_close(row, pooling.pool(torch.relu(h[group == k])).mean(dim=0))


@pytest.mark.parametrize(("name", "is_seen"), [("chordgnn", True), ("onset-rnn", False)])
def test_only_a_graph_model_sees_the_edges(name, is_seen):
    graph = random_graph(60, 3)
    other = graph.clone()
    for edge_type in other.edge_types:
        other[edge_type].edge_index = other[edge_type].edge_index[:, :0]
    encoder = encoder_of(name, graph)
    assert torch.equal(embedded(encoder, graph), embedded(encoder, other)) != is_seen


# AugmentedNet


def test_convolutions_grow_and_end_with_the_score():
    torch.manual_seed(0)
    blocks = GrowingConvolutions(3, 2, 4).eval()
    assert [conv.kernel_size for conv in blocks.convs] == [(1,), (2,), (4,), (8,)]
    x, lengths = torch.randn(11, 3), [1, 7, 3]
    found = blocks(x, lengths)
    assert found.shape == (11, blocks.num_outputs) == (11, 3 + 4 * 2)
    for part, rows in zip(x.split(lengths), found.split(lengths), strict=True):
        expected = part
        for conv, norm in zip(blocks.convs, blocks.norms, strict=True):
            width = conv.kernel_size[0]
            ends = [torch.zeros(n, expected.shape[1]) for n in ((width - 1) // 2, width // 2)]
            padded = torch.cat([ends[0], expected, ends[1]]).T[None]
            filtered = conv1d(padded, conv.weight, conv.bias)[0].T
            expected = torch.cat([expected, torch.relu(norm(filtered))], dim=1)
        assert_close(rows, expected)


def test_bass_and_chroma_by_hand():
    graph = random_graph(80, 5)
    note = graph["note"]
    onsets = find_onsets(note, 80)
    bass, chroma = _bass_and_chroma(onsets, note.pitch)
    for k in range(len(bass)):
        pitches = note.pitch[onsets.note[onsets.at == k]].tolist()
        assert bass[k].nonzero().flatten().tolist() == [min(pitches) % 12]
        assert chroma[k].nonzero().flatten().tolist() == sorted({p % 12 for p in pitches})


def test_notes_of_an_onset_share_what_augmentednet_sees():
    graphs = [random_graph(60, 4), random_graph(30, 6)]
    batch = Batch.from_data_list(graphs)
    found = embedded(encoder_of("augmentednet", graphs[0]), batch)
    group = batch["note"].onset_index
    for k in group.unique():
        assert (found[group == k] == found[group == k][0]).all()
    assert not torch.equal(found[group == 0], found[group == 1])


# vocsep


def pairs_of(logit):
    """Three notes: 0 leads to 1 or 2, 1 leads to 2; nothing follows at 0."""
    source, target = torch.tensor([[0, 0, 1], [1, 2, 2]])
    return Pairs(source, target, torch.tensor(logit), torch.zeros(3))


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        ([1.0, 0.0, 1.0], 0.0),
        # Note 0 has one link of probability 1, not two halves: the length of its pairs is 0.707.
        ([0.5, 0.5, 1.0], ((1 - 0.5**0.5) ** 2 + 2 * 0.5**2 + 0.5**2 + (1.25**0.5 - 1) ** 2) / 12),
        ([0.0, 0.0, 0.0], 8 / 12),
    ],
)
def test_the_distance_from_an_assignment(probability, expected):
    is_link = torch.tensor([True, False, True])
    found = _distance(pairs_of([0.0] * 3), torch.tensor(probability), is_link)
    torch.testing.assert_close(found, torch.tensor(expected**0.5), atol=1e-5, rtol=0)


def test_the_loss_of_links_by_hand():
    heads = AssignmentHeads(HIDDEN, TASKS["voice-separation"])
    data = HeteroData()
    data["note"].y = torch.tensor([1, 2, -1])
    pairs = pairs_of([2.0, -1.0, 1.0])
    p = torch.sigmoid(pairs.logit)
    by_kind = -(p[0].log() + p[2].log()) / 2 - (1 - p[1]).log()
    expected = by_kind + _distance(pairs, p, torch.tensor([True, False, True]))
    torch.testing.assert_close(heads.loss(pairs, data), expected)
    raised = pairs._replace(none=torch.ones(3), logit=pairs.logit + 1)
    torch.testing.assert_close(heads.loss(raised, data), expected)


def test_a_model_brings_heads_of_its_own():
    graph = random_graph(20, 1)
    config = replace(read_config("note-gnn", "dcml-voice-separation"), hidden=16)
    found = {
        name: type(ScoreModel(name, TASKS[task], graph.num_node_features, config).heads)
        for name, task in (("vocsep", "voice-separation"), ("piano-svsep", "staff-separation"))
    }
    assert found == {"vocsep": AssignmentHeads, "piano-svsep": PerceptronHeads}
    plain = ScoreModel("note-gnn", TASKS["voice-separation"], graph.num_node_features, config)
    assert type(plain.heads) is LinkHeads


def test_staves_have_a_layer_of_their_own():
    heads = PerceptronHeads(HIDDEN, TASKS["staff-separation"]).eval()
    h = torch.randn(5, HIDDEN)
    pooled = heads.norm(torch.relu(heads.layer(h)))
    logits = heads(h, HeteroData())
    for head, linear in heads.linear.items():
        assert_close(logits[head], linear(pooled))


# VirtuosoNet


def test_beats_and_measures_of_notes():
    """Four scores; the last two have no measures."""
    edges = {("beat", "connects", "note"): torch.tensor([[0, 0, 1, 5, 5, 6], [0, 1, 2, 3, 4, 9]])}
    score = torch.tensor([0, 0, 0, 1, 1, 2, 2, 3])
    assert _groups(edges, "beat", score).tolist() == [0, 0, 1, 2, 2, 3, 3, 4]
    with pytest.raises(InputError, match=r"no edges of type \('measure', 'connects', 'note'\)"):
        _groups(edges, "measure", score)


def test_a_level_reads_means_by_attention():
    torch.manual_seed(0)
    level = Level(8, 1, 0.0).eval()
    h, group = torch.randn(6, 8), torch.tensor([0, 0, 1, 2, 2, 2])
    rows = []
    for k in range(3):
        weight = torch.softmax(level.attention(h[group == k]), dim=0)
        rows.append((weight * h[group == k]).sum(dim=0))
    expected = level.sequence(torch.stack(rows), [2, 1])
    assert_close(level(h, group, torch.tensor([0, 0, 0, 1, 1, 1])), expected)


@pytest.mark.parametrize("level", ["notes", "beats", "measures"])
def test_each_level_reaches_the_notes(level):
    graph = random_graph(80, 7)
    encoder = encoder_of("virtuosonet", graph)
    before = embedded(encoder, graph)
    with torch.no_grad():
        for parameter in getattr(encoder, level).parameters():
            parameter.mul_(2)
    assert not torch.allclose(embedded(encoder, graph), before)
