"""The labels of a split, to compare predictions with: by piece and pooled."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import twin_groups
from musebench.boards import Board
from musebench.errata import correct_labels, errata_of
from musebench.errors import InputError
from musebench.evaluation.twins import settle_twins
from musebench.score import NoteTable
from musebench.shown import Shown
from musebench.splits import (
    HIDDEN_SPLIT,
    check_split,
    fold_of_pieces,
    read_pieces,
    split_of_pieces,
    weight_of_pieces,
)
from musebench.store import NoteStore, labels_of, load_board_notes, opinions_of
from musebench.tasks import NUMBERS, TASKS, Task, check_labels

if TYPE_CHECKING:
    import pandas as pd

Values = NDArray[Any]
Value = TypeVar("Value")
Fold = int | Literal["all"]
LabelScheme = Literal["official", "errata"]


@dataclass(frozen=True, eq=False, repr=False)
class PieceTarget(Shown):
    """The labels of one piece, and the groups it belongs to.

    Attributes:
        piece_id: Name of the piece, unique in its corpus.
        work_id: Work it belongs to, the unit of the intervals.
        composer: Composer; the main metrics are also reported by composer.
        labels: Head -> label of each note (or onset, ..., by the task), ``(num_predictions,)``;
            ``IGNORE_LABEL``, or NaN in a regression, where there is none.
        context: Further columns that metrics need, such as ``duration_div``, of the same shape.
        order_sha256: Hash of the notes in their order; empty for own data.
        weight: How much the piece counts in every sum; a half if another piece is the same music,
            annotated by somebody else.
        fold: Fold that the piece is predicted in.
        opinions: The labels as each of several people gave them, head -> values of the shape of
            the labels; empty if the labels are those of one person.
        twin: Group of twins of each note, see ``musebench.evaluation.twins``, ``(num_notes,)``;
            None if there are none, or a metric minds them itself.

    Raises:
        InputError: If there are no labels, labels, context and opinions are not numbers or differ
            in length, or the weight is not a positive number.
    """

    piece_id: str
    work_id: str
    composer: str
    labels: Mapping[str, Values]
    context: Mapping[str, Values] = field(default_factory=dict)
    order_sha256: str = ""
    weight: float = 1.0
    fold: int = 0
    opinions: Sequence[Mapping[str, Values]] = ()
    twin: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Take lists and tensors as arrays; check that there is one label per prediction."""
        for name, columns in (("labels", self.labels), ("context", self.context)):
            if not isinstance(columns, Mapping) or (name == "labels" and not columns):
                msg = f"piece {self.piece_id!r}: its {name} are a dict, head -> array, with a head."
                raise InputError(msg)
            arrays = {key: np.asarray(values) for key, values in columns.items()}
            object.__setattr__(self, name, arrays)
        if not 0 < self.weight < np.inf:
            msg = f"piece {self.piece_id!r}: its weight is {self.weight}; it must be positive."
            raise InputError(msg)
        for opinion in self.opinions:
            if opinion.keys() != self.labels.keys():
                msg = (
                    f"piece {self.piece_id!r}: an opinion has the heads {list(opinion)}, its "
                    f"labels {list(self.labels)}; both must have the same."
                )
                raise InputError(msg)
        first = next(iter(self.labels.values()))
        opinions = (column for opinion in self.opinions for column in opinion.items())
        twins = () if self.twin is None else (("twin", self.twin),)
        for name, column in (*self.labels.items(), *self.context.items(), *opinions, *twins):
            if column.dtype.kind not in NUMBERS:
                msg = (
                    f"piece {self.piece_id!r}: {name!r} is of type {column.dtype}, not of numbers."
                )
                raise InputError(msg)
            if column.ndim != 1 or column.shape != first.shape:
                msg = (
                    f"piece {self.piece_id!r}: {name!r} has shape {column.shape}, its first labels "
                    f"{first.shape}; both must be (num_predictions,)."
                )
                raise InputError(msg)

    @property
    def num_predictions(self) -> int:
        """Number of predicted values, including those without a label."""
        return len(next(iter(self.labels.values())))


@dataclass(frozen=True, eq=False, repr=False)
class Pooled(Shown):
    """All notes (or onsets, ...) of a split in one row, in order of piece ids.

    Attributes:
        task: What is predicted.
        target: Head -> labels, ``(num_predictions,)``.
        prediction: Head -> predictions, ``(num_predictions,)``; ``<head>_score`` -> scores,
            ``(num_predictions, num_classes)``, if they are given.
        context: Further columns, as in ``PieceTarget``.
        piece: Index of the piece of each prediction, ``(num_predictions,)``.
        pieces: The ``num_pieces`` pieces.
    """

    task: Task
    target: Mapping[str, Values]
    prediction: Mapping[str, Values]
    context: Mapping[str, Values]
    piece: NDArray[np.int64]
    pieces: Sequence[PieceTarget]
    _known: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False)

    @property
    def weight(self) -> NDArray[np.float64]:
        """Weight of each piece, ``(num_pieces,)``."""
        return np.array([piece.weight for piece in self.pieces], np.float64)

    @property
    def work(self) -> NDArray[np.int64]:
        """Index of the work of each piece, in order of the works' ids, ``(num_pieces,)``."""
        return np.unique([piece.work_id for piece in self.pieces], return_inverse=True)[1]

    def column(self, name: str) -> Values:
        """A further column.

        Raises:
            InputError: If the pieces do not have it.
        """
        if name not in self.context:
            msg = (
                f"a metric of {self.task.name} needs the column {name!r}, which the pieces do not "
                "have; pass it as PieceTarget.context, or for a board in Task.read_context."
            )
            raise InputError(msg)
        return self.context[name]

    def once(self, function: "Callable[[Pooled], Value]") -> Value:
        """The value of a function of this object, computed once for all metrics that need it."""
        if function not in self._known:
            self._known[function] = function(self)
        value: Value = self._known[function]
        return value


def load_targets(
    board: Board,
    split: str,
    split_scheme: str,
    root: str | Path | None = None,
    *,
    fold: Fold = 0,
    label_scheme: LabelScheme = "official",
) -> list[PieceTarget]:
    """Read the labels of a board's split from the store.

    Args:
        board: The board.
        split: One of ``musebench.splits.SPLITS``.
        split_scheme: One of the board's split schemes.
        root: The data home.
        fold: One of the board's folds; ``all``: the test splits of all of them, in which each work
            stands once.
        label_scheme: ``official``: the labels as published; ``errata``: with the known errors of
            the corpus corrected, see ``musebench.errata``.

    Raises:
        InputError: If there is no such split, scheme, fold or label scheme, the board's table of
            pieces does not fit its corpus, or all folds are asked for of another split or scheme.
        DownloadError: If the scores are neither cached nor downloadable.
    """
    check_split(split)
    if label_scheme not in get_args(LabelScheme):
        accepted = ", ".join(get_args(LabelScheme))
        msg = f"there is no label scheme {label_scheme!r}; accepted are {accepted}."
        raise InputError(msg)
    board.check_pieces()
    pieces = read_pieces(board.name).assign(weight=weight_of_pieces(board.name))
    if fold == "all":
        if (split, split_scheme) != (HIDDEN_SPLIT, "official"):
            msg = (
                f"the {split} splits of all folds of the scheme {split_scheme!r} share works; all "
                "folds at once are those of the test splits of `official`."
            )
            raise InputError(msg)
        of_piece = fold_of_pieces(board.name)
        chosen = pieces.assign(fold=of_piece)[of_piece >= 0]
    else:
        of_split = split_of_pieces(board.name, split_scheme, fold) == split
        chosen = pieces.assign(fold=fold)[of_split]
    store = load_board_notes(board, root)
    targets = targets_of(board, store, chosen)
    return targets if label_scheme == "official" else _corrected(board, store, targets)


def _corrected(board: Board, store: NoteStore, targets: list[PieceTarget]) -> list[PieceTarget]:
    """The same pieces with the errata of their corpus applied."""
    known = errata_of(board)

    def correct(piece: PieceTarget) -> PieceTarget:
        notes, errata = store.tables[piece.piece_id], known[piece.piece_id]
        labels, *opinions = (
            correct_labels(board.task, notes, values, errata)
            for values in (piece.labels, *piece.opinions)
        )
        return replace(piece, labels=labels, opinions=opinions)

    return [correct(piece) if piece.piece_id in known else piece for piece in targets]


def targets_of(board: Board, store: NoteStore, pieces: "pd.DataFrame") -> list[PieceTarget]:
    """Labels of some pieces of a board.

    Args:
        board: The board.
        store: The note tables of its corpus.
        pieces: The pieces: ``piece_id``, ``work_id``, ``composer`` and perhaps ``fold`` and
            ``weight``.
    """
    tables = store.tables
    return [
        PieceTarget(
            piece_id=piece["piece_id"],
            work_id=piece["work_id"],
            composer=piece["composer"],
            labels=labels_of(board, store, piece["piece_id"]),
            context=board.task.read_context(tables[piece["piece_id"]]),
            order_sha256=_hash_of_notes(tables[piece["piece_id"]]),
            fold=piece.get("fold", 0),
            twin=twin_groups(tables[piece["piece_id"]]) if board.task.has_notes_alike else None,
            weight=piece.get("weight", 1.0),
            opinions=opinions_of(board, store, piece["piece_id"]),
        )
        for piece in pieces.to_dict("records")
    ]


def _hash_of_notes(notes: NoteTable) -> str:
    digest = hashlib.sha256()
    for column in (notes.onset_div, notes.pitch, notes.duration_div):
        digest.update(column.astype("<i8").tobytes())
    return digest.hexdigest()


def hash_of_order(pieces: Sequence[PieceTarget]) -> str:
    """SHA-256 of the canonical order of the pieces and their notes."""
    order = [[piece.piece_id, piece.num_predictions, piece.order_sha256] for piece in pieces]
    return hashlib.sha256(json.dumps(order).encode()).hexdigest()


def check_targets(task: Task, targets: Iterable[PieceTarget]) -> tuple[PieceTarget, ...]:
    """Check that the pieces fit the task, and return them in order of their ids.

    Raises:
        InputError: If there is no piece, one occurs twice, or labels do not fit the task.
    """
    given = [targets] if isinstance(targets, PieceTarget) else list(targets)
    if wrong := [type(piece).__name__ for piece in given if not isinstance(piece, PieceTarget)]:
        msg = f"targets hold a {wrong[0]}; accepted are PieceTargets, one for each piece."
        raise InputError(msg)
    pieces = tuple(sorted(given, key=lambda piece: piece.piece_id))
    if not pieces:
        msg = "there are no pieces to evaluate on; at least one is needed."
        raise InputError(msg)
    for piece, following in itertools.pairwise(pieces):
        if piece.piece_id == following.piece_id:
            msg = f"piece {piece.piece_id!r} occurs twice; each piece must occur once."
            raise InputError(msg)
    heads = pieces[0].labels.keys()
    for piece in pieces:
        _check_labels(task, piece, heads)
    return pieces


def check_task(task: Any) -> Task:
    """Return a task, or that of a name, once it is seen to be one with heads.

    Raises:
        InputError: If it is none.
    """
    found = TASKS.find(task) if isinstance(task, str) else task
    if not isinstance(found, Task):
        msg = f"task is a {type(task).__name__}; give a Task first, then its targets."
        raise InputError(msg)
    if not found.heads:
        msg = f"the task {found.name!r} has no heads, so there is nothing to evaluate."
        raise InputError(msg)
    return found


def _check_labels(task: Task, piece: PieceTarget, heads: Set[str]) -> None:
    if task.main_head not in piece.labels or not piece.labels.keys() <= task.heads.keys():
        msg = (
            f"piece {piece.piece_id!r} has labels of {list(piece.labels)}; {task.name} has the "
            f"heads {list(task.heads)} and requires {task.main_head!r}."
        )
        raise InputError(msg)
    if piece.labels.keys() != heads:
        msg = (
            f"piece {piece.piece_id!r} has labels of {list(piece.labels)}, other pieces of "
            f"{list(heads)}; all pieces need the same heads."
        )
        raise InputError(msg)
    for head, labels in piece.labels.items():
        check_labels(task, head, labels, f"piece {piece.piece_id!r}, {head}")


def _settled(piece: PieceTarget, head: str, predictions: Mapping[str, Values]) -> Values:
    """The predictions of a piece, those of twins in the order that agrees with their labels."""
    found = predictions[piece.piece_id]
    if piece.twin is None or head not in piece.labels:
        return found
    return settle_twins(piece.labels[head], found, piece.twin)


def pool(
    task: Task,
    pieces: Sequence[PieceTarget],
    predictions: Mapping[str, Mapping[str, Values]],
) -> Pooled:
    """Join checked predictions, head -> piece id -> values, to the labels of all pieces."""
    return Pooled(
        task=task,
        target={
            head: np.concatenate([piece.labels[head] for piece in pieces])
            for head in predictions
            if head in pieces[0].labels  # scores have no labels
        },
        prediction={
            head: np.concatenate([_settled(piece, head, by_piece) for piece in pieces])
            for head, by_piece in predictions.items()
        },
        context={
            name: np.concatenate([piece.context[name] for piece in pieces])
            for name in pieces[0].context
        },
        piece=np.repeat(np.arange(len(pieces)), [piece.num_predictions for piece in pieces]),
        pieces=pieces,
    )
