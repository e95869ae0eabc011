"""Lines of music as pictures, and where each note stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.shown import Shown


@dataclass(frozen=True)
class MeasureBox:
    """Where a measure stands in its system: its row in the note table, left and right end."""

    index: int
    left: float
    right: float


@dataclass(frozen=True, repr=False)
class System(Shown):
    """One line of music.

    Attributes:
        svg: The picture; what is drawn of the note in row 7 has the ids ``n7``, ``n7-1``, ...
        width: Of the picture, units of its ``viewBox``.
        height: The same.
        top: Where the uppermost staff begins.
        bottom: Where the lowest one ends.
        measures: The measures of the note table in it.
    """

    svg: str
    width: float
    height: float
    top: float
    bottom: float
    measures: tuple[MeasureBox, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Heads(Shown):
    """What is drawn of notes, the first head of each note before those tied to it.

    Attributes:
        row: Row of the note in the note table. Shape ``(num_heads,)``, int64.
        part: 0 for the first head of a note, 1, 2, ... for what is tied to it.
        system: System in which it stands.
        x: Centre of the head, units of the system's ``viewBox``, float64.
        y: The same.
    """

    row: NDArray[np.int64]
    part: NDArray[np.int64]
    system: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @classmethod
    def of(cls, found: Sequence[tuple[int, int, int, float, float]]) -> "Heads":
        """Make columns of rows, in order of notes."""
        columns = list(zip(*sorted(found), strict=True)) or [()] * 5
        row, part, system = (np.array(column, dtype=np.int64) for column in columns[:3])
        x, y = (np.array(column, dtype=np.float64) for column in columns[3:])
        return cls(row, part, system, x, y)


@dataclass(frozen=True, eq=False, repr=False)
class Engraving(Shown):
    """A score as systems.

    Attributes:
        systems: The systems, in order.
        heads: What is drawn of the notes.
        why_roll: Why it is a piano roll; empty of an engraved score.
    """

    systems: tuple[System, ...]
    heads: Heads
    why_roll: str = ""
