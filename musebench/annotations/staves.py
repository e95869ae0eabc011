"""Labels of staff separation, from the score itself.

Conventions:
    Head ``staff``: class of the staff of the note, ``STAVES``. Staves are counted through all parts
    in the order of the score, but only those with notes: an empty staff, such as an ossia above a
    piano part, does not count. A score whose notes are not on exactly two staves has no labels.
"""

import numpy as np
from numpy.typing import NDArray

from musebench.annotations.voices import twin_groups
from musebench.errors import AnnotationError
from musebench.score import NoteTable

STAVES = ("upper", "lower")


def count_staves(notes: NoteTable) -> int:
    """Number of staves with notes, over all parts."""
    return len(np.unique(_places(notes)))


def staff_labels(notes: NoteTable) -> dict[str, NDArray[np.int64]]:
    """Read the staff of each note.

    Returns:
        Head -> class of each note. Shape ``(num_notes,)``, int64.

    Raises:
        AnnotationError: If the notes lie on one staff, or on more than two.
    """
    found, staff = np.unique(_places(notes), return_inverse=True)
    if len(found) != len(STAVES):
        msg = f"the notes are on {len(found)} staves; staff separation needs exactly two."
        raise AnnotationError(msg)
    return {"staff": staff.astype(np.int64)}


def count_staff_twins(notes: NoteTable) -> dict[str, tuple[int, int]]:
    """Count the notes that have an exact twin on the other staff, for the card.

    Returns:
        Name -> (count, total): notes with the onset, pitch and duration of a note on the other
        staff.

    Raises:
        AnnotationError: If the notes lie on one staff, or on more than two.
    """
    twin, staff = twin_groups(notes), staff_labels(notes)["staff"]
    size = int(twin.max()) + 1
    on_each = [np.bincount(twin[staff == place], minlength=size) for place in range(len(STAVES))]
    num_shared = np.sum(on_each, axis=0)[np.min(on_each, axis=0) > 0].sum()
    return {"notes with a twin on the other staff": (int(num_shared), len(notes))}


def _places(notes: NoteTable) -> NDArray[np.int64]:
    """Part and staff of each note as one number, in the order of the score."""
    return notes.part * (int(notes.staff.max()) + 1) + notes.staff
