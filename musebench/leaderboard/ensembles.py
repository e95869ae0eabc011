"""Ensembles: the probabilities of several entries of a board, averaged, as a row of its own.

Prediction files may hold a score per class, so entries can be averaged without their code.

Conventions:
    Members are learned models and trees whose files have probabilities for every head that must be
    predicted. All of them are members, so that none is chosen by its result on the test works.
    Probabilities are averaged over the runs of a member, then over the members. Events of a fold
    are decided by thresholds that are chosen on the other folds: there, too, each work was
    predicted by a model that has not seen it, and no label of the fold enters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musebench.boards import Board
from musebench.evaluation import Evaluator, decide_events
from musebench.leaderboard.check import CheckedRun, Predictions, Report, judge_run
from musebench.tasks import Task

FEWEST_MEMBERS = 2
TOLERANCE = 0.01  # of a sum of probabilities, each of which is rounded to float16
KINDS = frozenset({"learned", "trees"})

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Several entries as one.

    Attributes:
        members: Names of the entries.
        run: Its predictions of all folds, evaluated.
        official: Those of fold 0.
    """

    members: tuple[str, ...]
    run: CheckedRun
    official: CheckedRun


def make_ensemble(
    board: Board, entries: Mapping[str, Report], root: str | Path | None = None
) -> Ensemble | None:
    """Average the entries of a board that have probabilities; None if there are not enough.

    Args:
        board: The board.
        entries: Name -> report of an entry that predicts every work.
        root: The data home.

    Raises:
        DownloadError: If the labels are neither cached nor downloadable.
    """
    found = {name: _probabilities(board.task, report) for name, report in entries.items()}
    members = {name: scores for name, scores in found.items() if scores}
    if len(members) < FEWEST_MEMBERS:
        return None
    evaluator = Evaluator(board.name, fold="all", root=root)
    if board.task.has_events and len(evaluator.folds) == 1:
        return None  # there are no other folds to choose thresholds on
    predictions = decide(evaluator, mean_scores([*members.values()]))
    first, by_piece = evaluator.folds[0], evaluator.fold_by_piece
    of_first = {piece: predictions[piece] for piece, fold in by_piece.items() if fold == first}
    return Ensemble(
        members=tuple(members),
        run=judge_run(0, predictions, evaluator),
        official=judge_run(0, of_first, evaluator.of_fold(first)),
    )


def _probabilities(task: Task, report: Report) -> Predictions:
    """Mean over the runs of an entry; empty unless it is a member."""
    columns = {name for name, head in task.scores.items() if head in task.required_heads}
    of_all_heads = {task.scores[name] for name in columns} == set(task.required_heads)
    if report.submission is None or report.submission.kind not in KINDS or not of_all_heads:
        return {}
    found = [
        {piece: {name: of_piece[name] for name in columns if name in of_piece}
         for piece, of_piece in run.scores.items()}
        for run in report.runs
    ]  # fmt: skip
    fits = all(
        len(of_piece) == len(columns) and all(map(_add_up_to_one, of_piece.values()))
        for run in found
        for of_piece in run.values()
    )
    return mean_scores(found) if fits else {}


def _add_up_to_one(scores: NDArray[np.generic]) -> bool:
    total = np.asarray(scores, np.float64).sum(axis=-1)
    return bool(np.allclose(total, 1.0, rtol=0.0, atol=TOLERANCE))


def mean_scores(parts: Sequence[Predictions]) -> dict[str, dict[str, FloatArray]]:
    """Return the mean of the scores of runs or entries.

    Args:
        parts: Piece id -> column -> scores, ``(num_predictions, num_classes)``, of the same pieces.
    """
    return {
        piece: {
            name: np.mean([np.asarray(part[piece][name], np.float64) for part in parts], axis=0)
            for name in columns
        }
        for piece, columns in parts[0].items()
    }


def decide(evaluator: Evaluator, scores: Predictions) -> Predictions:
    """Return scores with the classes that follow from them, events by thresholds of other folds.

    Args:
        evaluator: Evaluator of the test splits of several folds.
        scores: Piece id -> column -> scores.
    """
    task = evaluator.task
    likeliest = {
        piece: {**columns} | {task.scores[name]: x.argmax(axis=-1) for name, x in columns.items()}
        for piece, columns in scores.items()
    }
    if not task.has_events:
        return likeliest
    decided: dict[str, Mapping[str, NDArray[np.generic]]] = {}
    by_piece = evaluator.fold_by_piece
    for fold in evaluator.folds:
        others = evaluator.of_fold(*(other for other in evaluator.folds if other != fold))
        of_others = {piece: likeliest[piece] for piece in others.fold_by_piece}
        thresholds = others.choose_thresholds({"y_pred": of_others})
        own = {piece: likeliest[piece] for piece, place in by_piece.items() if place == fold}
        decided |= decide_events(own, task.main_head, thresholds)
    return decided
