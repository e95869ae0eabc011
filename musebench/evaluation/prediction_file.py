"""Predictions of one run on one split, as a file without pickle.

An ``.npz`` of at most 4 MB with ``piece_id`` in canonical order, ``start`` (where each piece begins
in the columns), one column per head, columns ``<head>_score`` of one score per class for any head
(probabilities in steps of 1/1024), and ``about``, a line of JSON: board, version, split, scheme,
fold, seed, the fingerprint of the data and the hash of the canonical order, which identifies the
notes that the values belong to. It contains no onset and no pitch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.boards import Board, find_board
from musebench.errors import PredictionError
from musebench.evaluation.evaluator import Evaluator
from musebench.evaluation.own_data import OwnData, find_own_data
from musebench.evaluation.predictions import check_predictions
from musebench.evaluation.safe_npz import MAX_FILE_BYTES, Arrays, read_npz
from musebench.evaluation.targets import PieceTarget, check_targets, hash_of_order, load_targets
from musebench.files import check_target, writing_whole
from musebench.shown import Shown
from musebench.store import OWN, board_recipe, fingerprint_of
from musebench.tasks import Task

FORMAT = "musebench.predictions/3"
ABOUT: Mapping[str, type] = {
    "board": str,
    "version": str,
    "split": str,
    "split_scheme": str,
    "fold": int,
    "seed": int,
    "fingerprint": str,
    "order_sha256": str,
}
MAX_PIECE_ID = 200  # characters
PROBABILITY_STEPS = 1024  # per 1: a file has 0.4 times the bytes of one with all of float16's


@dataclass(frozen=True, eq=False, repr=False)
class PredictionFile(Shown):
    """The contents of a prediction file.

    Attributes:
        board: Name of the board.
        version: Version of the board that was predicted.
        split: Split that was predicted.
        split_scheme: Way in which the pieces were split.
        fold: Fold of that way.
        seed: Seed of the run.
        fingerprint: Fingerprint of the predicted data, including parser and features.
        order_sha256: Hash of the pieces and of the order of their notes.
        y_pred: Piece id -> head -> class of each note, as for ``Evaluator.eval``; with thresholds
            applied, where a task has them.
    """

    board: str
    version: str
    split: str
    split_scheme: str
    fold: int
    seed: int
    fingerprint: str
    order_sha256: str
    y_pred: Mapping[str, Mapping[str, NDArray[Any]]]


def write_predictions(
    path: str | Path,
    board: str,
    split: str,
    y_pred: Mapping[str, Any],
    *,
    split_scheme: str = "official",
    fold: int = 0,
    seed: int = 0,
    root: str | Path | None = None,
) -> None:
    """Check predictions and write them, whole or not at all.

    Args:
        path: Name of the file, ending in ``.npz``.
        board: Name of the board.
        split: Split of the pieces.
        y_pred: Piece id -> head -> class of each note, as for ``Evaluator.eval``.
        split_scheme: Way in which the pieces are split.
        fold: Fold of that way.
        seed: Seed of the run.
        root: The data home, from which the order of the notes is read.

    Raises:
        InputError: If the file cannot be written.
        PredictionError: If predictions are missing, unexpected or out of range, or the file would
            be larger than a board accepts.
    """
    found = find_board(board)
    about = {
        "board": board,
        "version": found.version,
        "split": split,
        "split_scheme": split_scheme,
        "fold": fold,
        "seed": seed,
        "fingerprint": fingerprint_of(board_recipe(found)),
    }
    targets = load_targets(found, split, split_scheme, root, fold=fold)
    _write(path, found.task, targets, about, y_pred)


def write_own_predictions(
    path: str | Path,
    own: OwnData,
    fingerprint: str,
    split: str,
    y_pred: Mapping[str, Any],
    *,
    seed: int = 0,
    root: str | Path | None = None,
) -> None:
    """Check predictions of own data and write them, whole or not at all.

    Args:
        path: See ``write_predictions``.
        own: The data.
        fingerprint: Fingerprint of their dataset.
        split: See ``write_predictions``.
        y_pred: See ``write_predictions``.
        seed: See ``write_predictions``.
        root: See ``write_predictions``.

    Raises:
        InputError, PredictionError: As for ``write_predictions``.
    """
    about = {
        "board": own.scores.name,
        "version": own.board.version,
        "split": split,
        "split_scheme": OWN,
        "fold": 0,
        "seed": seed,
        "fingerprint": fingerprint,
    }
    _write(path, own.task, own.targets(split, root), about, y_pred)


def _write(
    path: str | Path,
    task: Task,
    targets: Sequence[PieceTarget],
    about: Mapping[str, Any],
    y_pred: Mapping[str, Any],
) -> None:
    path, pieces = check_predictions_file(path), check_targets(task, targets)
    where = f"{about['board']} ({about['split']}, fold {about['fold']})"
    checked = check_predictions({"y_pred": y_pred}, task, pieces, where)
    about = {"format": FORMAT, **about, "order_sha256": hash_of_order(pieces)}
    ids = [piece.piece_id for piece in pieces]
    columns: dict[str, Any] = {
        head: np.concatenate([by_piece[piece_id] for piece_id in ids])
        for head, by_piece in checked.items()
    }
    packed = {
        head: _pack(_round_probabilities(x) if head in task.scores else x)
        for head, x in columns.items()
    }
    lengths = [len(next(iter(checked.values()))[piece_id]) for piece_id in ids]
    _write_whole(
        path,
        about=np.array(json.dumps(about)),
        piece_id=np.array(ids),
        start=np.concatenate([[0], np.cumsum(lengths)]),
        **packed,
    )


def check_predictions_file(path: str | Path) -> Path:
    """Refuse a file of predictions that could not be written, before anything is computed.

    Raises:
        InputError: If its name does not end in ``.npz``, or it cannot be written.
    """
    return check_target(path, (".npz",), "a file of predictions (.npz)")


def _round_probabilities(scores: NDArray[Any]) -> NDArray[Any]:
    """Scores in steps of 1/1024 where they can be probabilities, as they are elsewhere."""
    between = scores.min(initial=0.0) >= 0 and scores.max(initial=0.0) <= 1
    return np.round(scores * PROBABILITY_STEPS) / PROBABILITY_STEPS if between else scores


def _pack(values: NDArray[Any]) -> NDArray[Any]:
    """The smallest dtype that holds the values: classes as uint8, real numbers as float16."""
    if np.issubdtype(values.dtype, np.floating):
        if np.abs(values).max(initial=0.0) > np.finfo(np.float16).max:
            msg = f"a number is {np.abs(values).max():g}; files hold numbers up to 65504 (float16)."
            raise PredictionError(msg)
        return values.astype(np.float16)
    ranges = [np.iinfo(name) for name in ("u1", "i1", "u2", "i2", "u4", "i4", "i8")]
    low, high = int(values.min()), int(values.max())
    return values.astype(next(r.dtype for r in ranges if r.min <= low and high <= r.max))


def _write_whole(path: Path, **arrays: NDArray[Any]) -> None:
    with writing_whole(path) as unfinished:
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        size = unfinished.stat().st_size
        if size > MAX_FILE_BYTES:
            msg = f"{path} would have {size:,} bytes; a board accepts up to {MAX_FILE_BYTES:,}."
            raise PredictionError(msg)


def read_predictions(path: str | Path) -> PredictionFile:
    """Read predictions from an untrusted file.

    Raises:
        PredictionError: If the file is not one that ``write_predictions`` writes.
    """
    try:
        stored = read_npz(path)
        about = _read_about(stored)
        pieces, start = _read_pieces(stored)
        for head, column in stored.items():
            if column.ndim == 0 or len(column) != start[-1] or column.dtype.kind == "U":
                msg = f"its column {head!r} must have {start[-1]} numbers, one per prediction"
                raise ValueError(msg)
        y_pred = {
            piece: {head: column[start[i] : start[i + 1]] for head, column in stored.items()}
            for i, piece in enumerate(pieces)
        }
        return PredictionFile(**about, y_pred=y_pred)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        msg = f"{path} is not a file of predictions ({reason}); `musebench predict` writes one."
        raise PredictionError(msg) from error


def evaluator_of(file: PredictionFile, root: str | Path | None = None) -> Evaluator:
    """The evaluator of the pieces that a file predicts.

    Raises:
        InputError: If it is of own data that the data home does not have.
        PredictionError: As for ``check_origin``.
    """
    own = find_own_data(file.board, file.fingerprint, root)
    if own is None:
        evaluator = Evaluator(
            file.board, split=file.split, split_scheme=file.split_scheme, fold=file.fold, root=root
        )
    else:
        evaluator = own.evaluator(file.split, root)
    check_origin(file, evaluator, own.board if own else None)
    return evaluator


def check_origin(file: PredictionFile, evaluator: Evaluator, board: Board | None = None) -> None:
    """Refuse a file that was made for other pieces, or for notes in another order.

    Args:
        file: The file.
        evaluator: The evaluator of the pieces that it should be for.
        board: The board; None: the registered one that the file names.

    Raises:
        PredictionError: If it is for another version of the board, or the hash differs.
    """
    version = (board or find_board(file.board)).version
    if file.version != version:
        msg = f"it is for version {file.version} of {file.board}; this musebench has {version}."
        raise PredictionError(msg)
    if file.order_sha256 != evaluator.order_sha256:
        msg = (
            f"its order_sha256 is {file.order_sha256[:16]}..., that of {evaluator.name} is "
            f"{evaluator.order_sha256[:16]}...: its values belong to other notes. Predict again "
            "with this version of musebench."
        )
        raise PredictionError(msg)


def _read_about(stored: Arrays) -> dict[str, Any]:
    about = json.loads(str(stored.pop("about")))
    if not isinstance(about, dict) or about.pop("format", None) != FORMAT:
        msg = f"its format is not {FORMAT}"
        raise ValueError(msg)
    wrong = [
        name
        for name in {**ABOUT, **about}
        if name not in ABOUT or type(about.get(name)) is not ABOUT[name]
    ]
    if wrong:
        msg = f"its description has missing or wrong fields: {', '.join(sorted(wrong))[:200]}"
        raise ValueError(msg)
    return about


def _read_pieces(stored: Arrays) -> tuple[Sequence[str], Sequence[int]]:
    pieces, start = stored.pop("piece_id"), stored.pop("start")
    if pieces.dtype.kind != "U" or pieces.ndim != 1 or pieces.dtype.itemsize > 4 * MAX_PIECE_ID:
        msg = f"piece_id must be an array of names of at most {MAX_PIECE_ID} characters"
        raise ValueError(msg)
    names: list[str] = pieces.tolist()
    if len(set(names)) < len(names):
        msg = "a piece occurs twice"
        raise ValueError(msg)
    ascending = start.dtype.kind in "iu" and start.ndim == 1 and np.all(start[1:] >= start[:-1])
    if not ascending or len(start) != len(names) + 1 or start[0] != 0:
        msg = "start must say where each piece begins, in ascending order from 0"
        raise ValueError(msg)
    return names, start.tolist()
