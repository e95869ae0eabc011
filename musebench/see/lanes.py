"""Texts under the staff: cadences, phrases, Roman numerals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.applied import changes_at, key_names, numerals_in_keys, roman_numerals
from musebench.see.columns import LABEL
from musebench.tasks import TASKS, Task

Labels = Mapping[str, NDArray[Any]]

EVENT = "\N{DOUBLE VERTICAL LINE}"  # if there is only one kind of event


@dataclass(frozen=True)
class Sign:
    """A text at an onset group; ``is_wrong`` if the label differs, None without a label."""

    onset: int
    text: str
    is_wrong: bool | None = None


@dataclass(frozen=True)
class Lane:
    """A line of signs: its content (``harmony``, or a head), and its source."""

    kind: str
    source: str
    signs: tuple[Sign, ...]


def lanes_of(
    task: Task | None,
    labels: Labels,
    predictions: Mapping[str, Labels],
    annotations: Mapping[str, Labels],
) -> list[Lane]:
    """Lay out labels, predictions and annotations of onsets.

    Args:
        task: The task; None to show only annotations.
        labels: Head of the task -> label of each onset group; empty if they are hidden.
        predictions: Predictor -> head -> predictions.
        annotations: Source -> other heads -> label of each onset group.
    """
    lanes: list[Lane] = []
    if task is not None and task.unit == "onset":
        if labels:
            lanes += _lane(task, LABEL, labels, {})
        for source, of_source in predictions.items():
            lanes += _lane(task, source, of_source, labels)
    for source, of_source in annotations.items():
        for other in TASKS.values():
            if other is not task and set(other.heads) <= of_source.keys():
                lanes += _lane(other, source, of_source, {})
    return [lane for lane in lanes if lane.signs]


def _lane(task: Task, source: str, values: Labels, truth: Labels) -> list[Lane]:
    if "local_key" in task.heads:
        return [Lane("harmony", source, _harmony(task, values, truth))]
    head = task.main_head
    if head not in values or not task.has_events:
        return []
    names = task.event_names if len(task.event_names) > 2 else ("", EVENT)
    labels = truth.get(head)
    signs = []
    for onset, found in enumerate(values[head].tolist()):
        is_wrong = None
        if labels is not None and labels[onset] >= 0:
            is_wrong = bool(labels[onset] != found)
        if found > 0:
            signs.append(Sign(onset, names[found], is_wrong))
        elif is_wrong:
            signs.append(Sign(onset, "\N{EN DASH}", is_wrong))  # a missed label
    return [Lane(head, source, tuple(signs))]


def _harmony(task: Task, values: Labels, truth: Labels) -> tuple[Sign, ...]:
    if not set(task.heads) <= values.keys():
        return ()
    keys, chords = key_names(task, values), roman_numerals(task, values)
    wrong, printed = _wrong_harmony(task, values, truth), numerals_in_keys(task, values)
    signs = []
    for onset in changes_at([keys, chords, wrong]).tolist():
        if chords[onset]:
            is_wrong = {"right": False, "wrong": True}.get(wrong[onset])
            signs.append(Sign(onset, printed[onset], is_wrong))
    return tuple(signs)


def _wrong_harmony(task: Task, values: Labels, truth: Labels) -> list[str]:
    """``wrong`` for each onset with an error in any head, else ``right``; empty without a label."""
    length = len(next(iter(values.values())))
    if not truth:
        return [""] * length
    is_known = np.all([truth[head] >= 0 for head in task.heads], axis=0)
    is_right = np.all([truth[head] == values[head] for head in task.heads], axis=0)
    return [
        ("right" if right else "wrong") if known else ""
        for known, right in zip(is_known.tolist(), is_right.tolist(), strict=True)
    ]
