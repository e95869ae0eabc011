"""A part of partitura whose time line takes new times at once.

Partitura keeps the times of a part in a sorted array and copies it for every new time: a part of
100,000 onsets takes minutes. Here they are found in a dictionary and sorted when someone looks.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
from partitura.score import InvalidTimePointException, Part, TimePoint


@dataclass(frozen=True)
class OwnSign:
    """A key or time signature that a part or a staff has for itself.

    Attributes:
        time: Where it stands, divisions of the part.
        staff: The staff; 0: all of the part.
        fifths: Of a key signature, else None.
        meter: Beats and beat type of a time signature, else None.
    """

    time: int
    staff: int
    fifths: int | None
    meter: tuple[int, int] | None


class QuickPart(Part):  # type: ignore[misc]  # partitura is untyped
    """A part with the behaviour of partitura's, in less time.

    Attributes:
        own_signs: All its key and time signatures, where parts or staves of the score differ in
            them, which neither a table of the score nor partitura knows.
    """

    own_signs: tuple[OwnSign, ...] = ()
    title = ""  # of the score
    _point_at: dict[int, Any]
    _sorted: Any

    @property
    def _points(self) -> Any:
        if self._sorted is None:
            points = [self._point_at[time] for time in sorted(self._point_at)]
            self._sorted = np.empty(len(points), dtype=object)
            self._sorted[:] = points
            for before, after in zip([None, *points], [*points, None], strict=True):
                if before is not None:
                    before.next = after
                if after is not None:
                    after.prev = before
        return self._sorted

    @_points.setter
    def _points(self, points: Any) -> None:
        self._point_at = {point.t: point for point in points}
        self._sorted = None

    def get_point(self, t: int) -> Any:
        """The time point at a time, or None."""
        if t < 0:
            msg = "TimePoints should have non-negative integer values"
            raise InvalidTimePointException(msg)
        return self._point_at.get(t)

    def get_or_add_point(self, t: int) -> Any:
        """The time point at a time, which is made if there is none."""
        point = self.get_point(t)
        if point is None:
            section = max(bisect_right(self._quarter_times, t) - 1, 0)
            point = TimePoint(t, int(self._quarter_durations[section]))
            self._point_at[t] = point
            self._sorted = None
        return point

    def _remove_point(self, tp: Any) -> None:
        """Forget a time point."""
        del self._point_at[tp.t]
        self._sorted = None
