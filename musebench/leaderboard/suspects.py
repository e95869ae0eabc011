"""Places of a piece that an audit doubts, joined and named for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musebench.score import NoteTable
from musebench.shown import Shown
from musebench.tasks import Task

IntArray = NDArray[np.int64]


@dataclass(frozen=True, repr=False, kw_only=True)
class Suspect(Shown):
    """Neighbouring places of a piece where entries disagree with the labels.

    Attributes:
        piece: Piece id.
        measures: Printed numbers of its measures; empty for a whole piece.
        onset: Onset of the most suspicious place, in quarter notes, as a fraction; empty for a
            whole piece.
        pitch: MIDI pitch of its note; empty if the labels are not those of notes.
        label: Published class there.
        other: Class that the entries predict instead.
        suspicion: From 0 to 1, see ``musebench.leaderboard.audit``.
        num_against: Number of entries of which a run predicts the other class.
        num_places: Number of places.
        first: First measure, as a row of the table of measures.
        last: Last measure.
    """

    piece: str
    measures: str
    onset: str
    pitch: str
    label: str
    other: str
    suspicion: float
    num_against: int
    num_places: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Places:
    """The units of a task in a piece: notes, onset groups, or the piece.

    Attributes:
        task: The task.
        notes: The notes that count.
        note: First note of each unit, ``(num_units,)``.
    """

    task: Task
    notes: NoteTable
    note: IntArray

    @classmethod
    def of(cls, task: Task, notes: NoteTable) -> Self:
        """The units of a piece."""
        if task.unit == "note":
            return cls(task, notes, np.arange(len(notes)))
        first = np.unique(notes.onset_index, return_index=True)[1]
        return cls(task, notes, first if task.unit == "onset" else first[:1])

    def joined(self, units: IntArray) -> list[IntArray]:
        """Units, in order, as groups; a group ends where a measure is left out."""
        measure = self.notes.measure_index[self.note[units]]
        return np.split(units, np.flatnonzero(np.diff(measure) > 1) + 1)

    def named(self, group: IntArray, worst: int) -> Mapping[str, Any]:
        """Where a group is, and its most suspicious unit, as fields of a ``Suspect``."""
        if self.task.unit == "graph":
            last = len(self.notes.measures) - 1
            return {"measures": "", "onset": "", "pitch": "", "first": 0, "last": last}
        measure = self.notes.measure_index[self.note[group]]
        first, last = int(measure[0]), int(measure[-1])
        names = self.notes.measures.name[[first, last]].tolist()
        note = self.note[worst]
        return {
            "measures": "-".join(dict.fromkeys(names)),
            "onset": str(Fraction(int(self.notes.onset_div[note]), self.notes.divs_pq)),
            "pitch": str(self.notes.pitch[note]) if self.task.unit == "note" else "",
            "first": first,
            "last": last,
        }


def class_name(task: Task, head: str, value: int) -> str:
    """A class or a link, in words; a class that a shift moved out of the classes by its number."""
    classes = task.heads[head]
    if not classes:
        return f"note {value}" if value >= 0 else "no next note"
    return classes[value] if 0 <= value < len(classes) else str(value)
