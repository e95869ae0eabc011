"""Times of a MIDI file -> times that can be written: what ticks round, and players shorten.

Conventions:
    A time is *written* if it is a whole number of 128ths, or of the parts that the usual tuplets
    make of a quarter note.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.score.assemble import row_at
from musebench.score.table import Ints, NoteTable, Table

# Of a quarter note; the fewer, the fewer divisions.
PARTS = ((32, 24, 10, 14, 9), (32, 24, 10, 14), (32, 24))
MAX_DIVISIONS = 50_000  # a quarter note
ENDS = (8, 12)  # of a quarter note: where a note that was cut short ends
SHORT_GAP = 16  # a 16th of a quarter note is no rest
LEAST_TICKS = 96  # a quarter note; with fewer, a tick is more than a rounding
LEAST_SHARE_CUT = 0.1
TOLERANCE = 1  # tick


def tidy_times(notes: NoteTable) -> NoteTable:
    """Bring times of a MIDI file to where a score would have them.

    An end that is not written goes to the next onset, if that is less than a 16th of a quarter note
    away. A time within a tick of a written one is that: a septuplet at 480 ticks is rounded. If
    more than a tenth of the notes that last still end elsewhere, the file was exported as played, a
    little short: then these ends go to the nearest eighth or twelfth of a quarter note behind the
    onset. Onsets elsewhere stay. Rare tuplets are given up where divisions would be too fine.

    Args:
        notes: The table of a MIDI file.

    Returns:
        The same notes, in finer divisions where they need them; the table itself if nothing
        changes.
    """
    if notes.divs_pq < LEAST_TICKS:
        return notes
    tidied = (_tidy(notes, parts) for parts in PARTS)
    return next((table for table in tidied if table.divs_pq <= MAX_DIVISIONS), notes)


def _tidy(notes: NoteTable, parts: tuple[int, ...]) -> NoteTable:
    factor = math.lcm(notes.divs_pq, *parts) // notes.divs_pq
    divs = notes.divs_pq * factor
    steps = [divs // part for part in parts]
    onset, _, _ = _nearest(notes.onset_div, factor, steps)
    end = (notes.onset_div + notes.duration_div) * factor
    offset, is_written, fits = _nearest(end // factor, factor, steps)
    lasts = notes.duration_div > 0
    following = _next_onset(onset, end, divs)
    to_onset = ~is_written & (following - end < divs // SHORT_GAP)
    is_cut = lasts & ~fits & ~to_onset
    if (lasts & ~fits).sum() > LEAST_SHARE_CUT * max(lasts.sum(), 1):
        nearest = _closest([divs // part for part in ENDS], end)
        offset = np.where(is_cut & (nearest > onset), nearest, offset)
    offset = np.where(to_onset, following, offset)
    offset = np.where(lasts, np.maximum(offset, onset + 1), onset)
    if np.array_equal(onset, notes.onset_div * factor) and np.array_equal(
        offset - onset, notes.duration_div * factor
    ):
        return notes
    return _with_times(notes, onset, offset - onset, factor)


def _next_onset(onset: Ints, end: Ints, divs: int) -> Ints:
    """The first onset at or after each end; two quarter notes later if there is none."""
    onsets = np.unique(onset)
    return np.append(onsets, end.max(initial=0) + 2 * divs)[np.searchsorted(onsets, end)]


def _nearest(
    times: Ints, factor: int, steps: list[int]
) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """The written time within a tick, else the time itself, in finer divisions.

    Returns:
        The times; whether each was written as it is; whether it is now.
    """
    fine = times * factor
    is_written = np.any([fine % step == 0 for step in steps], axis=0)
    near = _closest(steps, fine)
    fits = is_written | (np.abs(near - fine) <= TOLERANCE * factor)
    return np.where(is_written | ~fits, fine, near), is_written, fits


def _closest(steps: list[int], times: Ints) -> Ints:
    """The nearest whole number of any of these steps; of equals that of the first step."""
    found = np.stack([(times + step // 2) // step * step for step in steps])
    best = np.abs(found - times).argmin(axis=0)
    return np.asarray(found[best, np.arange(len(times))])


def _with_times(notes: NoteTable, onset: Ints, duration: Ints, factor: int) -> NoteTable:
    """The table in finer divisions, as few as will do, with these times."""
    divs = notes.divs_pq * factor
    names = ("measures", "time_signatures", "key_signatures")
    times = [column * factor for name in names for column in _times(getattr(notes, name)).values()]
    beats = 4 * divs // np.append(notes.measures.beat_type, 4)
    unit = int(np.gcd.reduce(np.concatenate([onset, duration, beats, *times])))
    tables = {}
    for name in names:
        columns = _times(getattr(notes, name))
        scaled = {column: values * factor // unit for column, values in columns.items()}
        tables[name] = replace(getattr(notes, name), **scaled)
    order = np.lexsort([duration, notes.pitch, onset])
    onset, duration = onset[order] // unit, duration[order] // unit
    measures = tables["measures"]
    index = row_at(measures.start_div, onset)
    changed: dict[str, Any] = {
        "onset_div": onset,
        "duration_div": duration,
        "measure_index": index,
        "measure_position_div": measures.position_div[index] + onset - measures.start_div[index],
    }
    others = {name: column[order] for name, column in notes.columns().items()}
    changed = others | changed | tables
    return replace(notes, divs_pq=divs // unit, **changed)


def _times(table: Table) -> dict[str, Ints]:
    """The columns of a table that are times."""
    return {name: column for name, column in table.columns().items() if name.endswith("_div")}
