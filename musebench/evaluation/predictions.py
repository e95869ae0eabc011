"""The border of the evaluator: predictions come in, or are refused with a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation.targets import PieceTarget
from musebench.tasks import Task

IntArray = NDArray[np.int64]

NUM_NAMED = 5  # piece ids that a message names before it only counts


class PredictionError(ValueError):
    """Predictions that cannot be scored; the message says what, where and what is accepted."""


def check_predictions(
    input_dict: object, task: Task, pieces: Sequence[PieceTarget], where: str
) -> dict[str, dict[str, IntArray]]:
    """Return the predictions as head -> piece id -> classes ``(num_notes,)``.

    Args:
        input_dict: What a user gave, ``{"y_pred": {piece_id: array or {head: array}}}``.
        task: Task that names heads and classes.
        pieces: Pieces to be predicted, with their labels.
        where: Board and split, for messages.

    Raises:
        PredictionError: If anything is missing, superfluous or out of range.
    """
    y_pred = _read_y_pred(input_dict)
    _check_piece_ids(y_pred, [piece.piece_id for piece in pieces], where)
    heads = [head for head in task.heads if head in pieces[0].labels]
    by_head: dict[str, dict[str, IntArray]] = {}
    for piece in pieces:
        for head, values in _split_heads(y_pred[piece.piece_id], piece, task, heads).items():
            classes = _check_classes(values, piece, head, len(task.heads[head]))
            by_head.setdefault(head, {})[piece.piece_id] = classes
    for head, by_piece in by_head.items():
        without = [piece.piece_id for piece in pieces if piece.piece_id not in by_piece]
        if without:
            msg = (
                f"head {head!r} is predicted for {len(by_piece)} of {len(pieces)} pieces, not for "
                f"{_name_some(without)}; predict it for all pieces or for none."
            )
            raise PredictionError(msg)
    return {head: by_head[head] for head in heads if head in by_head}


def _read_y_pred(input_dict: object) -> Mapping[Any, Any]:
    if not isinstance(input_dict, Mapping):
        msg = f"input_dict is a {_type_name(input_dict)}; it is a dict {{'y_pred': ...}}."
        raise PredictionError(msg)
    if "y_pred" not in input_dict:
        msg = f"input_dict has the keys {list(input_dict)}; the key 'y_pred' is needed."
        raise PredictionError(msg)
    if len(input_dict) > 1:
        others = [key for key in input_dict if key != "y_pred"]
        msg = f"input_dict has the keys {others}; only 'y_pred' is read, labels are known here."
        raise PredictionError(msg)
    y_pred = input_dict["y_pred"]
    if not isinstance(y_pred, Mapping):
        msg = f"y_pred is a {_type_name(y_pred)}; it is a mapping from piece id to classes."
        raise PredictionError(msg)
    return y_pred


def _check_piece_ids(y_pred: Mapping[Any, Any], piece_ids: Sequence[str], where: str) -> None:
    known = set(piece_ids)
    missing = [piece_id for piece_id in piece_ids if piece_id not in y_pred]
    extra = [piece_id for piece_id in y_pred if piece_id not in known]
    if extra and len(missing) == len(piece_ids):
        msg = (
            f"none of the {len(extra)} predicted pieces ({_name_some(extra)}) is a piece of "
            f"{where}, such as {piece_ids[0]!r}; were they predicted for another split or board?"
        )
        raise PredictionError(msg)
    faults = []
    if missing:
        faults.append(f"{_count(missing)} of {where} not predicted: {_name_some(missing)}")
    if extra:
        faults.append(f"{_count(extra)} predicted but not in {where}: {_name_some(extra)}")
    if faults:
        msg = f"{'; '.join(faults)}; exactly the {len(piece_ids)} pieces of {where} are accepted."
        raise PredictionError(msg)


def _split_heads(
    value: object, piece: PieceTarget, task: Task, heads: Sequence[str]
) -> Mapping[str, object]:
    """Return head -> values; bare values are those of the main head."""
    if not isinstance(value, Mapping):
        return {task.main_head: value}
    for head in value:
        if head not in heads:
            msg = f"piece {piece.piece_id!r}: there is no head {head!r}; the heads are {heads}."
            raise PredictionError(msg)
    if task.main_head not in value:
        msg = (
            f"piece {piece.piece_id!r}: the main head {task.main_head!r} is missing, only "
            f"{list(value)} given; the others may be left out, this one not."
        )
        raise PredictionError(msg)
    return value


def _check_classes(values: object, piece: PieceTarget, head: str, num_classes: int) -> IntArray:
    """Return one class a note as int64, ``(num_notes,)``."""
    place = f"piece {piece.piece_id!r}, {head}"
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        msg = f"{place}: a {_type_name(values)} that numpy cannot read ({error})."
        raise PredictionError(msg) from error
    if array.ndim != 1:
        msg = (
            f"{place}: expected one dimension, the class of each note ({piece.num_notes},), got "
            f"shape {array.shape}."
        )
        raise PredictionError(msg)
    if len(array) != piece.num_notes:
        msg = f"{place}: expected {piece.num_notes} notes, got {len(array)}."
        raise PredictionError(msg)
    _check_dtype(array, place)
    wrong = (array < 0) | (array > num_classes - 1)
    if wrong.any():
        note = int(np.argmax(wrong))
        msg = (
            f"{place}: note {note} has class {array[note]}; classes are 0..{num_classes - 1} "
            f"({int(wrong.sum())} of {len(array)} notes are out of range)."
        )
        raise PredictionError(msg)
    return array.astype(np.int64)


def _check_dtype(array: NDArray[Any], place: str) -> None:
    if np.issubdtype(array.dtype, np.integer):
        return
    if np.issubdtype(array.dtype, np.floating) and np.isnan(array).any():
        note = int(np.argmax(np.isnan(array)))
        msg = f"{place}: note {note} is NaN; classes are integers, one for every note."
    else:
        msg = f"{place}: dtype is {array.dtype}; classes are integers (any int or uint dtype)."
    raise PredictionError(msg)


def _count(piece_ids: Sequence[object]) -> str:
    return "1 piece is" if len(piece_ids) == 1 else f"{len(piece_ids)} pieces are"


def _name_some(piece_ids: Sequence[object]) -> str:
    named = ", ".join(repr(piece_id) for piece_id in piece_ids[:NUM_NAMED])
    return f"{named}, ..." if len(piece_ids) > NUM_NAMED else named


def _type_name(value: object) -> str:
    return type(value).__name__
