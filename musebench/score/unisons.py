"""Notes with the same onset and pitch, united: the ear hears one note."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.score.table import Ints, NoteTable

# Whose note it is: taken from the note that is preferred. All else is that of the longest.
OWNERSHIP = ("part", "staff", "voice", "note_id", "key_fifths")


def unison_of_notes(notes: NoteTable) -> Ints:
    """Number of each note's unison, in order of onset, then of pitch. Shape ``(num_notes,)``."""
    place = np.stack([notes.onset_div, notes.pitch], axis=1)
    unison: Ints = np.unique(place, axis=0, return_inverse=True)[1].reshape(-1)
    return unison


def unite_unisons(notes: NoteTable, preferred: NDArray[np.bool_]) -> NoteTable:
    """Make one note of those that are equal in onset and pitch.

    It lasts as long as the longest of them; of several, the first in the order of the table.

    Args:
        notes: A note table.
        preferred: Which notes say, before others, whose note it is. Shape ``(num_notes,)``.

    Returns:
        A table with a row per unison, in order.
    """
    unison = unison_of_notes(notes)
    longest = _first_by(unison, -notes.duration_div)
    owner = _first_by(unison, ~preferred)
    columns: dict[str, Any] = {name: col[longest] for name, col in notes.columns().items()}
    owned = {name: notes.columns()[name][owner] for name in OWNERSHIP}
    return replace(notes, **(columns | owned))


def _first_by(unison: Ints, key: NDArray[np.generic]) -> NDArray[np.intp]:
    """The row of each unison with the smallest key, of several the first."""
    order = np.lexsort([key, unison])
    return order[np.flatnonzero(np.diff(unison[order], prepend=-1))]
