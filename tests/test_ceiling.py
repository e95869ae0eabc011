"""Ceilings: how well people agree, and the weight of music that is there twice."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import toy_board
from musebench import splits
from musebench.annotations import AUGMENTEDNET_HEADS, IGNORE_LABEL
from musebench.boards import find_board
from musebench.errors import InputError
from musebench.evaluation import (
    PieceTarget,
    ceiling,
    ceiling_of,
    has_ceiling,
    read_ceiling,
    write_ceiling,
)
from musebench.evaluation.targets import load_targets
from musebench.loader import MuseNeighborLoader
from musebench.models import read_config
from musebench.splits import music_of_pieces, read_pieces, weight_of_pieces
from musebench.train.loop import training_batches

ROMAN, PERFORMANCE = "augmentednet-roman-numeral", "asap-performance"


def test_music_with_two_annotations_weighs_as_much_as_one():
    pieces, weight = read_pieces(ROMAN)["piece_id"], weight_of_pieces(ROMAN)
    is_twice = pieces.str.startswith("tavern-")
    assert is_twice.sum() == 50
    assert (weight[is_twice] == 0.5).all()
    assert (weight[~is_twice] == 1).all()
    music = music_of_pieces(ROMAN)
    assert (music[is_twice] == pieces[is_twice].str[:-2]).all()
    assert (music[~is_twice] == pieces[~is_twice]).all()
    assert (weight_of_pieces(PERFORMANCE) == 1).all()


def test_music_that_is_there_twice_weighs_half_in_metrics_and_in_training(monkeypatch, tmp_path):
    toy_board.register(monkeypatch, tmp_path / "mirror")
    twice = toy_board.PIECES.assign(music=["same", "same", ""], split_official="train")
    read = splits._read
    monkeypatch.setattr(splits, "_read", lambda name: twice if name == "toy-board" else read(name))
    loaded = toy_board.dataset_class()(tmp_path / "home", "train", n_jobs=1)
    expected = dict(zip(twice["piece_id"], [0.5, 0.5, 1], strict=True))
    assert loaded.weights == [expected[piece] for piece in loaded.pieces["piece_id"]]
    assert loaded[1:].weights == loaded.weights[1:]
    targets = load_targets(toy_board.BOARD, "train", "official", tmp_path / "home")
    assert {target.piece_id: target.weight for target in targets} == expected
    run = SimpleNamespace(load_dataset=lambda _: loaded, model="mlp", seed=0)
    config = read_config("mlp", find_board("asap-pitch-spelling"), transpose=False)
    plain = MuseNeighborLoader(loaded, [2], config.subgraph_size, 3).dataset.weight
    drawn = training_batches(run, config).dataset.weight
    np.testing.assert_allclose(drawn, plain * loaded.weights)


def test_only_some_boards_have_a_ceiling():
    assert has_ceiling(find_board(ROMAN))
    assert has_ceiling(find_board(PERFORMANCE))
    with pytest.raises(InputError, match=r"dcml-cadence has one opinion .*: asap-performance, aug"):
        ceiling_of("dcml-cadence")


@pytest.fixture
def told(monkeypatch):
    """Let boards have these pieces instead of those of their corpora."""

    def tell(targets):
        by_id = {target.piece_id: target for target in targets}
        monkeypatch.setattr(ceiling, "load_board_notes", lambda *_: None)
        monkeypatch.setattr(
            ceiling,
            "targets_of",
            lambda board, store, pieces: [by_id[name] for name in pieces["piece_id"]],
        )

    return tell


def analysed(name, degree, order="same"):
    labels = {head: np.array([1, 1, 1, 1]) for head in AUGMENTEDNET_HEADS}
    labels["degree1"] = np.array(degree)
    if IGNORE_LABEL in degree:
        gaps = np.array(degree) == IGNORE_LABEL
        labels = {head: np.where(gaps, IGNORE_LABEL, of_head) for head, of_head in labels.items()}
    context = {"quarters_to_next": np.ones(4)}
    return PieceTarget(name, name[:-2], "Anon", labels, context, order)


def test_annotators_are_judged_by_each_other(told, monkeypatch):
    pieces = read_pieces(ROMAN)
    names = [name for name in pieces["piece_id"] if name.startswith("tavern-")][:4]
    few = pieces[pieces["piece_id"].isin(names)].reset_index(drop=True)
    music = few["piece_id"].str[:-2]
    monkeypatch.setattr(ceiling, "read_pieces", lambda _: few)
    monkeypatch.setattr(ceiling, "music_of_pieces", lambda _: music)
    degrees = [3, 3, 3, 3], [3, 4, 5, 3], [3, 3, 3, IGNORE_LABEL], [3, 3, 4, 4]
    made = [analysed(name, of) for name, of in zip(names, degrees, strict=True)]
    told(made)
    found = ceiling_of(ROMAN)
    assert found.value == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert (found.num_pieces, found.num_works, found.num_opinions) == (2, 2, 4)
    assert found.metric == "roman_numeral_accuracy"
    told([replace(made[0], order_sha256="other"), *made[1:]])
    with pytest.raises(InputError, match="differ in their notes"):
        ceiling_of(ROMAN)


def test_pianists_are_judged_by_the_mean_of_the_others(told, monkeypatch):
    pieces = read_pieces(PERFORMANCE)
    few = pieces.iloc[:3].reset_index(drop=True)
    monkeypatch.setattr(ceiling, "read_pieces", lambda _: few)
    monkeypatch.setattr(ceiling, "music_of_pieces", lambda _: few["piece_id"])
    heads = list(find_board(PERFORMANCE).task.heads)
    played = {
        0: [[0, 1, 2, 4], [0, 2, 1, 3], [1, 0, np.nan, 3]],
        1: [[0, 1, 2, 3]],  # one pianist has nobody to agree with
        2: [[0, 1, 2, 3], [3, 2, 1, 0]],
    }
    made = []
    for number, of_piece in played.items():
        opinions = [dict.fromkeys(heads, np.array(one, float)) for one in of_piece]
        labels = dict.fromkeys(heads, np.zeros(4))
        context = {"onset_index": np.arange(4)}
        name = few["piece_id"][number]
        made.append(PieceTarget(name, "one work", "Anon", labels, context, opinions=opinions))
    told(made)
    found = ceiling_of(PERFORMANCE)
    first = [
        np.corrcoef([0, 1, 2, 4], [0.5, 1, 1, 3])[0, 1],
        np.corrcoef([0, 2, 1, 3], [0.5, 0.5, 2, 3.5])[0, 1],
        np.corrcoef([1, 0, 3], [0, 1.5, 3.5])[0, 1],
    ]
    # A piece of three pianists counts no more than one of two.
    assert found.value == pytest.approx((np.mean(first) - 1) / 2)
    assert (found.num_pieces, found.num_works, found.num_opinions) == (2, 1, 5)


def test_a_ceiling_is_stored_beside_the_entries(tmp_path):
    board = find_board(ROMAN)
    value = ceiling.Ceiling(ROMAN, board.version, "accuracy", 0.5, 0.4, None, 2, 2, 4)
    assert read_ceiling(ROMAN, tmp_path) is None
    (tmp_path / ROMAN).mkdir()
    file = write_ceiling(value, tmp_path)
    assert file == tmp_path / ROMAN / "ceiling.json"
    assert read_ceiling(ROMAN, tmp_path) == value
    write_ceiling(replace(value, version="0.1"), tmp_path)
    assert read_ceiling(ROMAN, tmp_path) is None  # of other labels
    file.write_text(json.dumps({"value": 1}))
    with pytest.raises(InputError, match=r"is damaged .*; run `musebench ceiling aug"):
        read_ceiling(ROMAN, tmp_path)
