"""Positions of times and notes, shared by the page and the static pictures."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from musebench.score import Engraving, NoteTable

HEADROOM = 64.0  # above a system, for beats and measures
MEASURE_Y, BEAT_Y = -44.0, -16.0
LANE_HEIGHT, LANE_BASE = 36.0, 20.0
FIRST_TIME = 24.0  # from the left end of a measure to its first time, if no note is there


@dataclass(frozen=True, eq=False)
class Places:
    """Notes and times of a score on its systems.

    Attributes:
        notes: The note table.
        engraving: Its systems.
    """

    notes: NoteTable
    engraving: Engraving

    @cached_property
    def head_of(self) -> NDArray[np.int64]:
        """First head of each note in ``engraving.heads``, -1 for notes that are not drawn."""
        heads = self.engraving.heads
        place = np.full(len(self.notes), -1, dtype=np.int64)
        first = np.flatnonzero(heads.part == 0)
        place[heads.row[first]] = first
        return place

    @property
    def is_shown(self) -> NDArray[np.bool_]:
        """Which notes are drawn. Shape ``(num_notes,)``."""
        return self.head_of >= 0

    @cached_property
    def _anchors(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Times of each system, ascending, and their positions."""
        table, heads = self.notes.measures, self.engraving.heads
        anchors: list[dict[float, float]] = [{} for _ in self.engraving.systems]
        rows = np.flatnonzero(self.is_shown)
        first = self.head_of[rows]
        times = self.notes.onset_div[rows].tolist()
        places = heads.system[first].tolist(), heads.x[first].tolist()
        for time, system, x in zip(times, *places, strict=True):
            anchors[system][time] = min(x, anchors[system].get(time, x))
        for found, system in zip(anchors, self.engraving.systems, strict=True):
            for box in system.measures:
                found.setdefault(float(table.start_div[box.index]), box.left + FIRST_TIME)
            for box in system.measures[-1:]:
                found.setdefault(float(table.end_div[box.index]), box.right)
        columns = [(np.array(sorted(a)), np.array([a[t] for t in sorted(a)])) for a in anchors]
        return [(time, np.maximum.accumulate(x)) for time, x in columns]

    def of_times(self, times: NDArray[np.int64]) -> list[tuple[int, float] | None]:
        """System and position of each time, from the notes around it; None if it is not shown."""
        starts, ends = [], []
        table = self.notes.measures
        for system in self.engraving.systems:
            if not system.measures:
                break  # for notes that end after the last measure of the table
            starts.append(int(table.start_div[system.measures[0].index]))
            ends.append(int(table.end_div[system.measures[-1].index]))
        found: list[tuple[int, float] | None] = []
        for time in times.tolist():
            number = int(np.searchsorted(starts, time, side="right")) - 1
            if number < 0 or time >= ends[number]:
                found.append(None)
            else:
                x = float(np.interp(time, *self._anchors[number]))
                found.append((number, round(x, 1)))
        return found
