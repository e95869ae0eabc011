"""Metadata and layout of scores, as named columns: what should tell nothing about the music.

Conventions:
    No column knows a pitch class, an interval or a rhythm. Some are hidden from the models of every
    task (parts, staves, the order of equal rows): the audit asks what the sources give away, too.
    The corpus of a piece is in no note table; its divisions, parts and length stand for it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.models.trees.rows import Rows, candidates
from musebench.score import NoteTable
from musebench.tasks import Task

Column = NDArray[np.float64]
Columns = Mapping[str, Column]


def layout_columns(notes: NoteTable, unit: str) -> Columns:
    """The columns of a score by name.

    Args:
        notes: A note table.
        unit: What a row is: ``graph``, ``onset`` or ``note``.
    """
    piece = _of_piece(notes)
    if unit == "graph":
        return {name: np.array([value], dtype=np.float64) for name, value in piece.items()}
    first = np.unique(notes.onset_div, return_index=True)[1]
    rows = first if unit == "onset" else np.arange(len(notes))
    columns = {name: column[rows] for name, column in _of_notes(notes).items()}
    return columns | {name: np.full(len(rows), float(value)) for name, value in piece.items()}


def layout_rows(notes: NoteTable, task: Task) -> tuple[tuple[str, ...], Rows]:
    """Names of the columns, and the rows of a score."""
    if task.kind != "link":
        columns = layout_columns(notes, task.unit)
        return tuple(columns), Rows(_table(columns))
    source, target = candidates(notes)
    of_notes = layout_columns(notes, "note")
    columns = {"rows_between": (target - source).astype(np.float64)}
    columns |= {f"first_{name}": column[source] for name, column in of_notes.items()}
    columns |= {f"second_{name}": column[target] for name, column in of_notes.items()}
    return tuple(columns), Rows(_table(columns), source=source, target=target, num_notes=len(notes))


def _table(columns: Columns) -> NDArray[np.float32]:
    return np.column_stack(list(columns.values())).astype(np.float32)


def _of_piece(notes: NoteTable) -> dict[str, float]:
    """Numbers of the whole score."""
    measures, num_onsets = notes.measures, len(np.unique(notes.onset_div))
    length = measures.end_div - measures.start_div
    nominal = 4 * notes.divs_pq * measures.beats // measures.beat_type
    meters = np.unique(np.column_stack([measures.beats, measures.beat_type]), axis=0)
    return {
        "divs_pq": notes.divs_pq,
        "num_notes": len(notes),
        "num_onsets": num_onsets,
        "num_measures": len(measures),
        "num_quarters": float(length.sum()) / notes.divs_pq,
        "num_parts": len(notes.parts),
        "num_staves": float(len(np.unique(np.column_stack([notes.part, notes.staff]), axis=0))),
        "num_meters": len(meters),
        "first_beats": float(measures.beats[0]),
        "first_beat_type": float(measures.beat_type[0]),
        "notes_per_onset": len(notes) / num_onsets,
        "notes_per_measure": len(notes) / len(measures),
        "share_of_duration_zero": float((notes.duration_div == 0).mean()),
        "share_of_incomplete_measures": float((length < nominal).mean()),
    }


def _of_notes(notes: NoteTable) -> dict[str, Column]:
    """Numbers of each note: its measure's ends, its twins, its place among equal rows."""
    measures, measure, group = notes.measures, notes.measure_index, notes.onset_index
    length = (measures.end_div - measures.start_div)[measure]
    nominal = 4 * notes.divs_pq * notes.beats // notes.beat_type
    last_group = np.zeros(len(measures), dtype=np.int64)
    np.maximum.at(last_group, measure, group)
    is_last = group == last_group[measure]
    is_first = notes.onset_div == measures.start_div[measure]
    num_twins, twin_rank = _among_equals(notes.onset_div, notes.pitch, notes.duration_div)
    num_equal, equal_rank = _among_equals(notes.onset_div, notes.pitch)
    columns = {
        "is_first_of_measure": is_first,
        "is_last_of_measure": is_last,
        "is_incomplete_measure": length < nominal,
        "is_last_before_split": is_last & (length < nominal),
        "is_first_after_split": is_first & (measures.position_div[measure] > 0),
        "groups_from_begin": group,
        "groups_to_end": group[-1] - group,
        "num_twins": num_twins,
        "rank_among_twins": twin_rank,
        "num_of_equal_pitch": num_equal,
        "rank_among_equal_pitch": equal_rank,
    }
    return {name: column.astype(np.float64) for name, column in columns.items()}


def _among_equals(*columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many rows are equal to each one, and its place among them in the order of rows."""
    cell = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], cell)
    rank = np.empty(len(cell), dtype=np.int64)
    rank[order] = np.arange(len(cell))
    return np.bincount(cell)[cell], rank - start
