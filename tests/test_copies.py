"""Copies, slices, shuffles, sums, subsets and pickles keep pieces and splits right."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, Subset, random_split
from torch_geometric.loader import DataLoader

import musebench
from musebench.boards import BOARDS
from musebench.errors import InputError
from musebench.graph import ScoreGraph
from musebench.loader import MuseNeighborLoader
from musebench.splits import SPLITS, read_pieces, split_of_pieces

SELECTIONS = {
    "all": lambda dataset: dataset,
    "slice": lambda dataset: dataset[40:90:3],
    "reversed": lambda dataset: dataset[::-1],
    "share": lambda dataset: dataset[:0.1],
    "one": lambda dataset: dataset[7:8],
    "list": lambda dataset: dataset[[300, 2, 250, 2]],
    "mask": lambda dataset: dataset[torch.arange(len(dataset)) % 5 == 0],
    "array": lambda dataset: dataset[np.array([9, 8, 300])],
    "index_select": lambda dataset: dataset.index_select([5, 301]),
    "shuffle": lambda dataset: dataset.shuffle(),
    "shuffled slice": lambda dataset: dataset.shuffle()[:30],
    "slice of slice": lambda dataset: dataset[10:200][50:60],
}
COPIES = {
    "as it is": lambda dataset: dataset,
    "copy": lambda dataset: dataset.copy(),
    "copy of copy": lambda dataset: dataset.copy().copy(),
    "copy of shuffled copy": lambda dataset: dataset.copy().shuffle().copy(),
    "copy of part": lambda dataset: dataset.copy(list(range(len(dataset)))[::2]),
    "pickle": lambda dataset: pickle.loads(pickle.dumps(dataset)),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
}


@pytest.fixture(scope="module")
def dataset(chorale_home):
    return musebench.load("chorale-voice-separation", chorale_home)


@pytest.fixture(scope="module")
def truth():
    """Split of each piece, from the table."""
    board = "chorale-voice-separation"
    return dict(zip(read_pieces(board)["piece_id"], split_of_pieces(board), strict=True))


def assert_right(part, whole, truth):
    """Each row of ``pieces`` is that of its graph; splits are those of the table."""
    pieces, by_id = part.pieces, dict(zip(whole.pieces["piece_id"], range(len(whole)), strict=True))
    assert len(pieces) == len(part)
    for i, row in enumerate(pieces.itertuples()):
        graph = part[i]
        assert type(graph) is ScoreGraph
        assert graph.piece_id == row.piece_id
        assert graph["note"].num_nodes == row.num_notes
        assert truth[row.piece_id] == row.split
        original = whole[by_id[row.piece_id]]
        assert torch.equal(graph["note"].y, original["note"].y)
        assert torch.equal(graph.candidate_index, original.candidate_index)
    if part._indices is not None:
        with pytest.raises(InputError, match="get_idx_split indexes the whole dataset"):
            part.get_idx_split()
        return
    index = part.get_idx_split()
    assert sorted(torch.cat(list(index.values())).tolist()) == list(range(len(part)))
    for split in SPLITS:
        chosen = part[index[split]]
        assert {truth[chosen[i].piece_id] for i in range(len(chosen))} <= {split}


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("how", COPIES)
def test_copies_of_selections_keep_their_pieces(dataset, truth, selection, how):
    part = COPIES[how](SELECTIONS[selection](dataset))
    assert_right(part, dataset, truth)


def test_a_copy_of_a_split_is_of_that_split(chorale_home, truth):
    valid = musebench.ChoraleVoiceSeparation(chorale_home, "valid")
    copied = valid.copy()
    assert_right(copied, valid, truth)
    assert {split: len(index) for split, index in copied.get_idx_split().items()} == {
        "train": 0,
        "valid": 47,
        "test": 0,
    }


def test_a_copy_shares_no_memory(dataset):
    for part in (dataset[3:4], dataset[3:5]):
        copied = part.copy()
        copied[0]["note"].y.fill_(7)
        assert not (dataset[3]["note"].y == 7).all()


def test_nothing_is_copied_of_nothing(dataset):
    with pytest.raises(InputError, match="no graph is selected, so there is nothing to copy"):
        dataset[[]].copy()


def test_sums_and_subsets_are_sampled(dataset, truth):
    first, second = dataset[:3], dataset[200:204]
    summed = first + second
    assert isinstance(summed, ConcatDataset)
    ids = [*first.pieces["piece_id"], *second.pieces["piece_id"]]
    assert [summed[i].piece_id for i in range(len(summed))] == ids
    subset = Subset(dataset, [5, 1])
    part, _ = random_split(dataset, [4, len(dataset) - 4], torch.Generator().manual_seed(0))
    for graphs in (summed, subset, part):
        expected = [graphs[i].piece_id for i in range(len(graphs))]
        loader = MuseNeighborLoader(graphs, [2], 60, 2, coverage="exact")
        seen = {piece for batch in loader for piece in batch.piece_id}
        assert seen == set(expected)
        joined = [piece for batch in DataLoader(graphs, batch_size=2) for piece in batch.piece_id]
        assert joined == expected


def test_a_filter_that_leaves_one_piece_leaves_a_dataset(toys, tmp_path):
    dataset = toys(tmp_path / "home", n_jobs=1, pre_filter=lambda graph: graph.piece_id == "duet")
    assert len(dataset) == len(dataset.pieces) == 1
    assert dataset[0].piece_id == "duet"
    assert dataset[0].divs_pq.shape == (1,)
    assert [len(index) for index in dataset.get_idx_split().values()] == [0, 1, 0]
    assert_loaded(dataset)


def assert_loaded(dataset):
    loader = MuseNeighborLoader(dataset, [2], 10, 2, coverage="exact")
    assert {piece for batch in loader for piece in batch.piece_id} == set(
        dataset.pieces["piece_id"]
    )


def test_splits_follow_the_scheme_of_a_copy(chorale_home, toys, home):
    dataset = toys(home)
    copied = dataset.shuffle().copy()
    for split, index in copied.get_idx_split().items():
        assert [copied[int(i)].piece_id for i in index] == [
            piece
            for piece, s in zip(copied.pieces["piece_id"], copied.pieces["split"], strict=True)
            if s == split
        ]
    assert_loaded(copied)


def test_raw_files_are_where_they_are_said_to_be(toys, home):
    dataset = toys(home)
    assert dataset.raw_file_names == [f"{n}.musicxml" for n in ("divisions", "duet", "piano")]
    assert all(Path(path).is_file() for path in dataset.raw_paths)
    assert all(Path(path).parent == Path(dataset.raw_dir) for path in dataset.raw_paths)


@pytest.mark.parametrize("board", BOARDS)
def test_raw_files_of_boards_are_those_of_their_corpora(board, chorale_home, at_hand):
    at_hand(board)
    dataset = musebench.load(board, chorale_home)
    number = sum(len(set(corpus.paths)) for corpus in BOARDS[board].corpus.members)
    assert len(set(dataset.raw_paths)) == number
    assert all(Path(path).is_file() for path in dataset.raw_paths)
    assert not any(name.startswith("..") for name in dataset.raw_file_names)
