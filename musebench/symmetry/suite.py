"""The suite: every change of every test piece, predicted and scored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from musebench.annotations import OnsetLabels
from musebench.boards import Board
from musebench.datasets import ScoreGraphDataset
from musebench.errors import InputError
from musebench.evaluation import METRICS, Evaluator, targets_of
from musebench.store import NoteStore, labels_of
from musebench.symmetry.changes import CHANGES, Change, Changed
from musebench.symmetry.flips import flipped, moved_labels
from musebench.train import Run, predictor_of

Predictions = Mapping[str, Mapping[str, NDArray[Any]]]
Predictor = Callable[[ScoreGraphDataset], Predictions]


@dataclass(frozen=True)
class Sensitivity:
    """What a change does to a model.

    Attributes:
        change: Name of the change.
        num_pieces: Pieces that it is possible for.
        flips: Share of the predictions that differ from those before; None without pieces.
        metric: Name of the main metric of the board.
        before: Its value on these pieces as they are.
        after: Its value on the changed pieces.
        loss: ``before`` less ``after``, or the reverse of a metric where lower is better.
    """

    change: str
    num_pieces: int
    flips: float | None
    metric: str
    before: float | None
    after: float | None
    loss: float | None


def sensitivities(
    run: Run,
    changes: Mapping[str, Change] = CHANGES,
    *,
    split: str = "test",
    max_pieces: int | None = None,
    seed: int = 0,
    device: str | None = None,
) -> list[Sensitivity]:
    """Change the pieces of a split in every way, and compare what a run predicts.

    Args:
        run: A finished run, or a rule.
        changes: Name -> change.
        split: ``train``, ``valid`` or ``test``.
        max_pieces: Take the first pieces only; None: all.
        seed: Seed of the changes that are drawn.
        device: Torch device of a learned model.

    Raises:
        InputError: If ``max_pieces`` is less than 1.
    """
    if max_pieces is not None and max_pieces < 1:
        msg = f"max_pieces is {max_pieces}; it must be at least 1."
        raise InputError(msg)
    dataset = run.load_dataset(split, reveal_test_labels=True)
    dataset = dataset[: max_pieces or len(dataset)].copy()
    predict = predictor_of(run, device=device)
    before = predict(dataset)
    bar = tqdm(changes.items(), "changes", disable=None, leave=False)
    return [_compare(dataset, predict, before, name, change, seed) for name, change in bar]


def _compare(
    dataset: ScoreGraphDataset,
    predict: Predictor,
    before: Predictions,
    name: str,
    change: Change,
    seed: int,
) -> Sensitivity:
    board, tables, changed = dataset.board, dataset.note_store().tables, dict[str, Changed]()
    for piece_id in dataset.pieces["piece_id"]:
        found = change(tables[piece_id], np.random.default_rng([seed, len(changed)]))
        if found is not None:
            changed[piece_id] = found
    metric = board.task.main_metrics[0]
    if not changed:
        return Sensitivity(name, 0, None, metric, None, None, None)
    positions = [i for i, p in enumerate(dataset.pieces["piece_id"]) if p in changed]
    other = dataset.copy(positions).over(_store_of(board, dataset.note_store(), changed))
    after = predict(other)
    flips = [flipped(board.task, of, before[p], after[p]) for p, of in changed.items()]
    was = _score(board, dataset.note_store(), other, {p: before[p] for p in changed}, metric)
    now = _score(board, other.note_store(), other, after, metric)
    sign = 1 if METRICS[metric].higher_is_better else -1
    loss = None if was is None or now is None else sign * (was - now) + 0.0  # no -0
    share = float(np.concatenate(flips).mean())
    return Sensitivity(name, len(changed), share, metric, was, now, loss)


def _store_of(board: Board, store: NoteStore, changed: Mapping[str, Changed]) -> NoteStore:
    """The note tables and labels of changed pieces."""
    kind, labels = board.annotation, dict[str, Mapping[str, OnsetLabels]]()
    for piece_id, of in changed.items() if kind else ():
        moved = moved_labels(board.task, of, labels_of(board, store, piece_id))
        labels[piece_id] = {kind: OnsetLabels(moved)}
    tables = {piece_id: of.notes for piece_id, of in changed.items()}
    return NoteStore("", tables, {p: len(notes) for p, notes in tables.items()}, labels)


def _score(
    board: Board,
    store: NoteStore,
    dataset: ScoreGraphDataset,
    predictions: Predictions,
    metric: str,
) -> float | None:
    """The main metric of predictions of some pieces; people's single opinions do not count."""
    targets = targets_of(replace(board, opinions=""), store, dataset.pieces)
    evaluator = Evaluator.from_targets(board.task, targets, name=board.name, num_resamples=1)
    value = evaluator.eval({"y_pred": predictions})[metric]
    return None if value is None else float(value)
