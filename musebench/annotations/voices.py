"""Labels of voice separation, from the score itself.

Conventions:
    Head ``next_note``: index of the next note of the same part, -1 for the last one. A note has a
    label if its duration is not 0, no other note of its part with a duration starts with it, and
    its part is not the rest of a doubling staff; else ``IGNORE_LABEL``. The chain of a part leads
    from each labelled note to the next labelled one, over any notes without a label.
    *Twins* are notes with the same onset, pitch and duration: the inputs of a model do not
    distinguish them. A pair (u, v) is a *candidate* for a link if v starts after u starts and not
    before u ends, within the first ``CANDIDATE_GROUPS`` onset groups or the first
    ``CANDIDATE_MEASURES`` measures, of u's time signature, after the end of u.
"""

import numpy as np
from numpy.typing import NDArray

from musebench.annotations.labels import IGNORE_LABEL
from musebench.score import DOUBLING_PART, NoteTable

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CANDIDATE_GROUPS = 16
CANDIDATE_MEASURES = 2


def next_note_labels(notes: NoteTable) -> dict[str, Ints]:
    """Read, for each note, the next note of the same part.

    Returns:
        ``next_note`` -> index, -1 or ``IGNORE_LABEL``. Shape ``(num_notes,)``, int64.
    """
    labelled = has_next_note_label(notes)
    following = follow_chains(notes.part, labelled)
    return {"next_note": np.where(labelled, following, IGNORE_LABEL)}


def has_next_note_label(notes: NoteTable) -> Bools:
    """Return which notes are in the chain of their part. Shape ``(num_notes,)``."""
    is_voice = notes.parts.name != DOUBLING_PART
    return np.asarray(_is_alone(notes) & is_voice[notes.part])


def _is_alone(notes: NoteTable) -> Bools:
    """Whether a note has a duration and no other such note of its part starts with it."""
    lasts = notes.duration_div > 0
    place = notes.onset_index * len(notes.parts) + notes.part
    starting = np.bincount(place[lasts], minlength=int(place.max(initial=0)) + 1)
    return np.asarray(lasts & (starting[place] == 1))


def follow_chains(chain: Ints, chosen: Bools) -> Ints:
    """Link each chosen note to the next chosen note of its chain.

    Args:
        chain: Chain of each note, such as its part. Shape ``(num_notes,)``.
        chosen: Which notes are linked. Shape ``(num_notes,)``.

    Returns:
        Index of the next note, or -1. Shape ``(num_notes,)``, int64.
    """
    following = np.full(len(chain), -1, dtype=np.int64)
    index = np.flatnonzero(chosen)
    order = index[np.argsort(chain[index], kind="stable")]
    here, after = order[:-1], order[1:]
    same = chain[here] == chain[after]
    following[here[same]] = after[same]
    return following


def twin_groups(notes: NoteTable) -> Ints:
    """Number the groups of twins from 0; most have one note. Shape ``(num_notes,)``, int64."""
    sound = np.stack([notes.onset_div, notes.pitch, notes.duration_div], axis=1)
    group: Ints = np.unique(sound, axis=0, return_inverse=True)[1].reshape(-1)
    return group


def window_div(notes: NoteTable, max_measures: int = CANDIDATE_MEASURES) -> Ints:
    """Length of ``max_measures`` measures at each note, divisions. Shape ``(num_notes,)``."""
    return max_measures * (4 * notes.divs_pq * notes.beats // notes.beat_type)


def are_candidates(
    notes: NoteTable,
    source: Ints,
    target: Ints,
    max_groups: int = CANDIDATE_GROUPS,
    max_measures: int = CANDIDATE_MEASURES,
) -> Bools:
    """Return which pairs of notes are candidates for a link; see the module.

    Args:
        notes: A note table.
        source: Index of the first note of each pair. Shape ``(num_pairs,)``.
        target: Index of the second note of each pair.
        max_groups: Number of onset groups.
        max_measures: Number of measures.

    Returns:
        Shape ``(num_pairs,)``.
    """
    onset, group = notes.onset_div, notes.onset_index
    end = (onset + notes.duration_div)[source]
    first = np.maximum(np.searchsorted(np.unique(onset), end), group[source] + 1)
    is_near = group[target] < first + max_groups
    is_soon = onset[target] - end <= window_div(notes, max_measures)[source]
    return np.asarray((group[target] >= first) & (is_near | is_soon))


def count_voice_links(notes: NoteTable) -> dict[str, tuple[int, int]]:
    """Count linked notes, unlinked notes and links, for the card.

    Returns:
        Name -> (count, total).
    """
    labels = next_note_labels(notes)["next_note"]
    source = np.flatnonzero(labels >= 0)
    target = labels[source]
    lasts, alone = notes.duration_div > 0, _is_alone(notes)
    every = follow_chains(notes.part, lasts)
    twin = twin_groups(notes)
    num_notes, num_links = len(notes), len(source)
    overlaps = notes.onset_div[target] < (notes.onset_div + notes.duration_div)[source]
    return {
        "notes with a label": (int((labels != IGNORE_LABEL).sum()), num_notes),
        "notes of duration 0": (int((~lasts).sum()), num_notes),
        "notes in double stops": (int((lasts & ~alone).sum()), num_notes),
        "notes of a doubling part": (int((alone & ~has_next_note_label(notes)).sum()), num_notes),
        "notes with a twin": (int((np.bincount(twin)[twin] > 1).sum()), num_notes),
        "true links": (num_links, num_notes),
        "links over double stops": (int((every[source] != target).sum()), num_links),
        "links to a note that starts before the first ends": (int(overlaps.sum()), num_links),
        "links that are candidates": (
            int(are_candidates(notes, source, target).sum()),
            num_links,
        ),
    }
