"""What stands under the staff: cadences, phrases, Roman numerals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.applied.names import key_names, roman_numerals, where_new
from musebench.see.columns import LABEL
from musebench.tasks import TASKS, Task

Labels = Mapping[str, NDArray[Any]]

EVENT = "\N{DOUBLE VERTICAL LINE}"  # where there is one kind of events only


@dataclass(frozen=True)
class Sign:
    """Words at an onset group; ``is_wrong`` where a label says otherwise, None without a label."""

    onset: int
    text: str
    is_wrong: bool | None = None


@dataclass(frozen=True)
class Lane:
    """A line of signs: what it holds (``harmony``, or a head), and who says so."""

    kind: str
    source: str
    signs: tuple[Sign, ...]


def lanes_of(
    task: Task | None,
    labels: Labels,
    predictions: Mapping[str, Labels],
    annotations: Labels,
) -> list[Lane]:
    """Lay out what is said of onsets.

    Args:
        task: The task; None: only annotations are shown.
        labels: Head of the task -> label of each onset group; empty if they are hidden.
        predictions: Who predicts -> head -> predictions.
        annotations: Other heads -> label of each onset group.
    """
    lanes: list[Lane] = []
    if task is not None and task.unit == "onset":
        if labels:
            lanes += _lane(task, LABEL, labels, {})
        for source, of_source in predictions.items():
            lanes += _lane(task, source, of_source, labels)
    for other in TASKS.values():
        if other is not task and set(other.heads) <= annotations.keys():
            lanes += _lane(other, LABEL, annotations, {})
    return [lane for lane in lanes if lane.signs]


def _lane(task: Task, source: str, said: Labels, truth: Labels) -> list[Lane]:
    if "local_key" in task.heads:
        return [Lane("harmony", source, _harmony(task, said, truth))]
    head = task.main_head
    if head not in said or not task.has_events:
        return []
    names = task.event_names if len(task.event_names) > 2 else ("", EVENT)
    labels = truth.get(head)
    signs = []
    for onset, found in enumerate(said[head].tolist()):
        is_wrong = None
        if labels is not None and labels[onset] >= 0:
            is_wrong = bool(labels[onset] != found)
        if found > 0:
            signs.append(Sign(onset, names[found], is_wrong))
        elif is_wrong:
            signs.append(Sign(onset, "\N{EN DASH}", is_wrong))  # a label that is missed
    return [Lane(head, source, tuple(signs))]


def _harmony(task: Task, said: Labels, truth: Labels) -> tuple[Sign, ...]:
    if not set(task.heads) <= said.keys():
        return ()
    keys, chords = key_names(task, said), roman_numerals(task, said)
    wrong = _wrong_harmony(task, said, truth)
    new_key, new = set(where_new([keys]).tolist()), where_new([keys, chords, wrong])
    signs = []
    for onset in new.tolist():
        if chords[onset]:
            text = f"{keys[onset]}: {chords[onset]}" if onset in new_key else chords[onset]
            signs.append(Sign(onset, text, {"right": False, "wrong": True}.get(wrong[onset])))
    return tuple(signs)


def _wrong_harmony(task: Task, said: Labels, truth: Labels) -> list[str]:
    """Of each onset ``right`` or ``wrong``, in any head; empty where there is no label."""
    length = len(next(iter(said.values())))
    if not truth:
        return [""] * length
    is_known = np.all([truth[head] >= 0 for head in task.heads], axis=0)
    is_right = np.all([truth[head] == said[head] for head in task.heads], axis=0)
    return [
        ("right" if right else "wrong") if known else ""
        for known, right in zip(is_known.tolist(), is_right.tolist(), strict=True)
    ]
