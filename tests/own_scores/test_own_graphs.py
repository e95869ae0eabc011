"""A user's scores as graphs: what the datasets of boards can, they can."""

import pickle
import shutil
from multiprocessing import get_context

import pytest
import torch

from made_folder import is_last, load, unchanged
from musebench import MuseNeighborLoader
from musebench.datasets.statistics import dataset_statistics
from musebench.errors import InputError
from musebench.evaluation import Evaluator


def test_copies_selections_and_pickles(folder):
    dataset = load(folder, labels=lambda n: n.pitch % 2, splits=lambda _: "train")
    assert len(pickle.dumps(dataset)) < 10_000
    dataset._recipe_of_notes  # noqa: B018 (kept once it was computed; it has an entry per piece)
    assert len(pickle.dumps(dataset)) < 10_000
    for part in (
        *(
            dataset[[2, 0]],
            dataset[[2, 0]].copy(),
            dataset.copy([2, 0]),
            dataset.index_select([2, 0]),
        ),
        pickle.loads(pickle.dumps(dataset[[2, 0]])),
    ):
        assert [graph.piece_id for graph in part] == ["piano", "divisions"]
        assert part.pieces["piece_id"].tolist() == ["piano", "divisions"]
        assert torch.equal(part[0]["note"].y, dataset[2]["note"].y)
        assert [t.piece_id for t in part.targets()] == ["piano", "divisions"]
    assert len(dataset.shuffle()) == 3
    assert "own scores in" in dataset.card.lower()


def first_labels(dataset):
    return dataset[1]["note"].y.tolist()


def test_a_spawned_process_opens_what_is_stored(folder):
    dataset = load(folder, labels=lambda n: n.pitch % 2)
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(first_labels, (dataset,)) == first_labels(dataset)
    shutil.rmtree(folder)  # the scores themselves are not asked again
    assert first_labels(pickle.loads(pickle.dumps(dataset))) == first_labels(dataset)
    shutil.rmtree(dataset.processed_dir)
    with pytest.raises(
        InputError, match="is gone or damaged; make the dataset of these scores again"
    ):
        pickle.loads(pickle.dumps(dataset))


def test_workers_of_the_loader_are_spawned(folder):
    dataset = load(folder, labels=is_last)
    options = {"num_neighbors": [2], "batch_size": 2, "seed": 3}
    here = next(iter(MuseNeighborLoader(dataset, **options)))
    there = next(
        iter(MuseNeighborLoader(dataset, **options, num_workers=1, multiprocessing_context="spawn"))
    )
    assert torch.equal(here["note"].x, there["note"].x)


def only_long(graph):
    return graph["note"].num_nodes > 3


def add_mean(graph):
    graph["note"].mean_pitch = graph["note"].pitch.float().mean().reshape(1)
    return graph


def test_transforms_and_relations(folder):
    options = {"labels": is_last, "pre_filter": only_long, "pre_transform": add_mean}
    dataset = load(folder, **options, relations=("onset", "during"), transform=unchanged)
    assert dataset.pieces["piece_id"].tolist() == ["duet", "piano"]
    assert ("note", "rest", "note") not in dataset[0].edge_types
    assert "mean_pitch" in dataset[0]["note"]
    assert dataset.verify(deep=True) == []
    assert pickle.loads(pickle.dumps(dataset))[1].piece_id == "piano"


@pytest.mark.parametrize("splits", [None, "random"])
def test_statistics(folder, splits):
    tables = dataset_statistics(load(folder, labels=is_last, splits=splits))
    assert tables["splits"]["notes"].sum() == 29
    assert tables["classes_label"].to_numpy().sum() == 29


def test_predictions_of_own_labels_are_scored(folder):
    dataset = load(folder, labels=is_last, splits=lambda p: "test" if p != "duet" else "train")
    evaluator = Evaluator.from_targets(dataset.task, dataset.targets("test"), num_resamples=9)
    wrong = {t.piece_id: 1 - t.labels["label"] for t in dataset.targets("test")}
    assert evaluator.eval({"y_pred": wrong})["accuracy"] == 0
    assert "all 2 pieces of own data" in evaluator.expected_input_format
