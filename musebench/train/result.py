"""Reproducible results of trained models and rules."""

import platform
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from tqdm import tqdm

from musebench.datasets import ScoreGraphDataset
from musebench.errors import CheckpointError, ResumeError
from musebench.evaluation import (
    RESULT_VERSION,
    Evaluator,
    decide_events,
    read_predictions,
    read_result,
)
from musebench.files import NOTHING, kind_of, make_folder, printable
from musebench.models import ENCODERS, Classes, Rule, ScoreModel
from musebench.score import NoteTable
from musebench.splits import num_folds
from musebench.store import labels_of
from musebench.train.checkpoint import load_model
from musebench.train.hardware import Hardware
from musebench.train.joint import joint_boards
from musebench.train.loop import Predictions, predict
from musebench.train.run import Run, describe_run, exclusive, read_history, write_json
from musebench.train.training import train


def fit_rule(run: Run) -> Rule:
    """Return the rule of a run, fitted on the training split if it needs training.

    A rule that needs validation then chooses on that split, as learned models do.
    """
    rule = run.rule
    if not rule.needs_training:
        return rule
    fitted = rule.fit(*_labelled(run, "train"))
    return fitted.tune(*_labelled(run, "valid")) if rule.needs_validation else fitted


def _labelled(run: Run, split: str) -> tuple[list[NoteTable], list[Classes]]:
    """Note tables and labels of a split."""
    dataset = run.load_dataset(split)
    store, pieces = dataset.note_store(), dataset.pieces["piece_id"]
    labels = [labels_of(dataset.board, store, piece_id) for piece_id in pieces]
    return [store.tables[piece_id] for piece_id in pieces], labels


def predict_by_rule(rule: Rule, dataset: ScoreGraphDataset) -> Predictions:
    """Predict all pieces of a dataset with a rule, from their note tables."""
    tables = dataset.note_store().tables
    pieces = tqdm(dataset.pieces["piece_id"], type(rule).__name__, disable=None, leave=False)
    return {piece_id: rule(tables[piece_id]) for piece_id in pieces}


def make_predictions(
    run: Run, split: str, *, board: str | None = None, device: torch.device | str | None = None
) -> Predictions:
    """Predict a split with a finished run, that of another board of its task if one is named."""
    asked = run.on(board) if board else run
    return predictor_of(run, device=device)(asked.load_dataset(split))


def predictor_of(
    run: Run, *, device: torch.device | str | None = None
) -> Callable[[ScoreGraphDataset], Predictions]:
    """What predicts datasets with a finished run; a rule is fitted once."""
    if run.model not in ENCODERS:
        return partial(_decide, run, fit_rule(run))
    return partial(predict, load_model(run.folder, device=device))


def _decide(run: Run, rule: Rule, dataset: ScoreGraphDataset) -> Predictions:
    """Predict with a rule; one with scores of events has its thresholds chosen on validation."""
    predictions, task = predict_by_rule(rule, dataset), dataset.board.task
    score = f"{task.main_head}_score"
    has_scores = all(score in columns for columns in predictions.values())
    if rule.needs_validation or not task.has_events or not has_scores:
        return predictions
    valid = predict_by_rule(rule, run.load_dataset("valid"))
    thresholds = run.evaluator("valid", num_resamples=1).choose_thresholds({"y_pred": valid})
    return decide_events(predictions, task.main_head, thresholds)


def reproduce(run: Run, hardware: Hardware | None = None, *, split: str = "test") -> dict[str, Any]:
    """Build, train, predict, evaluate; write and return the result.

    A run that already has a result for the same configuration, code and data is not repeated, and
    an interrupted one is resumed; a run that differs in any of them starts over.

    Raises:
        BusyError: If another process is making the run.
    """
    with exclusive(run):
        return _reproduce(run, hardware or Hardware(), split)


def _reproduce(run: Run, hardware: Hardware, split: str) -> dict[str, Any]:
    result_file = run.folder / "result.json"
    described = describe_run(run, hardware.precision)
    if kind_of(result_file) != NOTHING:
        result = read_result(result_file)
        if (result["run"], result["split"]) == (described, split):
            return result
    result = {"result_version": RESULT_VERSION, "run": described, **_make(run, hardware, split)}
    write_json(result_file, result)
    return result


def _make(run: Run, hardware: Hardware, split: str) -> dict[str, Any]:
    """Train, predict and evaluate; return what the result says of it."""
    model = _train_or_resume(run, hardware) if run.model in ENCODERS else None
    started = time.perf_counter()
    predictions = make_predictions(run, split)
    predicted = time.perf_counter()
    make_folder(run.folder)
    prediction_file = run.folder / f"{split}.npz"
    run.write_predictions(prediction_file, split, predictions)
    return {
        "split": split,
        "metrics": run.evaluator(split).eval(
            {"y_pred": read_predictions(prediction_file).y_pred}  # as stored
        ),
        "trained_on": [f"{board}:train" for board in _boards_learned(run)],
        "num_parameters": sum(p.numel() for p in model.parameters()) if model else 0,
        "train_seconds": sum(values["seconds"] for values in read_history(run)) if model else 0.0,
        "predict_seconds": predicted - started,
        "predictions": prediction_file.name,
        "machine": {"platform": platform.platform(), "num_threads": torch.get_num_threads()},
        "command": printable(" ".join(["musebench", *sys.argv[1:]])),
    }


def join_folds(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The metrics over all works of a board, of those methods all of whose folds are given.

    Args:
        runs: Finished runs.

    Returns:
        For each board, model and seed with all folds: ``run``, whose fold is ``all``, and
        ``metrics``.
    """
    groups: dict[tuple[str, str, str, int], list[Run]] = {}
    for run in runs:
        method = run.folder.name.partition("-fold")[0]  # with the convolution
        groups.setdefault((run.board, run.model, method, run.seed), []).append(run)
    joined = []
    for (board, model, _, seed), found in groups.items():
        if not 1 < len(found) == num_folds(board):
            continue
        files = [
            run.folder / read_result(run.folder / "result.json")["predictions"] for run in found
        ]
        predictions = {k: v for file in files for k, v in read_predictions(file).y_pred.items()}
        evaluator = Evaluator(board, fold="all", root=found[0].root)
        about = {"board": board, "model": model, "fold": "all", "seed": seed}
        joined.append({"run": about, "metrics": evaluator.eval({"y_pred": predictions})})
    return joined


def _boards_learned(run: Run) -> Sequence[str]:
    """Boards whose training split a run has seen."""
    if run.model in ENCODERS:
        return joint_boards(run.board) if ENCODERS[run.model].joint else (run.board,)
    return (run.board,) if run.rule.needs_training else ()


def _train_or_resume(run: Run, hardware: Hardware) -> ScoreModel:
    try:
        return train(run, hardware, resume=True)
    except (CheckpointError, ResumeError):
        return train(run, hardware)
