"""Labels and predictions of a changed score, against those of the score before."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.pitch import ENHARMONIC
from musebench.symmetry.changes import ADDED, Changed
from musebench.tasks import Task

NO_NOTE = -1  # of a link
MUCH = 0.1  # of the standard deviation of numbers: a larger change of a prediction is a flip

Values = NDArray[Any]
Heads = Mapping[str, Values]


def origin_of_units(changed: Changed, task: Task) -> NDArray[np.int64]:
    """Which unit of the task (note, onset, piece) each unit was before; ``ADDED`` for none."""
    if task.unit == "graph":
        return np.zeros(1, np.int64)
    if task.unit == "note":
        return changed.origin
    return changed.onset_origin


def moved_labels(task: Task, changed: Changed, labels: Heads) -> Heads:
    """The labels that a changed score should have.

    Args:
        task: The task.
        changed: The changed score.
        labels: Head -> labels before.
    """
    origin = origin_of_units(changed, task)
    moved: dict[str, Values] = {}
    for head, before in labels.items():
        known = np.where(origin == ADDED, 0, origin)
        if task.kind == "link":
            moved[head] = _moved_links(changed, before)
            continue
        after = before[known]
        none = task.hidden_label
        after = np.where(origin == ADDED, none, after).astype(before.dtype)
        moved[head] = _moved_classes(task, head, after, changed.fifths)
    return moved


def _moved_classes(task: Task, head: str, labels: Values, fifths: int) -> Values:
    """Classes after a transposition, by enharmonic places if there is no class of that name."""
    places = task.places.get(head)
    if not places or not fifths:
        return labels
    number = {place: i for i, place in enumerate(places)}
    shifts = (fifths, fifths - ENHARMONIC, fifths + ENHARMONIC)
    table = [
        next(
            (
                number[at]
                for k in shifts
                if (at := place._replace(fifths=place.fifths + k)) in number
            ),
            IGNORE_LABEL,
        )
        for place in places
    ]
    return np.where(labels < 0, labels, np.array(table)[np.maximum(labels, 0)])


def _moved_links(changed: Changed, before: Values) -> Values:
    """Links to the rows that notes have now; over a note that is left out to the one after it."""
    after = np.full(len(changed.origin), NO_NOTE, np.int64)
    for copy in np.unique(changed.copy):
        rows = np.flatnonzero((changed.copy == copy) & (changed.origin != ADDED))
        place = np.full(len(before) + 1, NO_NOTE)
        place[changed.origin[rows]] = rows
        target = before[changed.origin[rows]]
        for _ in range(len(before)):
            gone = (target >= 0) & (place[target] == NO_NOTE)
            if not gone.any():
                break
            target = np.where(gone, before[target], target)
        after[rows] = np.where(target < 0, target, place[target])
    return after


def flipped(task: Task, changed: Changed, before: Heads, after: Heads) -> Values:
    """Whether each prediction of a changed score differs from what it was, in any required head.

    Keys, spellings and roots may move by one enharmonic shift of the whole piece.

    Args:
        task: The task.
        changed: The changed score.
        before: Head -> predictions before.
        after: Head -> predictions for the changed score.

    Returns:
        Of each unit that was there before. Shape ``(num_units,)``, bool.
    """
    origin = origin_of_units(changed, task)
    is_old = origin != ADDED
    required = {head: np.asarray(before[head]) for head in task.required_heads}
    expected = moved_labels(task, changed, required)
    flips = np.zeros(int(is_old.sum()), bool)
    for head in task.required_heads:
        ours, theirs = after[head][is_old], expected[head][is_old]
        if head in task.places:
            flips |= _moved_otherwise(
                task, head, ours, before[head][origin[is_old]], changed.fifths
            )
        elif task.kind == "regression":
            flips |= np.abs(ours - theirs) > MUCH * max(float(np.std(before[head])), 1e-9)
        else:
            flips |= ours != theirs
    return flips


def _moved_otherwise(task: Task, head: str, after: Values, before: Values, fifths: int) -> Values:
    """Whether classes moved otherwise than the commonest way that sounds right."""
    at = np.array([place.fifths for place in task.places[head]])
    mode = np.unique([place.mode for place in task.places[head]], return_inverse=True)[1]
    moved = at[after] - at[before] - fifths
    wrong = (mode[after] != mode[before]) | (moved % ENHARMONIC != 0)
    shifts, counts = np.unique(moved[~wrong], return_counts=True)
    common = shifts[counts.argmax()] if len(shifts) else 0
    flips: Values = wrong | (moved != common)
    return flips
