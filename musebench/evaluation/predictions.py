"""Check predictions before they are evaluated; refuse them with a sentence if they do not fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.errors import PredictionError
from musebench.evaluation.targets import PieceTarget
from musebench.tasks import Task

Values = NDArray[Any]

NUM_NAMED = 5  # number of piece ids in a message


def check_predictions(
    input_dict: object, task: Task, pieces: Sequence[PieceTarget], where: str
) -> dict[str, dict[str, Values]]:
    """Return the predictions as head -> piece id -> values ``(num_predictions,)``.

    Scores, ``<head>_score``, have the shape ``(num_predictions, num_classes)``.

    Args:
        input_dict: The user's input, ``{"y_pred": {piece_id: array or {head: array}}}``.
        task: Task that names heads and classes.
        pieces: Pieces to be predicted, with their labels.
        where: Board and split, for messages.

    Raises:
        PredictionError: If anything is missing, unexpected or out of range.
    """
    y_pred = _read_y_pred(input_dict)
    _check_piece_ids(y_pred, [piece.piece_id for piece in pieces], where)
    known = [head for head in task.heads if head in pieces[0].labels]
    heads = [*known, *(column for column, head in task.scores.items() if head in known)]
    by_head: dict[str, dict[str, Values]] = {}
    for piece in pieces:
        for head, values in _split_heads(y_pred[piece.piece_id], piece, task, heads).items():
            by_head.setdefault(head, {})[piece.piece_id] = _check_values(values, piece, head, task)
    for head, by_piece in by_head.items():
        without = [piece.piece_id for piece in pieces if piece.piece_id not in by_piece]
        if without:
            msg = (
                f"head {head!r} is predicted for {len(by_piece)} of {len(pieces)} pieces, not for "
                f"{_name_some(without)}; predict it for all pieces or for none."
            )
            raise PredictionError(msg)
    if alone := [name for name in by_head if task.scores.get(name, name) not in by_head]:
        msg = f"{alone[0]!r} is given without {task.scores[alone[0]]!r}; give the classes, too."
        raise PredictionError(msg)
    return {head: by_head[head] for head in heads if head in by_head}


def _read_y_pred(input_dict: object) -> Mapping[Any, Any]:
    if not isinstance(input_dict, Mapping):
        msg = f"input_dict is a {_type_name(input_dict)}; it must be a dict {{'y_pred': ...}}."
        raise PredictionError(msg)
    if "y_pred" not in input_dict:
        keys = ", ".join(map(repr, list(input_dict)[:3])) + (", ..." if len(input_dict) > 3 else "")
        msg = (
            f"input_dict has the keys {keys}; the key 'y_pred' is required: put the predictions by "
            "piece into a dict, eval({'y_pred': predictions})."
        )
        raise PredictionError(msg)
    if len(input_dict) > 1:
        others = [key for key in input_dict if key != "y_pred"]
        msg = f"input_dict has the keys {others}; only 'y_pred' is accepted, labels are not needed."
        raise PredictionError(msg)
    y_pred = input_dict["y_pred"]
    if not isinstance(y_pred, Mapping):
        msg = f"y_pred is a {_type_name(y_pred)}; it must be a dict from piece id to predictions."
        raise PredictionError(msg)
    return y_pred


def _check_piece_ids(y_pred: Mapping[Any, Any], piece_ids: Sequence[str], where: str) -> None:
    known = set(piece_ids)
    missing = [piece_id for piece_id in piece_ids if piece_id not in y_pred]
    extra = [piece_id for piece_id in y_pred if piece_id not in known]
    if extra and len(missing) == len(piece_ids):
        msg = (
            f"none of the {len(extra)} predicted pieces ({_name_some(extra)}) belongs to {where}, "
            f"which has pieces such as {piece_ids[0]!r}; are they from another split or board?"
        )
        raise PredictionError(msg)
    faults = []
    if missing:
        faults.append(f"no predictions for {_count(missing)} of {where}: {_name_some(missing)}")
    if extra:
        faults.append(f"predictions for {_count(extra)} not in {where}: {_name_some(extra)}")
    if faults:
        msg = f"{'; '.join(faults)}; predict exactly the {len(piece_ids)} pieces of {where}."
        raise PredictionError(msg)


def _split_heads(
    value: object, piece: PieceTarget, task: Task, heads: Sequence[str]
) -> Mapping[str, object]:
    """Return head -> values; a bare array is the main head."""
    if not isinstance(value, Mapping):
        return {task.main_head: value}
    for head in value:
        if head not in heads:
            msg = f"piece {piece.piece_id!r}: there is no head {head!r}; the heads are {heads}."
            raise PredictionError(msg)
    for head in task.required_heads:
        if head not in value:
            name = "main head" if head == task.main_head else "head"
            msg = (
                f"piece {piece.piece_id!r}: the {name} {head!r} is missing, only {list(value)} "
                "given; the others are optional, this one is required."
            )
            raise PredictionError(msg)
    return value


def accepted_values(task: Task, head: str) -> str:
    """The values that a head, or a column of scores, accepts, in words."""
    if head in task.scores:
        return f"{len(task.heads[task.scores[head]])} finite numbers of at least 0, one per class"
    if task.kind == "regression":
        return "finite numbers"
    if task.kind == "link":
        return "integers, the index of the next note of the same voice or -1"
    return f"integers 0..{len(task.heads[head]) - 1}"


def _check_values(values: object, piece: PieceTarget, head: str, task: Task) -> Values:
    """Return the values as int64, those of a regression as float64, scores as float32."""
    place, size, unit = f"piece {piece.piece_id!r}, {head}", piece.num_predictions, task.unit
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        msg = f"{place}: numpy cannot read this {_type_name(values)} as an array ({error})."
        raise PredictionError(msg) from error
    if head in task.scores:
        return _check_scores(array, place, (size, len(task.heads[task.scores[head]])), task)
    if task.kind == "graph" and array.ndim == 0:
        array = array.reshape(1)
    if array.ndim != 1:
        what = "value" if task.kind == "regression" else "class"
        msg = (
            f"{place}: expected an array of shape ({size},), one {what} per {unit}; got shape "
            f"{array.shape}."
        )
        raise PredictionError(msg)
    if len(array) != size:
        msg = f"{place}: expected {size} predictions, one per {unit}; got {len(array)}."
        raise PredictionError(msg)
    if task.kind == "regression":
        return _check_numbers(array, place, unit)
    _check_dtype(array, place, unit)
    lowest, highest = (-1, size - 1) if task.kind == "link" else (0, len(task.heads[head]) - 1)
    wrong = (array < lowest) | (array > highest)
    if wrong.any():
        at = int(np.argmax(wrong))
        msg = (
            f"{place}: {unit} {at} has class {array[at]}; classes are {lowest}..{highest} "
            f"({int(wrong.sum())} of {len(array)} {unit}s are out of range)."
        )
        raise PredictionError(msg)
    checked = array.astype(np.int64)
    if task.kind == "link":
        _check_links(checked, place)
    return checked


def _check_scores(
    array: Values, place: str, shape: tuple[int, int], task: Task
) -> NDArray[np.float32]:
    """Return scores as float32; they need not add up to 1, and may be integers."""
    if task.kind == "graph" and array.ndim == 1:
        array = array[np.newaxis]
    if array.shape != shape:
        msg = (
            f"{place}: expected an array of shape {shape}, one score per {task.unit} and class; "
            f"got shape {array.shape}."
        )
        raise PredictionError(msg)
    if array.dtype.kind not in "iuf":
        msg = f"{place}: dtype is {array.dtype}; expected numbers (any int or float dtype)."
        raise PredictionError(msg)
    scores = array.astype(np.float32)
    wrong = ~(np.isfinite(scores) & (scores >= 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        msg = (
            f"{place}: the score of {task.unit} {row} for class {column} is {array[row, column]}; "
            "scores must be finite and at least 0."
        )
        raise PredictionError(msg)
    return scores


def _check_links(following: NDArray[np.int64], place: str) -> None:
    """Refuse a link to the same or an earlier note, and two links to one note."""
    back = (following >= 0) & (following <= np.arange(len(following)))
    if back.any():
        at = int(np.argmax(back))
        msg = f"{place}: the next note of {at} is {following[at]}; it must come after note {at}."
        raise PredictionError(msg)
    targets, counts = np.unique(following[following >= 0], return_counts=True)
    if (counts > 1).any():
        note = int(targets[np.argmax(counts > 1)])
        sources = np.flatnonzero(following == note)[:2].tolist()
        msg = f"{place}: note {note} is the next note of {sources}; it may follow only one note."
        raise PredictionError(msg)


def _check_numbers(array: NDArray[Any], place: str, unit: str) -> NDArray[np.float64]:
    if array.dtype.kind not in "iuf":
        msg = f"{place}: dtype is {array.dtype}; expected numbers (any int or float dtype)."
        raise PredictionError(msg)
    finite = np.isfinite(array)
    if not finite.all():
        at = int(np.argmin(finite))
        msg = f"{place}: {unit} {at} is {array[at]}; values must be finite, one per {unit}."
        raise PredictionError(msg)
    return array.astype(np.float64)


def _check_dtype(array: NDArray[Any], place: str, unit: str) -> None:
    if np.issubdtype(array.dtype, np.integer):
        return
    if np.issubdtype(array.dtype, np.floating) and np.isnan(array).any():
        at = int(np.argmax(np.isnan(array)))
        msg = f"{place}: {unit} {at} is NaN; expected integer classes, one per {unit}."
    else:
        msg = f"{place}: dtype is {array.dtype}; expected integer classes (any int or uint dtype)."
    raise PredictionError(msg)


def _count(piece_ids: Sequence[object]) -> str:
    return "1 piece" if len(piece_ids) == 1 else f"{len(piece_ids)} pieces"


def _name_some(piece_ids: Sequence[object]) -> str:
    named = ", ".join(repr(piece_id) for piece_id in piece_ids[:NUM_NAMED])
    return f"{named}, ..." if len(piece_ids) > NUM_NAMED else named


def _type_name(value: object) -> str:
    return type(value).__name__
