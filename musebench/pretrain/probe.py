"""The fixed probes: what frozen embeddings know of the labels of a board.

Settings are fixed; nothing is chosen on a validation split. Features are standardised by the
training rows. An onset has the mean of the notes that start there beside its lowest note, a score
the mean of its notes, a candidate pair of a link the product and the distance of its two notes. As
many events are predicted, the likeliest, as the training rows would have among as many.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from musebench.annotations import IGNORE_LABEL
from musebench.datasets import ScoreGraphDataset, load
from musebench.errors import InputError, PredictionError
from musebench.evaluation import decide_events
from musebench.models import assign, has_thresholds
from musebench.pretrain.embeddings import Embeddings
from musebench.pretrain.shots import order_of_works
from musebench.registry import what_there_is
from musebench.tasks import Task

MAX_ROWS = 10_000  # training rows that a probe is fitted on, drawn with seed 0
MAX_ITERATIONS = 200
PENALTY = 1.0
NEIGHBOURS = 15
LEAST_SCORE = 1e-6  # of an event
Rows = NDArray[np.float32]
Labels = NDArray[Any]
Predictions = dict[str, dict[str, NDArray[Any]]]


def _linear(task: Task) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if task.kind == "regression":
        return Ridge(alpha=PENALTY)
    return LogisticRegression(C=1 / PENALTY, max_iter=MAX_ITERATIONS)


def _nearest(task: Task) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    kind = KNeighborsRegressor if task.kind == "regression" else KNeighborsClassifier
    return kind(NEIGHBOURS, algorithm="brute")


PROBES: Mapping[str, Callable[[Task], Any]] = {"linear": _linear, "nearest": _nearest}


@dataclass(frozen=True, eq=False)
class _Piece:
    """Rows of a piece; of pairs also which, and the number of notes."""

    rows: Rows
    pairs: NDArray[np.int64]
    num_notes: int


def probe(
    found: Embeddings,
    kind: str,
    root: str | Path | None = None,
    *,
    draw: int | None = None,
    num_works: int | None = None,
    max_rows: int = MAX_ROWS,
) -> Predictions:
    """Fit a probe on the training split of the embeddings' fold; predict its test split.

    Args:
        found: The embeddings.
        kind: ``linear`` or ``nearest``.
        root: The data home.
        draw: Number of a few-shot draw.
        num_works: Number of works of that draw to fit on; None: all.
        max_rows: Fit on so many rows at most, drawn with a fixed seed.

    Raises:
        InputError: If there is no such probe, or no work is asked for.
        PredictionError: If a piece has no embeddings, or not one per note.
    """
    if kind not in PROBES:
        msg = f"there is no probe {kind!r}; {what_there_is(kind, PROBES)}"
        raise InputError(msg)
    if num_works is not None and num_works < 1:
        msg = f"num_works is {num_works}; it must be at least 1."
        raise InputError(msg)
    training = load(found.board, root, "train", fold=found.fold)
    task, wanted = training.board.task, None
    if num_works is not None:
        wanted = set(works_in_order(training, found.fold, draw or 0)[:num_works])
    rows, labels = _training_rows(found, training, wanted, max_rows)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale == 0] = 1
    fitted = {
        head: _fit(PROBES[kind](task), (rows - mean) / scale, labels[head], task)
        for head in task.required_heads
    }
    test = load(found.board, root, "test", fold=found.fold)
    predictions: Predictions = {}
    for i in range(len(test)):
        graph = test[i]
        piece = _rows_of(graph, task, _of_piece(found, graph))
        scaled = replace(piece, rows=(piece.rows - mean) / scale)
        predictions[graph.piece_id] = _predict_heads(fitted, scaled, task)
    if has_thresholds(task):
        shares = np.bincount(labels[task.main_head], minlength=len(task.heads[task.main_head]))
        return _decide(predictions, task.main_head, shares / shares.sum())
    return predictions


def _decide(predictions: Predictions, head: str, shares: NDArray[np.float64]) -> Predictions:
    """Predict each class of events as often as its share says, where it is likeliest."""
    scores = np.concatenate([columns[f"{head}_score"] for columns in predictions.values()])
    thresholds = [
        max(float(np.quantile(of_class, 1 - share)), LEAST_SCORE)
        for of_class, share in zip(scores.T[1:], shares[1:], strict=True)
    ]
    decided: Predictions = decide_events(predictions, head, thresholds)
    return decided


def works_in_order(training: ScoreGraphDataset, fold: int, draw: int) -> list[str]:
    """The training works in the order of a few-shot draw."""
    task, classes = training.board.task, dict[str, set[object]]()
    works = dict(zip(training.pieces["piece_id"], training.pieces["work_id"], strict=True))
    for i in range(len(training)):
        graph = training.nodes(i)
        known = classes.setdefault(works[graph.piece_id], set())
        if task.heads[task.main_head]:
            labels = _labels_of(graph, task)[task.main_head]
            known |= set(labels[labels != IGNORE_LABEL].tolist())
    return order_of_works(classes, fold, draw)


def _training_rows(
    found: Embeddings, training: ScoreGraphDataset, works: Collection[str] | None, max_rows: int
) -> tuple[Rows, dict[str, Labels]]:
    """Rows of the training pieces with labels, a sample of them of fixed seed."""
    task, random = training.board.task, np.random.default_rng(0)
    of_work = dict(zip(training.pieces["piece_id"], training.pieces["work_id"], strict=True))
    chosen = [
        i
        for i, name in enumerate(training.pieces["piece_id"])
        if works is None or of_work[name] in works
    ]
    share = max(max_rows // max(len(chosen), 1), 1)
    rows, labels = [], list[dict[str, Labels]]()
    for i in chosen:
        graph = training[i]
        piece = _rows_of(graph, task, _of_piece(found, graph))
        known = _labels_of_rows(graph, task, piece)
        kept = np.flatnonzero(_is_known(known[task.main_head]))
        kept = random.permutation(kept)[: share if len(chosen) > 1 else max_rows]
        rows.append(piece.rows[kept])
        labels.append({head: column[kept] for head, column in known.items()})
    joined = {head: np.concatenate([of[head] for of in labels]) for head in labels[0]}
    return np.concatenate(rows), joined


def _is_known(labels: Labels) -> NDArray[np.bool_]:
    return np.asarray((labels != IGNORE_LABEL) & ~np.isnan(labels.astype(np.float64)))


def _of_piece(found: Embeddings, graph: HeteroData) -> Rows:
    rows = found.notes.get(graph.piece_id)
    if rows is None or len(rows) != len(graph["note"].pitch):
        msg = f"piece {graph.piece_id!r} needs {len(graph['note'].pitch)} rows, one per note."
        raise PredictionError(msg)
    return rows.astype(np.float32)


def _rows_of(graph: HeteroData, task: Task, notes: Rows) -> _Piece:
    """A row per prediction; for links one per candidate pair."""
    no_pairs = np.zeros((2, 0), dtype=np.int64)
    if task.kind == "link":
        pairs = graph.candidate_index.numpy()
        first, second = notes[pairs[0]], notes[pairs[1]]
        rows = np.concatenate([first * second, np.abs(first - second)], axis=1)
        return _Piece(rows, pairs, len(notes))
    if task.unit == "onset":
        first = np.unique(graph["note"].onset_div.numpy(), return_index=True)[1]
        sums = np.add.reduceat(notes, first, axis=0)
        mean = sums / np.diff(np.append(first, len(notes)))[:, None]
        return _Piece(np.concatenate([mean, notes[first]], axis=1), no_pairs, len(notes))
    rows = notes.mean(axis=0, keepdims=True) if task.unit == "graph" else notes
    return _Piece(rows, no_pairs, len(notes))


def _labels_of(graph: HeteroData, task: Task) -> dict[str, Labels]:
    place = graph["note"] if task.unit == "note" else graph
    found = {}
    for head in task.required_heads:
        found[head] = np.atleast_1d(place[task.label_field(head)].numpy())
    return found


def _labels_of_rows(graph: HeteroData, task: Task, piece: _Piece) -> dict[str, Labels]:
    labels = _labels_of(graph, task)
    if task.kind != "link":
        return labels
    following = labels[task.main_head][piece.pairs[0]]
    linked = (following == piece.pairs[1]).astype(np.int64)
    return {task.main_head: np.where(following == IGNORE_LABEL, IGNORE_LABEL, linked)}


def _fit(model: Any, rows: Rows, labels: Labels, task: Task) -> Any:
    """A fitted model, or the only class there is."""
    known = _is_known(labels)
    rows, labels = rows[known], labels[known]
    if task.kind != "regression" and len(np.unique(labels)) == 1:
        return labels[0]
    if hasattr(model, "n_neighbors"):
        model.n_neighbors = min(model.n_neighbors, len(rows))
    return model.fit(rows, labels)


def _scores(model: Any, rows: Rows, num_classes: int) -> NDArray[np.float64]:
    """Probability of each class, ``(num_rows, num_classes)``; 0 of classes that were not seen."""
    scores = np.zeros((len(rows), num_classes))
    if not hasattr(model, "predict"):
        scores[:, int(model)] = 1
    elif len(rows):
        scores[:, model.classes_.astype(int)] = model.predict_proba(rows)
    return scores


def _predict_heads(fitted: Mapping[str, Any], piece: _Piece, task: Task) -> dict[str, NDArray[Any]]:
    """Predictions of a piece; of events also the scores."""
    predicted = {head: _predict(of, piece.rows, piece, task) for head, of in fitted.items()}
    if has_thresholds(task):
        head = task.main_head
        scores = _scores(fitted[head], piece.rows, len(task.heads[head]))
        predicted[f"{head}_score"] = scores
    return predicted


def _predict(model: Any, rows: Rows, piece: _Piece, task: Task) -> NDArray[Any]:
    constant = not hasattr(model, "predict")
    if task.kind != "link":
        return np.full(len(rows), model) if constant else np.asarray(model.predict(rows))
    if constant or not len(rows):
        return np.full(piece.num_notes, -1)
    gain = model.predict_proba(rows)[:, 1] - 0.5
    kept, (source, target) = gain > 0, piece.pairs
    gains = gain[kept].astype(np.float32)
    return np.asarray(assign(source[kept], target[kept], gains, piece.num_notes))
