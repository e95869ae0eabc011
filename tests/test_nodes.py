"""What counts as a note: the store, graphs, labels, rules, metrics and cards see the same."""

from dataclasses import replace

import numpy as np
import pytest

import made_sources
import toy_board
from musebench import splits
from musebench.boards import BOARDS
from musebench.card import write_card
from musebench.evaluation import Evaluator
from musebench.evaluation.targets import load_targets
from musebench.graph import build_task_graph
from musebench.store import board_recipe, load_board_notes, load_notes
from musebench.tasks import MELODY

SONG = (("Voice", 1), ("Piano", 2))
NAME = "toy-songs"


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A board of made-up songs in which the piano doubles the voice."""
    data = tmp_path / "songs"
    data.mkdir()
    for seed, name in enumerate(toy_board.NAMES):
        file = made_sources.musicxml(made_sources.MadeScore(seed), data, name, SONG)
        assert file.name == f"{name}.musicxml"
    monkeypatch.setattr(toy_board, "DATA", data)
    corpus = replace(toy_board.CORPUS, name="songs", repository="own/songs")
    read = splits._read
    monkeypatch.setattr(splits, "_read", lambda n: toy_board.PIECES if n == NAME else read(n))
    found = replace(toy_board.BOARD, name=NAME, dataset="", corpus=corpus, task=MELODY)
    monkeypatch.setitem(BOARDS, NAME, found)
    folder = tmp_path / "mirror" / corpus.folder
    folder.mkdir(parents=True)
    for path in corpus.registry:
        (folder / path).write_bytes((data / path).read_bytes())
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "home"))
    return found


def test_everyone_sees_the_same_notes(board):
    from musebench.datasets import dataset_class

    every, nodes = load_notes(board.corpus).tables, load_board_notes(board)
    dataset = dataset_class(board)(reveal_test_labels=True)
    counts = {name: len(MELODY.nodes(notes)) for name, notes in every.items()}
    assert all(counts[name] < len(every[name]) for name in counts)
    assert dict(nodes.num_notes) == counts
    assert dict(zip(dataset.pieces["piece_id"], dataset.pieces["num_notes"], strict=True)) == counts
    for graph in dataset:
        table = nodes.tables[graph.piece_id]
        assert graph["note"].num_nodes == len(table) == counts[graph.piece_id]
        assert np.array_equal(graph["note"].pitch, table.pitch)
        whole = build_task_graph(every[graph.piece_id], MELODY)
        assert np.array_equal(whole["note"].x, graph["note"].x)
    (target,) = load_targets(board, "test", "official")
    assert target.num_predictions == counts[target.piece_id]
    right = {target.piece_id: target.labels["melody"]}
    assert Evaluator(NAME).eval({"y_pred": right})["f1"] == 1
    (graph,) = [graph for graph in dataset if graph.piece_id == target.piece_id]
    assert np.array_equal(graph["note"].y, target.labels["melody"])
    assert f"{sum(counts.values()):,} notes have duration 0" in write_card(board)


def test_a_task_that_unites_notes_has_other_data(board):
    other = replace(board, task=replace(MELODY, unite=None))
    assert board_recipe(board) != board_recipe(other)


def test_graphs_name_their_piece_and_nothing_else(board):
    from musebench.datasets import dataset_class

    for graph in dataset_class(board)():
        words = {key for key, value in graph._global_store.items() if isinstance(value, str)}
        assert words == {"piece_id"}
