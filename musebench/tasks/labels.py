"""What the labels of a task may be: checked where they come from files, functions and users."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.tasks.task import Task

NUMBERS = "biuf"  # kinds of numpy's types


def check_labels(task: Task, head: str, labels: NDArray[Any], where: str) -> None:
    """Refuse labels that no note, onset group or graph of a task can have.

    Args:
        task: The task.
        head: One of its heads.
        labels: Numbers, ``(num_labels,)``.
        where: Which labels they are, for the message.

    Raises:
        InputError: If a class or link is not an integer or out of range, or a number is infinite.
    """
    if task.kind == "regression":
        if np.isinf(labels).any():
            msg = f"{where}: a label is infinite; labels are finite numbers, NaN for none."
            raise InputError(msg)
        return
    if labels.dtype.kind == "f":
        msg = f"{where}: labels are of type {labels.dtype}; classes and links are integers."
        raise InputError(msg)
    low, high = (-1, len(labels) - 1) if task.kind == "link" else (0, len(task.heads[head]) - 1)
    wrong = ((labels < low) | (labels > high)) & (labels != IGNORE_LABEL)
    if wrong.any():
        place = int(np.argmax(wrong))
        msg = (
            f"{where}: {task.unit} {place} has label {labels[place]}; labels must be "
            f"{low}..{high}, or {IGNORE_LABEL} for none."
        )
        raise InputError(msg)


def labels_as_declared(task: Task, found: Any, where: str) -> dict[str, NDArray[Any]]:
    """Labels of a piece as its task declares them: classes as int64, numbers as float32.

    Args:
        task: The task.
        found: Head -> values, of at least the heads of the task.
        where: Whose labels they are, for messages.

    Raises:
        InputError: If a head is missing, or its labels are not those of the task.
    """
    if not isinstance(found, Mapping) or not task.heads.keys() <= found.keys():
        what = f"of {list(found)}" if isinstance(found, Mapping) else f"in a {type(found).__name__}"
        msg = (
            f"{where}: there are labels {what}; the task {task.name} needs a dict, head -> array, "
            f"with {', '.join(task.heads)}."
        )
        raise InputError(msg)
    labels = {head: np.atleast_1d(np.asarray(found[head])) for head in task.heads}
    for head, values in labels.items():
        if values.dtype.kind not in NUMBERS or values.ndim != 1:
            msg = (
                f"{where}, {head}: labels are of type {values.dtype} and shape {values.shape}; "
                "accepted are one-dimensional arrays of numbers."
            )
            raise InputError(msg)
        check_labels(task, head, values, f"{where}, {head}")
    dtype = np.float32 if task.kind == "regression" else np.int64
    return {head: values.astype(dtype, copy=False) for head, values in labels.items()}
