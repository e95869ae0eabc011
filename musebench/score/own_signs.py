"""Key and time signatures that hold for one part or one staff, beside those of the score."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from musebench.score.assemble import order_of_notes, row_at
from musebench.score.table import Ints, NoteTable

METER = ("beats", "beat_type")


def with_own_signs(notes: NoteTable, parts: list[Any], to_common: list[Any]) -> NoteTable:
    """Give each note the meter of its part, and the key and meter of its staff.

    Args:
        notes: The table of a score, with the meter of the score at each note and the key of its
            part.
        parts: Its parts, as partitura's.
        to_common: For each part, what brings its times to divisions of the score.
    """
    if not any(getattr(part, "own_signs", ()) for part in parts):
        return notes
    columns = {name: getattr(notes, name).copy() for name in ("key_fifths", *METER)}
    for index, part in enumerate(parts):
        signs = getattr(part, "own_signs", ())
        here = notes.part == index
        for staff in sorted({0, *(sign.staff for sign in signs)}):
            rows = np.flatnonzero(here & (notes.staff == staff) if staff else here)
            own = [sign for sign in signs if sign.staff in (0, staff)]
            keys = [(sign.time, sign.fifths) for sign in own if sign.fifths is not None]
            meters = [(sign.time, *sign.meter) for sign in own if sign.meter]
            _look_up(columns, ("key_fifths",), notes, rows, keys, to_common[index])
            _look_up(columns, METER, notes, rows, meters, to_common[index])
    columns = notes.columns() | columns
    order = order_of_notes(columns)  # twins may differ in their meter
    return replace(notes, **{name: column[order] for name, column in columns.items()})


def _look_up(
    columns: dict[str, Ints],
    names: Sequence[str],
    notes: NoteTable,
    rows: Ints,
    signs: Sequence[tuple[int, ...]],
    to_common: Any,
) -> None:
    """Fill columns of some notes with the signs in force at each: time, then the columns."""
    if len(rows) and signs:
        time, *values = np.array(signs, dtype=np.int64).T
        row = row_at(to_common(time), notes.onset_div[rows])
        for name, value in zip(names, values, strict=True):
            columns[name][rows] = value[row]
