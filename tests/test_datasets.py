"""One contract, looped over all datasets; real corpora where they are."""

import pickle
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import InMemoryDataset
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import AddSelfLoops, Compose

import musebench
from musebench.annotations import IGNORE_LABEL
from musebench.boards import BOARDS
from musebench.cli.stats import as_markdown
from musebench.datasets.recipe import describe
from musebench.datasets.statistics import dataset_statistics
from musebench.features import feature_names
from musebench.graph import EDGE_TYPES, NODE_TYPES
from musebench.splits import SPLITS, read_exclusions, split_schemes
from musebench.store import load_notes, notes_folder

PUBLISHED_SCHEMES = ("augmentednet",)  # those of others, for comparison: works may be cut


STATISTICS = (Path(__file__).parent.parent / "docs" / "statistics.md").read_text("utf-8")


def labels_of(graph, task, head):
    """Labels of a head in a graph, of notes or of onsets."""
    return (graph["note"] if task.unit == "note" else graph)[task.label_field(head)]


@pytest.fixture(scope="session", params=BOARDS)
def dataset(request, chorale_home, at_hand):
    """Every dataset whose corpus is at hand, whole, built once."""
    at_hand(request.param)
    return musebench.load(request.param, chorale_home)


def test_every_board_has_its_dataset():
    assert musebench.list_datasets() == list(BOARDS) == sorted(BOARDS)
    for board in BOARDS.values():
        dataset = getattr(musebench, board.dataset)
        assert dataset is getattr(musebench.datasets, board.dataset)
        assert (dataset.__name__, dataset.board) == (board.dataset, board)
        assert pickle.loads(pickle.dumps(dataset)) is dataset
        assert dataset.__doc__.startswith(f"{board.title}.\n\n{board.labels.split()[0]} ")
        assert "\n\nSource:\n    " in dataset.__doc__


def test_the_committed_statistics_are_those_of_the_data(dataset):
    name = dataset.board.name
    whole = type(dataset)(dataset.root, reveal_test_labels=True)
    _, *sections = STATISTICS.split("\n## ")
    (section,) = (text for text in sections if text.startswith(f"{name}\n"))
    text = as_markdown(name, dataset_statistics(whole))
    assert f"## {section}".rstrip() == text.rstrip(), "`musebench stats BOARD --markdown`"


def test_every_board_has_its_statistics():
    _, *sections = STATISTICS.split("\n## ")
    assert [text.partition("\n")[0] for text in sections] == list(BOARDS)


def test_splits_are_disjoint_by_work_and_cover_everything(dataset):
    for scheme in split_schemes(dataset.board.name):
        whole = type(dataset)(dataset.root, split_scheme=scheme)
        index = whole.get_idx_split()
        assert sorted(torch.cat(list(index.values())).tolist()) == list(range(len(dataset)))
        by_split = [whole[index[split]].pieces for split in SPLITS]
        whole_works = [] if scheme in PUBLISHED_SCHEMES else ["work_id"]
        for column in ("piece_id", *whole_works, *(["composer"] if scheme == "composer" else [])):
            found = [set(pieces[column]) for pieces in by_split]
            assert sum(map(len, found)) == len(set.union(*found))


def test_the_graphs_of_all_schemes_are_the_same_files(dataset):
    folders = {
        type(dataset)(dataset.root, split_scheme=scheme).fingerprint
        for scheme in split_schemes(dataset.board.name)
    }
    assert folders == {dataset.fingerprint}


def test_the_composer_scheme_follows_its_rule(chorale_home, asap_mirror):
    """Over a tenth of the notes: train; the two others nearest a twentieth: valid; rest: test."""
    dataset = musebench.ASAPPitchSpelling(chorale_home, split_scheme="composer")
    notes = dataset.pieces.groupby("composer")["num_notes"].sum()
    share = notes / notes.sum()
    found = {s: set(p["composer"]) for s, p in dataset.pieces.groupby("split")}
    others = share[share <= 0.1]
    assert found["train"] == set(share[share > 0.1].index)
    assert found["valid"] == set((others - 0.05).abs().nsmallest(2).index)
    assert found["test"] == set(others.index) - found["valid"]


def test_pieces_and_exclusions_are_the_corpus(dataset):
    included = set(dataset.pieces["piece_id"])
    excluded = dataset.exclusions
    assert not included & set(excluded["piece_id"])
    assert {piece.piece_id for piece in dataset.board.corpus.pieces} <= included | set(
        excluded["piece_id"]
    )
    assert (excluded["reason"] != "").all()
    assert len(read_exclusions(dataset.board.name)) == len(excluded)


def test_graphs_are_as_pyg_users_expect(dataset):
    assert isinstance(dataset, InMemoryDataset)
    assert dataset.metadata() == (list(NODE_TYPES), list(EDGE_TYPES))
    assert dataset.num_classes == len(dataset.classes[dataset.board.task.main_head])
    names = feature_names(dataset.board.task.inputs)
    assert dataset.num_node_features == {"note": len(names), "beat": 6, "measure": 4}
    for i in range(0, len(dataset), 20):
        graph = dataset[i]
        assert graph.validate()
        assert graph.piece_id == dataset.pieces["piece_id"][i]
        assert graph["note"].num_nodes == dataset.pieces["num_notes"][i]
        assert torch.isfinite(graph["note"].x).all()


def test_graphs_are_those_of_the_note_tables(dataset):
    for i in range(0, len(dataset), 40):
        graph, notes = dataset[i], dataset.note_store().tables[dataset.pieces["piece_id"][i]]
        assert graph["note"].pitch.tolist() == notes.pitch.tolist()
        assert graph["note"].onset_div.tolist() == notes.onset_div.tolist()


def is_hidden(label, task):
    """Which labels are hidden, or are none."""
    if task.kind == "regression":
        return torch.isnan(label)
    return (label == IGNORE_LABEL) | (label == task.hidden_label)


def test_labels_are_in_range_one_for_each_unit(dataset):
    task = dataset.board.task
    for graph in dataset[dataset.get_idx_split()["valid"]]:
        note = graph["note"]
        sizes = {"note": note.num_nodes, "onset": len(note.onset_index.unique()), "graph": 1}
        for head, classes in task.heads.items():
            label = labels_of(graph, task, head)
            assert label.shape == (sizes[task.unit],)
            known = label[~is_hidden(label, task)]
            if task.kind == "regression":
                assert label.dtype == torch.float32
                assert torch.isfinite(known).all()
            elif task.kind == "link":
                assert ((known >= -1) & (known < note.num_nodes)).all()
            else:
                assert ((known >= 0) & (known < len(classes))).all()


def test_spellings_sound_as_their_notes(dataset):
    from musebench.pitch import SPELLING_CLASS_TO_PITCH_CLASS

    if dataset.board.task.name != "pitch-spelling":
        pytest.skip("no spellings")
    sounding = np.array(SPELLING_CLASS_TO_PITCH_CLASS)
    for graph in dataset[dataset.get_idx_split()["valid"]]:
        label, pitch = graph["note"].y.numpy(), graph["note"].pitch.numpy()
        known = label != IGNORE_LABEL
        assert (sounding[label[known]] == pitch[known] % 12).all()


def test_test_labels_are_hidden_unless_asked_for(dataset):
    index, task = dataset.get_idx_split(), dataset.board.task
    for split, hidden in (("train", False), ("valid", False), ("test", True)):
        graph = dataset[int(index[split][0])]
        for head in task.heads:
            assert bool(is_hidden(labels_of(graph, task, head), task).all()) == hidden
    revealed = type(dataset)(dataset.root, "test", reveal_test_labels=True)
    assert not is_hidden(labels_of(revealed[0], task, task.main_head), task).all()


def test_a_split_is_the_same_pieces(dataset):
    for split in SPLITS:
        part = type(dataset)(dataset.root, split)
        assert len(part) == len(part.pieces) == dataset.summary().num_pieces[split]
        assert set(part.pieces["split"]) == {split}
        assert part[0].piece_id == part.pieces["piece_id"][0]
        with pytest.raises(ValueError, match="load it without `split`"):
            part.get_idx_split()


def test_pyg_batches_them(dataset):
    graphs = dataset[:3]
    (batch,) = DataLoader(graphs, batch_size=3)
    assert batch["note"].num_nodes == graphs.pieces["num_notes"].sum()
    assert batch.piece_id == graphs.pieces["piece_id"].tolist()
    assert batch.validate()


def test_it_survives_pickling_and_spawned_workers(dataset):
    part = dataset[:4]
    again = pickle.loads(pickle.dumps(part))
    assert torch.equal(again[3]["note"].x, part[3]["note"].x)
    with get_context("spawn").Pool(1) as pool:
        assert pool.map(_num_notes, [part]) == [part.pieces["num_notes"].tolist()]


def test_a_pickle_does_not_grow_with_every_graph_looked_at(dataset):
    fresh = type(dataset)(dataset.root)
    size = len(pickle.dumps(fresh))
    graph = fresh[0]
    assert graph["note"].num_nodes == fresh.pieces["num_notes"][0]
    assert len(pickle.dumps(fresh)) == size


def _num_notes(dataset):
    return [graph["note"].num_nodes for graph in dataset]


def test_it_loads_without_pickle_and_its_manifest_is_true(dataset):
    for manifest in map(Path, dataset.processed_paths):
        assert {file.suffix for file in manifest.parent.iterdir()} == {".arrow", ".json"}
        size = sum(file.stat().st_size for file in manifest.parent.glob("*.arrow"))
        (member,) = (
            m
            for m in dataset.board.corpus.members
            if notes_folder(m, dataset.root) == manifest.parent
        )
        assert size <= 100 * sum(load_notes(member, dataset.root).num_notes.values())
    assert len(pickle.dumps(dataset)) < 1_000_000
    assert dataset.verify(deep=True) == []


def test_it_says_what_it_is(dataset):
    assert repr(dataset) == f"{type(dataset).__name__}({len(dataset)})"
    assert dataset.license
    assert dataset.citation.startswith("@")
    assert dataset.fingerprint


def test_transforms_and_filters_have_their_own_folders(chorale_home):
    from musebench import ChoralePitchSpelling

    plain = ChoralePitchSpelling(chorale_home)
    few = ChoralePitchSpelling(chorale_home, pre_filter=lambda g: g["note"].num_nodes < 200)
    fewer = ChoralePitchSpelling(chorale_home, pre_filter=lambda g: g["note"].num_nodes < 150)
    assert 0 < len(fewer) < len(few) < len(plain)
    assert len({d.processed_dir for d in (plain, few, fewer)}) == 3
    assert few.pieces["num_notes"].max() < 200
    assert few[0].piece_id == few.pieces["piece_id"][0]
    with pytest.raises(ValueError, match="pre_filter left no piece"):
        ChoralePitchSpelling(chorale_home, pre_filter=lambda _: False)


def test_a_transform_is_applied_on_access(chorale_home):
    def mark(graph):
        graph.marked = True
        return graph

    assert musebench.ChoralePitchSpelling(chorale_home, transform=mark)[0].marked


FACTOR = 1


class Slots:
    __slots__ = ("factor",)

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, graph):
        return graph


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, graph):
        return graph


def test_callables_that_act_differently_are_described_differently():
    def by(factor):
        return lambda graph: graph * factor

    def with_default(*, factor):
        def forward(graph, *, factor=factor):
            return graph * factor

        return forward

    def many(last):
        return Scale(np.array([0.0] * 5000 + [last]))

    all_different = [
        None,
        *(by(1), by(2), by([1]), by({1}), by({1: 2}), by(by(1)), by(np)),
        *(with_default(factor=1), with_default(factor=2)),
        *(Scale(1), Scale(2), [Scale(1)], Scale, Scale(1).__call__, Scale(2).__call__),
        *(partial(by, 1), partial(by, 2), partial(by, x=1)),
        *(many(1), many(2), Scale(torch.zeros(2)), Scale(torch.zeros(3))),
        *(Slots(1), Slots(2), AddSelfLoops(), AddSelfLoops("w"), len, torch.relu),
        Compose([AddSelfLoops()]),
    ]
    described = [describe(value) for value in all_different]
    assert len(set(described)) == len(described)
    assert describe(by(1)) == describe(by(1))
    assert describe(Scale(1)) == describe(Scale(1))
    assert describe(many(1)) == describe(many(1))


def test_what_a_callable_refers_to_is_part_of_its_description(monkeypatch):
    def forward(graph):
        return [n * FACTOR for n in _num_notes(graph)]

    before, scale = describe(forward), describe(Scale(1))
    assert describe(forward) == before
    monkeypatch.setitem(globals(), "FACTOR", 2)
    other = describe(forward)
    monkeypatch.setitem(globals(), "_num_notes", lambda dataset: 0)
    assert len({before, other, describe(forward)}) == 3
    monkeypatch.setattr(Scale, "__call__", lambda self, graph: graph * self.factor)
    assert describe(Scale(1)) != scale


def test_a_callable_that_cannot_be_described_is_refused(tmp_path):
    with (
        (tmp_path / "file").open("w") as file,
        pytest.raises(ValueError, match=r"cannot be told from its content \(.*use functions"),
    ):
        describe(Scale(file))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev"}, "there is no split 'dev'; accepted are train, valid, test"),
        ({"split_scheme": "random"}, "has no split scheme 'random'; there are official"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message, chorale_home):
    with pytest.raises(ValueError, match=message):
        musebench.ChoralePitchSpelling(chorale_home, **arguments)


def test_a_misspelt_board_is_answered_with_the_right_one():
    with pytest.raises(ValueError, match="did you mean 'asap-pitch-spelling'"):
        musebench.load("asap-pitch-speling")
