"""An index in a batch points into that batch, in PyG's batches as in the loader's."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader
from torch_geometric.utils import scatter

import musebench
from losses_by_hand import labels_end_to_end, loss_by_hand
from made_scores import random_table
from musebench.annotations import IGNORE_LABEL
from musebench.boards import BOARDS
from musebench.graph import ScoreGraph, build_task_graph
from musebench.loader import MuseNeighborLoader
from musebench.models import ScoreModel, read_config
from musebench.train import plan_run
from musebench.train.loop import training_batches

TASKS = {board.task.name: board.task for board in BOARDS.values()}
UNKNOWN = (-1, -2, IGNORE_LABEL)  # no next note, hidden, without a label


def random_labels(task, notes, random):
    """Labels of all kinds, some of them missing; links also lead far away."""
    sizes = {"note": len(notes), "onset": len(np.unique(notes.onset_index)), "graph": 1}
    size, labels = sizes[task.unit], {}
    for head, classes in task.heads.items():
        if task.kind == "regression":
            labels[head] = random.normal(size=size).astype(np.float32)
            labels[head][random.random(size) < 0.2] = np.nan
            continue
        highest = max(len(notes), 1) if task.kind == "link" else len(classes)
        labels[head] = random.integers(0, highest, size)
        if size > 1:
            unknown = random.choice(UNKNOWN if task.kind == "link" else [IGNORE_LABEL], size)
            labels[head] = np.where(random.random(size) < 0.3, unknown, labels[head])
    return labels


def graph_of(task, seed, num_notes=60):
    notes, random = random_table(num_notes, seed), np.random.default_rng(seed)
    return build_task_graph(notes, task, random_labels(task, notes, random), piece_id=str(seed))


@pytest.fixture(scope="module", params=TASKS.values(), ids=lambda task: task.name)
def task(request):
    return request.param


@pytest.fixture(scope="module")
def graphs(task):
    return [graph_of(task, seed, num_notes) for seed, num_notes in enumerate((30, 1, 57, 41))]


def assert_same(ours, theirs):
    """Every field of every store is equal, in type and content."""
    ours, theirs = ours.to_dict(), theirs.to_dict()
    assert ours.keys() == theirs.keys()
    for key, store in ours.items():
        assert store.keys() == theirs[key].keys(), key
        for name, value in store.items():
            other = theirs[key][name]
            assert type(value) is type(other), (key, name)
            if isinstance(value, torch.Tensor):
                assert value.dtype == other.dtype
                assert torch.equal(value.nan_to_num(9.5), other.nan_to_num(9.5)), (key, name)
            else:
                assert value == other


def assert_indices_of_joined(batch, graphs, task):
    """The indices of graphs joined whole, each against its own graph."""
    note, first_note, first_onset = batch["note"], 0, 0
    expected_pairs = []
    for i, graph in enumerate(graphs):
        ours = slice(first_note, first_note + graph["note"].num_nodes)
        num_onsets = int(graph["note"].onset_index[-1]) + 1
        assert (note.batch[ours] == i).all()
        assert torch.equal(note.onset_index[ours], graph["note"].onset_index + first_onset)
        if task.unit == "onset":
            assert (batch.onset_batch[first_onset : first_onset + num_onsets] == i).all()
        if task.kind == "link":
            label = graph["note"].y
            expected = torch.where(label < 0, label, label + first_note)
            assert torch.equal(note.y[ours], expected)
            expected_pairs.append(graph.candidate_index + first_note)
        first_note, first_onset = first_note + graph["note"].num_nodes, first_onset + num_onsets
    if task.unit == "onset":
        h = torch.randn(note.num_nodes, 3)
        assert len(scatter(h, note.onset_index)) == len(batch.onset_y) == len(batch.onset_batch)
    if task.kind == "link":
        assert torch.equal(batch.candidate_index, torch.cat(expected_pairs, dim=1))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_dataloader_joins_indices_and_gives_the_graphs_back(task, graphs, num_workers):
    loader = DataLoader(graphs, batch_size=3, num_workers=num_workers)
    for begin, batch in zip((0, 3), loader, strict=True):
        ours = graphs[begin : begin + 3]
        assert_indices_of_joined(batch, ours, task)
        for graph, again in zip(ours, batch.to_data_list(), strict=True):
            assert type(again) is ScoreGraph
            assert_same(graph, again)


@pytest.mark.parametrize(
    "change",
    [
        lambda batch: pickle.loads(pickle.dumps(batch)),
        copy.copy,
        copy.deepcopy,
        lambda batch: batch.to("cpu"),
        lambda batch: batch.clone(),
        lambda batch: batch.apply(lambda values: values.clone()),
    ],
    ids=["pickle", "copy", "deepcopy", "to", "clone", "apply"],
)
def test_a_batch_that_was_moved_gives_the_graphs_back(task, graphs, change):
    batch = change(Batch.from_data_list(graphs))
    assert_indices_of_joined(batch, graphs, task)
    for graph, again in zip(graphs, batch.to_data_list(), strict=True):
        assert_same(graph, again)


def test_batches_are_joined_to_batches(task, graphs):
    whole = Batch.from_data_list(graphs)
    parts = Batch.from_data_list(
        [Batch.from_data_list(graphs[:2]), Batch.from_data_list(graphs[2:])]
    )
    assert torch.equal(parts["note"].onset_index, whole["note"].onset_index)
    assert torch.equal(parts["note"].batch, whole["note"].batch)
    if task.kind == "link":
        assert torch.equal(parts["note"].y, whole["note"].y)
        assert torch.equal(parts.candidate_index, whole.candidate_index)
    if task.unit == "onset":
        assert torch.equal(parts.onset_batch, whole.onset_batch)


def test_a_score_without_notes_is_joined(task):
    empty, full = graph_of(task, 0, num_notes=0), graph_of(task, 1, num_notes=9)
    batch = Batch.from_data_list([empty, full, empty])
    assert batch["note"].batch.tolist() == [1] * 9
    assert torch.equal(batch["note"].onset_index, full["note"].onset_index)
    assert "onset_batch" not in batch or (batch.onset_batch == 1).all()
    for graph, again in zip([empty, full, empty], batch.to_data_list(), strict=True):
        assert_same(graph, again)


def assert_indices_of_windows(batch, graphs, task):
    """The indices of windows with neighbours, each note against its own graph."""
    note, size = batch["note"], batch["note"].batch_size
    by_id = {graph.piece_id: graph for graph in graphs}
    own = [by_id[batch.piece_id[i]] for i in note.batch]
    groups = {}
    for row, graph in enumerate(own):
        place = (int(note.batch[row]), int(graph["note"].onset_index[note.n_id[row]]))
        assert groups.setdefault(place, int(note.onset_index[row])) == int(note.onset_index[row])
    assert sorted(groups.values()) == list(range(len(groups)))
    if task.unit == "onset":
        labelled = note.onset_index[:size]
        assert len(scatter(torch.ones(size), labelled)) == len(batch.onset_y)
        assert torch.equal(batch.onset_batch[labelled], note.batch[:size])
        for (score, onset), group in groups.items():
            graph = by_id[batch.piece_id[score]]
            for head in task.heads if group < len(batch.onset_y) else ():
                field = task.label_field(head)
                assert batch[field][group] == graph[field][onset]
    if task.kind == "link":
        assert_links_of_windows(batch, own)


def assert_links_of_windows(batch, own):
    note, inside = batch["note"], set()
    inside = {
        (int(s), int(n)): i for i, (s, n) in enumerate(zip(note.batch, note.n_id, strict=True))
    }
    for row, graph in enumerate(own):
        label = int(graph["note"].y[note.n_id[row]])
        absent = label if label < 0 else IGNORE_LABEL
        assert int(note.y[row]) == inside.get((int(note.batch[row]), label), absent)
    source, target = batch.candidate_index
    assert (batch.candidate_index < note.batch_size).all()
    assert torch.equal(note.batch[source], note.batch[target])
    assert (note.onset_div[target] > note.onset_div[source]).all()


@pytest.mark.parametrize("num_neighbors", [[2, 2], [-1], None])
def test_windows_have_their_own_indices(task, graphs, num_neighbors):
    seen = 0
    for batch in MuseNeighborLoader(graphs, num_neighbors, 15, 5, seed=1, num_batches=6):
        assert isinstance(batch, ScoreGraph)
        assert_indices_of_windows(batch, graphs, task)
        seen += int((batch["note"].y == IGNORE_LABEL).sum()) if task.kind == "link" else 1
    assert seen > 0


def test_indices_survive_workers(task, graphs):
    def batches(num_workers):
        return MuseNeighborLoader(
            graphs, [2], 15, 3, seed=2, num_batches=4, num_workers=num_workers
        )

    for ours, theirs in zip(batches(0), batches(2), strict=True):
        assert_same(ours, theirs)


def model_of(task, graph, name="note-gnn"):
    torch.manual_seed(0)
    config = read_config(name, "lieder-melody", hidden=16, num_layers=2, dropout=0.0)
    return ScoreModel(name, task, graph.num_node_features, config).eval()


@pytest.fixture(scope="module", params=BOARDS)
def board_graphs(request, chorale_home, at_hand):
    """A board's task and four training pieces, the shortest first."""
    at_hand(request.param)
    dataset = musebench.load(request.param, chorale_home, "train")
    order = dataset.pieces["num_notes"].argsort().tolist()
    some = dataset[order[: len(order) // 2 : len(order) // 8][:4]]
    return dataset.board.task, some, [some[i] for i in range(len(some))]


def test_boards_the_loss_of_a_batch_is_that_of_its_pieces(board_graphs):
    task, dataset, graphs = board_graphs
    model = model_of(task, graphs[0])
    model.heads.fit(labels_end_to_end(task, graphs), balance=0.5)
    with torch.no_grad():
        expected = loss_by_hand(task, [model(graph) for graph in graphs], graphs)
        (joined,) = DataLoader(dataset, batch_size=len(dataset))
        size = max(graph["note"].num_nodes for graph in graphs)
        (sampled,) = MuseNeighborLoader(dataset, [-1, -1], size, len(graphs), coverage="exact")
        for batch in (joined, sampled):
            assert model.loss(model(batch), batch).item() == pytest.approx(expected, rel=1e-3)


def test_boards_indices_point_into_the_batch(board_graphs):
    task, dataset, graphs = board_graphs
    (joined,) = DataLoader(dataset, batch_size=len(dataset))
    assert_indices_of_joined(joined, graphs, task)
    for graph, again in zip(graphs, joined.to_data_list(), strict=True):
        assert_same(graph, again)
    for batch in MuseNeighborLoader(dataset, [2, 2], 60, 3, num_batches=3):
        assert_indices_of_windows(batch, graphs, task)


@pytest.mark.parametrize("board", ["chorale-voice-separation", "dcml-voice-separation"])
def test_few_links_leave_a_batch_of_the_reference_settings(board, chorale_home, at_hand):
    at_hand(board)
    run = plan_run(board, "note-gnn", 0, root=chorale_home)
    training = run.load_dataset("train")
    num_links = num_ignored = 0
    for _, batch in zip(range(15), training_batches(run, run.config), strict=False):
        note, ends = batch["note"], batch.target_ptr
        for score, piece in enumerate(batch.input_id.tolist()):
            rows = slice(ends[score], ends[score + 1])
            label = training[piece]["note"].y[note.n_id[rows]]
            num_links += int((label >= 0).sum())
            num_ignored += int(((label >= 0) & (note.y[rows] == IGNORE_LABEL)).sum())
    assert num_links > 10_000
    assert num_ignored < 0.05 * num_links
