"""Lines through notes: written, labelled and predicted voices, and their errors."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL, twin_groups
from musebench.score import NoteTable

Ints = NDArray[np.int64]
Pairs = list[tuple[int, int]]


def pairs_of(following: Ints) -> Pairs:
    """The links of an array of next notes."""
    rows = np.flatnonzero(following >= 0)
    return list(zip(rows.tolist(), following[rows].tolist(), strict=True))


def written_lines(notes: NoteTable) -> Ints:
    """The next note of each note in its part, staff and voice, between the highest notes.

    Returns:
        Index of the next note, -1 for a line's last note and for notes below the highest one. Shape
        ``(num_notes,)``, int64.
    """
    following = np.full(len(notes), -1, dtype=np.int64)
    last: dict[tuple[int, int, int], int] = {}
    columns = (notes.part, notes.staff, notes.voice, notes.onset_div)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    highest = {key: note for note, key in enumerate(rows)}  # pitches ascend within an onset
    for note in sorted(highest.values()):
        line = rows[note][:3]
        if line in last:
            following[last[line]] = note
        last[line] = note
    return following


def wrong_links(notes: NoteTable, label: Ints, predicted: Ints) -> tuple[Pairs, Pairs]:
    """Find the links that the evaluator counts as wrong: notes in a twin group are exchangeable.

    Args:
        notes: A note table.
        label: Next note of each note, -1 for none, ``IGNORE_LABEL`` if unknown.
        predicted: The predicted next note.

    Returns:
        Predicted links that are not true, and true links that are not predicted.
    """
    group = twin_groups(notes)
    counts = np.isin(group, group[label != IGNORE_LABEL])
    candidates = [(u, v) for u, v in pairs_of(predicted) if counts[u] and counts[v]]
    found = Counter((group[u], group[v]) for u, v in candidates)
    true = Counter((group[u], group[v]) for u, v in pairs_of(label))
    return _left_over(candidates, group, true), _left_over(pairs_of(label), group, found)


def _left_over(pairs: Pairs, group: Ints, others: Counter[tuple[int, int]]) -> Pairs:
    """The pairs without a match among the others."""
    left, waiting = [], Counter(others)
    for u, v in pairs:
        if waiting[group[u], group[v]] > 0:
            waiting[group[u], group[v]] -= 1
        else:
            left.append((u, v))
    return left
