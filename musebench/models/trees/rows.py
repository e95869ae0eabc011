"""Rows of features with labels that trees can learn: a row per note, onset group, pair or piece."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.models.trees.recipes import (
    bass_of,
    note_features,
    onset_features,
    pair_features,
    piece_features,
    sounding_chroma,
)
from musebench.models.trees.seen import Floats, Ints, Keys, Seen, estimate_keys, rotated, see
from musebench.pitch import nearest_tpc
from musebench.score import NoteTable
from musebench.tasks import Task

CANDIDATE_GROUPS = 4  # onset groups after the end of a note in which its next one is looked for
CANDIDATE_MEASURES = 1
NO_REFERENCE = ""
SHIFT = 64  # fifths, more than between any places, so that codes are positive


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a score.

    Attributes:
        features: Shape ``(num_rows, num_features)``, float32.
        references: Name -> place on the line of fifths from which the classes of a head with places
            can be counted, so that a transposition leaves them as they are. Shape ``(num_rows,)``.
        bass: Pitch class of the lowest sounding note; empty except for onset groups.
        chroma: Whether each pitch class sounds, ``(num_rows, 12)``; empty except for onset groups.
        source: First note of each pair; empty except for pairs.
        target: Second note.
        num_notes: Number of notes of the score.
    """

    features: NDArray[np.float32]
    references: Mapping[str, Ints] = field(default_factory=dict)
    bass: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    chroma: Floats = field(default_factory=lambda: np.zeros((0, 12)))
    source: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    target: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    num_notes: int = 0

    def labels(self, task: Task, labels: Mapping[str, NDArray[np.generic]]) -> dict[str, Floats]:
        """Label of each row by head; of pairs whether they are linked."""
        if task.kind != "link":
            found = ((head, np.asarray(labels[head])) for head in learned_heads(task))
            return {head: known.astype(np.float64) for head, known in found}
        following = np.asarray(labels[task.main_head])[self.source]
        is_link = np.where(following == IGNORE_LABEL, IGNORE_LABEL, following == self.target)
        return {task.main_head: is_link.astype(np.float64)}


def learned_heads(task: Task) -> tuple[str, ...]:
    """The heads that trees predict: the required ones."""
    return task.required_heads


def rows_of(notes: NoteTable, task: Task) -> Rows:
    """The rows of a score by the recipe for the kind of task."""
    seen = see(notes, task.inputs)
    return _RECIPES[task.kind](notes, seen, estimate_keys(seen))


def candidates(notes: NoteTable) -> tuple[Ints, Ints]:
    """Pairs of a note and one that may be its next one, near its end."""
    from musebench.graph import candidate_pairs

    pairs = candidate_pairs(notes, max_groups=CANDIDATE_GROUPS, max_measures=CANDIDATE_MEASURES)
    source, target = pairs.numpy()
    return source, target


def _notes(_: NoteTable, seen: Seen, keys: Keys) -> Rows:
    of_group = _references(seen, keys)
    references = {name: column[seen.group] for name, column in of_group.items()}
    references["pitch"] = nearest_tpc(7 * seen.pitch, keys.centre[seen.group])
    return Rows(note_features(seen, keys), references)


def _onsets(_: NoteTable, seen: Seen, keys: Keys) -> Rows:
    chroma = sounding_chroma(seen)
    return Rows(onset_features(seen, keys), _references(seen, keys), bass_of(seen), chroma)


def _pairs(notes: NoteTable, seen: Seen, _: Keys) -> Rows:
    source, target = candidates(notes)
    features = pair_features(seen, source, target)
    return Rows(features, source=source, target=target, num_notes=len(notes))


def _piece(_: NoteTable, seen: Seen, keys: Keys) -> Rows:
    return Rows(piece_features(seen, keys))


_RECIPES: Mapping[str, Callable[[NoteTable, Seen, Keys], Rows]] = {
    "note": _notes,
    "regression": _notes,
    "onset": _onsets,
    "multi-head": _onsets,
    "link": _pairs,
    "graph": _piece,
}


def _references(seen: Seen, keys: Keys) -> dict[str, Ints]:
    """The local tonic and the lowest sounding note of each onset group, in fifths."""
    if seen.fifth is None:
        return {"tonic": keys.tonic_fifth, "bass": nearest_tpc(7 * bass_of(seen), keys.centre)}
    size = len(seen.pitch)
    lowest = seen.of_sounding(np.minimum, seen.pitch * size + np.arange(size)).astype(np.int64)
    return {"tonic": keys.tonic_fifth, "bass": seen.fifth[lowest % size]}


def reference_of(task: Task, head: str, rows: Sequence[Rows], labels: Sequence[Floats]) -> str:
    """Name of the reference from which the classes of a head are counted; empty for none.

    Keys are counted from the local tonic, names of the notes themselves from their pitch, other
    places, such as roots, from the bass.
    """
    places = task.places.get(head)
    if not places or not rows[0].references:
        return NO_REFERENCE
    if any(place.mode for place in places):
        return "tonic"
    fifths = np.array([place.fifths for place in places])
    for of_piece, found in zip(rows, labels, strict=True):
        known = found != IGNORE_LABEL
        own = of_piece.references.get("pitch")
        if own is None or np.any((fifths[found[known].astype(np.int64)] - own[known]) % 12):
            return "bass"
    return "pitch"


def encode(task: Task, head: str, labels: Ints, reference: Ints) -> Ints:
    """Classes counted from a reference on the line of fifths, as codes of at least 0."""
    fifths, is_minor = _places(task, head)
    return 2 * (fifths[labels] - reference + SHIFT) + is_minor[labels]


def decode(task: Task, head: str, codes: Ints, reference: Ints) -> Ints:
    """The classes of codes; where a place has no class, one that sounds the same or is nearest."""
    fifths, is_minor = _places(task, head)
    wanted, mode = codes // 2 - SHIFT + reference, codes % 2
    distance = np.abs(wanted[:, np.newaxis] - fifths)
    cost = np.where(distance % 12 == 0, distance, 1000 + distance)
    cost = cost + 10_000 * (mode[:, np.newaxis] != is_minor)
    return np.asarray(cost.argmin(axis=1), dtype=np.int64)


def _places(task: Task, head: str) -> tuple[Ints, Ints]:
    places = task.places[head]
    is_minor = np.array([place.mode == "minor" for place in places]).astype(np.int64)
    return np.array([place.fifths for place in places]), is_minor


def decided_columns(task: Task, head: str, classes: Floats, rows: Rows) -> Floats:
    """What is decided about the onset groups, as columns for the heads that follow.

    A key or root becomes its distance from the bass, its mode, and what sounds above it.

    Args:
        task: The task.
        head: The head that is decided.
        classes: Class of each onset group; ``IGNORE_LABEL`` for none.
        rows: The rows.
    """
    known = classes != IGNORE_LABEL
    if head not in task.places:
        return np.where(known, classes, np.nan)[:, np.newaxis]
    fifths, is_minor = _places(task, head)
    index = np.where(known, classes, 0).astype(np.int64)
    tone = 7 * fifths[index] % 12
    columns = [(tone - rows.bass) % 12, is_minor[index], rotated(rows.chroma, tone)]
    return np.where(known[:, np.newaxis], np.column_stack(columns), np.nan)
