"""The predictions of a model for a score: as arrays, table, JSON, or written into the score."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from musebench.applied.arrange import Arrange, line_numbers
from musebench.applied.choose import Labels
from musebench.applied.names import (
    changes_at,
    class_names,
    harmonies,
    key_names,
    numerals_in_keys,
    roman_numerals,
)
from musebench.errors import InputError
from musebench.score import Mark, NoteTable, write_score
from musebench.shown import Shown
from musebench.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

# By Okabe and Ito, distinguishable with colour blindness.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F00", "#000000")
EVENT_COLOR = COLORS[1]


@dataclass(frozen=True, eq=False, repr=False)
class Applied(Shown):
    """A model applied to a score.

    Attributes:
        task: The task.
        model: Name of the model.
        labels: Head -> class (index, number) of each note, onset group or of the score. Notes are
            in the order of ``notes``.
        laid_out: The score with the predicted spelling, keys and staves.
        set_voices: Function that sets the voices of the score to write.
        warnings: What was mended or left out when the score was read, in sentences.
    """

    task: Task
    model: str
    labels: Labels
    laid_out: NoteTable
    set_voices: Arrange
    warnings: tuple[str, ...] = ()

    @cached_property
    def notes(self) -> NoteTable:
        """The score with the predicted spelling, keys, staves and voices."""
        return self.set_voices(self.laid_out)

    def to_frame(self) -> "pd.DataFrame":
        """One row per note or onset group: measure, beat (1 = downbeat), names of the labels."""
        import pandas as pd

        return pd.DataFrame(self._columns())

    def events(self) -> "pd.DataFrame":
        """The rows of interest: cadences, phrase ends, changes of chord; else all rows."""
        frame = self.to_frame()
        rows = self._rows_of_events()
        return frame if rows is None else frame.iloc[rows].reset_index(drop=True)

    def records(self) -> list[dict[str, Any]]:
        """The rows of ``events``, each as a dict."""
        columns = {
            name: column.tolist() if isinstance(column, np.ndarray) else column
            for name, column in self._columns().items()
        }
        found = self._rows_of_events()
        rows = range(len(next(iter(columns.values())))) if found is None else found
        return [{name: column[row] for name, column in columns.items()} for row in rows]

    def to_dict(self) -> dict[str, Any]:
        """Task, model, classes of each head, the rows of ``events``, and the warnings."""
        return {
            "task": self.task.name,
            "model": self.model,
            "labels": {name: column.tolist() for name, column in self.labels.items()},
            "events": self.records(),
            "warnings": list(self.warnings),
        }

    def to_json(self) -> str:
        """What ``to_dict`` gives, as JSON."""
        return json.dumps(self.to_dict())

    def write(self, path: str | Path) -> None:
        """Write the score with the predictions: MusicXML, MEI or, without marks, MIDI.

        Raises:
            InputError: If the file cannot be written, or a score cannot show the task's labels.
        """
        check_shown(self.task)
        write_score(self.notes, path, marks=self.marks(), colors=self.colors())

    def marks(self, *, printed: bool = True) -> list[Mark]:
        """Texts above or below the score; Roman numerals as they are printed, or as in tables."""
        onset = np.unique(self.laid_out.onset_div)
        if self.task.has_events:
            names, found = self.task.event_names, self.labels[self.task.main_head]
            return [
                Mark(int(onset[i]), names[found[i]], "above", EVENT_COLOR)
                for i in self._rows_of_events() or ()
            ]
        if "local_key" not in self.task.heads:
            return []
        numerals = numerals_in_keys(self.task, self.labels, printed=printed)
        chords = harmonies(self.task, self.labels)
        return [
            Mark(int(onset[i]), numerals[i], harmony=chords[i])
            for i in self._rows_of_events() or ()
        ]

    def colors(self) -> NDArray[np.str_] | None:
        """Colour of each note, if the task classifies notes."""
        if self.task.kind == "link":
            number = line_numbers(self.labels["next_note"])
        elif self.task.kind == "note" and not self.task.places:
            number = self.labels[self.task.main_head]
        else:
            return None
        return np.array([COLORS[n % len(COLORS)] for n in number.tolist()])

    def _columns(self) -> dict[str, Any]:
        task, notes = self.task, self.laid_out
        if task.unit == "graph":
            return {head: class_names(task, head, self.labels[head]) for head in self.labels}
        rows = np.arange(len(notes))
        if task.unit == "onset":
            rows = np.unique(notes.onset_div, return_index=True)[1]
        columns: dict[str, Any] = {
            "measure": notes.measures.name[notes.measure_index[rows]],
            "beat": np.round(1 + notes.beat_position[rows], 3),
        }
        if task.unit == "note":
            columns |= {"staff": notes.staff, "pitch": notes.pitch, "note": note_names(notes)}
        if task.kind == "link":
            columns["voice"] = line_numbers(self.labels["next_note"]) + 1
        if "local_key" in task.heads:
            columns["key"] = key_names(task, self.labels)
            columns["roman_numeral"] = roman_numerals(task, self.labels)
        for head, labels in self.labels.items():
            if head in task.scores:  # that of the predicted class
                chosen = self.labels[task.scores[head]][:, np.newaxis]
                of_class = np.take_along_axis(labels, chosen, axis=1)[:, 0]
                columns[head] = np.round(of_class.astype(np.float64), 3)
                continue
            if task.heads.get(head):
                columns[head] = class_names(task, head, labels)
            else:
                columns[head] = np.round(labels, 4) if labels.dtype.kind == "f" else labels
        return columns

    def _rows_of_events(self) -> list[int] | None:
        """Onset groups with an event; None if every row counts."""
        if self.task.has_events:
            return [int(i) for i in np.flatnonzero(self.labels[self.task.main_head] > 0)]
        if "local_key" not in self.task.heads:
            return None
        texts = [key_names(self.task, self.labels), roman_numerals(self.task, self.labels)]
        return [int(i) for i in changes_at(texts)]


def is_shown(task: Task) -> bool:
    """Whether a score can show the labels of a task."""
    return task.unit != "graph" and task.kind != "regression"


def check_shown(task: Task) -> None:
    """Refuse to write the labels of a task into a score that cannot show them.

    Raises:
        InputError: If there is nothing to write.
    """
    if not is_shown(task):
        msg = f"a score cannot show the labels of {task.name}; write a table instead (.csv)."
        raise InputError(msg)


def note_names(notes: NoteTable) -> list[str]:
    """Names of the notes, such as ``F#4``."""
    rows: Sequence[Any] = [notes.step.tolist(), notes.alter.tolist(), notes.octave.tolist()]
    return [
        f"{step}{'#' * alter if alter > 0 else 'b' * -alter}{octave}"
        for step, alter, octave in zip(*rows, strict=True)
    ]
