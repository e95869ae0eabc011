"""Declarations of a package outside: slips that are easily made are told as sentences."""

import dataclasses

import numpy as np
import pytest
import torch

from made_scores import random_graph
from musebench.annotations import FORMATS
from musebench.boards import BOARDS
from musebench.corpora import CORPORA
from musebench.errors import InputError, MissingDependencyError
from musebench.evaluation import Evaluator, PieceTarget, register_metric
from musebench.evaluation.metric import METRICS
from musebench.models import Encoder
from musebench.tasks import Task

OWN = {"name": "own", "kind": "note", "heads": {"end": ("no", "yes")}, "inputs": ("pitch",)}


@pytest.mark.parametrize(
    ("slip", "message"),
    [
        ({"main_metrics": "accuracy"}, r"main_metrics of own is 'accuracy'; .* \('accuracy',\)"),
        ({"inputs": "pitch"}, "inputs of own is 'pitch'; it must be a tuple"),
        ({"heads": {"end": "yes"}}, "end of own is 'yes'; it must be a tuple"),
        ({"kind": "notes"}, "the kind of own is 'notes'; accepted are note, onset, link"),
    ],
)
def test_a_text_is_no_list_and_a_kind_is_a_kind(slip, message):
    Task(**OWN, main_metrics=("accuracy",))
    with pytest.raises(InputError, match=message):
        Task(**{**OWN, "main_metrics": ("accuracy",), **slip})


def test_the_name_of_a_task_is_no_task():
    with pytest.raises(InputError, match="the task of chorale-phrase is a str; give a Task"):
        dataclasses.replace(BOARDS["chorale-phrase"], task="phrase")


def test_a_corpus_without_its_table_says_how_to_make_it(tmp_path):
    corpus = dataclasses.replace(CORPORA["asap"], table=tmp_path / "asap.tsv")
    with pytest.raises(InputError, match=r"no table of files .*asap\.tsv; `python tools regi"):
        _ = corpus.pieces


def test_a_format_names_the_package_that_it_lacks():
    of_another = dataclasses.replace(FORMATS["score"], packages=("no-such-reader",))
    with pytest.raises(MissingDependencyError, match="pip install no-such-reader"):
        _ = of_another.recipe


def test_a_metric_gives_a_measure(monkeypatch):
    list(METRICS)
    monkeypatch.setattr(METRICS, "_known", dict(METRICS._known))
    register_metric("mere-number")(lambda notes: 0.5)
    task = Task(**OWN, main_metrics=("mere-number",))
    target = PieceTarget("a", "a", "me", {"end": np.array([0, 1])})
    with pytest.raises(InputError, match="'mere-number' gives a float; a metric gives a Measure"):
        Evaluator.from_targets(task, [target]).eval({"y_pred": {"a": [0, 1]}})


def test_an_encoder_embeds_the_notes_that_are_asked_for():
    class All(Encoder):
        def __init__(self):
            super().__init__({}, 1, 1, 0.0)

        def encode(self, given):
            return given.x_dict["note"]

    graph = random_graph(9, seed=0)
    assert All()(graph.x_dict, {}).shape[0] == 9
    with pytest.raises(InputError, match=r"All\.encode gives 9 embeddings; .* num_notes, 4 notes"):
        All()(graph.x_dict, {}, {"note": [4]})
    assert torch.equal(All()(graph.x_dict, {}), graph["note"].x)
