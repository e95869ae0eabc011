"""Labels of AugmentedNet: the chord of each note in its table becomes the label of an onset.

Conventions:
    Heads and classes: ``augmentednet_classes``. The table repeats the current chord at each note;
    all notes of an onset have the same. An onset whose chord is marked invalid, or has a part
    without a class, has no label in any head. A chord without an onset in the score, because it
    starts and ends between two notes or during ties, is *unaligned*. The number of chords after the
    last one in the table is unknown.
"""

from pathlib import Path

import numpy as np

from musebench.annotations.augmentednet_classes import AUGMENTEDNET_COLUMNS, AUGMENTEDNET_HEADS
from musebench.annotations.labels import IGNORE_LABEL, OnsetLabels
from musebench.errors import AnnotationError
from musebench.score import Columns, NoteTable, Refusal, naming, numbers, read_columns

VALID = "valid_chord_label"
CLASS_OF = {
    head: {name: index for index, name in enumerate(classes)}
    for head, classes in AUGMENTEDNET_HEADS.items()
}


def read_augmentednet_labels(file: str | Path, notes: NoteTable) -> OnsetLabels:
    """Read the chords of a score.

    Args:
        file: ``<piece>_joint.tsv``.
        notes: Note table of the same file, as ``read_augmentednet`` made it.

    Raises:
        AnnotationError: If the file is missing, lacks a column, has a broken cell, does not fit the
            score, or has two chords at one onset.
    """
    with naming(file, AnnotationError):
        cells = read_columns(file, (VALID, *AUGMENTEDNET_COLUMNS.values()))
        number = numbers(read_columns(file, ("a_annotationNumber",)), "a_annotationNumber")
        rows = _rows_of_notes(notes, len(number))
        table = np.array([_classes(cells, row) for row in rows], dtype=np.int64)
        onset = notes.onset_index
        labels = np.full((onset[-1] + 1, len(AUGMENTEDNET_HEADS)), IGNORE_LABEL, dtype=np.int64)
        labels[onset] = table
        if (labels[onset] != table).any():
            msg = "it has two chords at one onset"
            raise Refusal(msg)
        present = np.unique(number[rows])
        unread = np.unique(number[rows][(table == IGNORE_LABEL).any(axis=1)])
        counts = {
            "annotated": int(number.max()) + 1,
            "unaligned": int(number.max()) + 1 - len(present),
            "unread": len(unread),
        }
        return OnsetLabels(dict(zip(AUGMENTEDNET_HEADS, labels.T, strict=True)), counts)


def _rows_of_notes(notes: NoteTable, num_rows: int) -> list[int]:
    """Row of the table in which each note starts, from its identifier."""
    rows = [int(name.removeprefix("n")) for name in notes.note_id.tolist()]
    if max(rows) >= num_rows:
        msg = f"it has {num_rows} rows, and the score has a note of row {max(rows) + 1}"
        raise Refusal(msg)
    return rows


def _classes(cells: Columns, row: int) -> list[int]:
    """Class of each head, in order; ``IGNORE_LABEL`` of all if one has none."""
    if cells[VALID][row] != "True":
        return [IGNORE_LABEL] * len(CLASS_OF)
    found = [
        CLASS_OF[head].get(cells[column][row], IGNORE_LABEL)
        for head, column in AUGMENTEDNET_COLUMNS.items()
    ]
    return [IGNORE_LABEL] * len(found) if IGNORE_LABEL in found else found
