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

from musebench.score.assemble import order_of_notes, row_at
from musebench.score.table import Ints, NoteTable, Table

# Of a quarter note; the fewer, the fewer divisions.
PARTS = ((32, 24, 10, 14, 9), (32, 24, 10, 14), (32, 24))
MAX_DIVISIONS = 50_000  # a quarter note
SHORT_GAP = 16  # a 16th of a quarter note is not a rest
LEAST_TICKS = 96  # a quarter note; with fewer, a tick is more than a rounding
TOLERANCE = 1  # tick
# How notes are played short: for a share of their duration, in percent, or less by some ticks.
SHARES, TICKS_LESS = range(99, 49, -1), range(1, 60)
LEAST_SHARE_CUT = 0.1  # of the notes that last, from which a file was exported as played
LEAST_SHARE_OF_ALL = 0.9  # of the notes, from which all are played short in the same way
LEAST_SHARE_OF_PLACE = 0.002  # of the onsets, for a place to be usual
ABOUT = 0.05  # of the notes: by so many less a way of playing is about as good


def tidy_times(notes: NoteTable) -> NoteTable:
    """Bring times of a MIDI file to where a score would have them.

    A time within a tick of a written one is that: a septuplet at 480 ticks is rounded. An end that
    is not written goes to the next onset, if that is less than a 16th of a quarter note away. If
    more than a tenth of the notes that last end where none begin, the file was exported as played,
    and they are written out, see ``_written_out``. Onsets elsewhere stay. Rare tuplets are given up
    where divisions would be too fine.

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
    """Tidy with these parts of a quarter note; the table itself if nothing changes."""
    factor = math.lcm(notes.divs_pq, *parts) // notes.divs_pq
    divs = notes.divs_pq * factor
    steps = [divs // part for part in parts]
    onset, _ = _nearest(notes.onset_div, factor, steps)
    end = (notes.onset_div + notes.duration_div) * factor
    offset, is_written = _nearest(end // factor, factor, steps)
    lasts = notes.duration_div > 0
    following = _next_onset(onset, end, divs)
    to_onset = ~is_written & (following - end < divs // SHORT_GAP)
    offset[lasts] = _written_out(onset[lasts], offset[lasts], end[lasts], divs, factor)
    offset = np.where(to_onset, following, offset)
    offset = np.where(lasts, np.maximum(offset, onset + 1), onset)
    if np.array_equal(onset, notes.onset_div * factor) and np.array_equal(
        offset - onset, notes.duration_div * factor
    ):
        return notes
    return _with_times(notes, onset, offset - onset, factor)


def _written_out(onset: Ints, offset: Ints, end: Ints, divs: int, tick: int) -> Ints:
    """Where a score would have the ends of notes that were played short.

    Notes of a score end at those places of a quarter note at which others begin. If more than a
    tenth of the ends are elsewhere, the file was exported as played: a share of each duration, or
    less by some ticks. Of those that fit about as many notes as the best, the one is taken that
    adds least. If nearly all notes fit, it holds for all, else for those that end elsewhere.

    Args:
        onset: Onsets.
        offset: Ends as they are taken where nothing was played short.
        end: Ends as they are in the file.
        divs: Divisions per quarter note.
        tick: Divisions per tick.
    """
    grid = _usual_places(onset, divs)
    is_odd = np.abs(_nearest_place(end, grid) - end) > TOLERANCE * tick
    if is_odd.sum() <= LEAST_SHARE_CUT * max(len(onset), 1):
        return offset
    shares = [((end - onset) * 100 // share, 2 * tick) for share in SHARES]
    ticks = [(end - onset + less * tick, tick) for less in TICKS_LESS]
    full, slack = zip(*shares, *ticks, strict=True)
    written = [_nearest_place(onset + lasts, grid) for lasts in full]
    fits = np.array(
        [
            np.abs(there - onset - lasts) <= near
            for there, lasts, near in zip(written, full, slack, strict=True)
        ]
    )
    count = fits.mean(axis=1)
    added = np.array([lasts.mean() for lasts in full])
    best = int(np.argmin(np.where(count >= count.max() - ABOUT, added, np.inf)))
    is_open = is_odd | (count[best] >= LEAST_SHARE_OF_ALL)
    found = np.where(fits[best], written[best], _nearest_place(end, grid))
    return np.where(is_open & (found > onset), found, offset)


def _usual_places(onset: Ints, divs: int) -> Ints:
    """Places of a quarter note at which notes begin more than once, its start and its end."""
    place, count = np.unique(onset % divs, return_counts=True)
    is_usual = count >= max(2, LEAST_SHARE_OF_PLACE * len(onset))
    return np.union1d(place[is_usual], [0, divs])


def _nearest_place(times: Ints, grid: Ints) -> Ints:
    """The nearest time that is at a place of its quarter note."""
    within = times % grid[-1]
    above = np.searchsorted(grid, within)
    below = grid[np.maximum(above - 1, 0)]
    is_above = grid[above] - within <= within - below
    return np.asarray(times - within + np.where(is_above, grid[above], below))


def _next_onset(onset: Ints, end: Ints, divs: int) -> Ints:
    """The first onset at or after each end; two quarter notes later if there is none."""
    onsets = np.unique(onset)
    return np.append(onsets, end.max(initial=0) + 2 * divs)[np.searchsorted(onsets, end)]


def _nearest(times: Ints, factor: int, steps: list[int]) -> tuple[Ints, NDArray[np.bool_]]:
    """The written time within a tick, else the time itself, in finer divisions.

    Returns:
        The times; whether each was written as it is.
    """
    fine = times * factor
    is_written = np.any([fine % step == 0 for step in steps], axis=0)
    near = _closest(steps, fine)
    fits = is_written | (np.abs(near - fine) <= TOLERANCE * factor)
    return np.where(is_written | ~fits, fine, near), is_written


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
    columns = notes.columns() | {"onset_div": onset, "duration_div": duration}
    order = order_of_notes(columns)
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
