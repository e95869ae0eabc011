"""All that models can say of a score at once, in one score, one table and one page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from musebench.applied.apply_model import Applier, read
from musebench.applied.arrange import is_unspelled, prepare
from musebench.applied.choose import (
    SPELLING,
    STAVES,
    VOICES,
    AnyModel,
    Device,
    Model,
    choose_model,
    default_model,
    find_task,
)
from musebench.applied.result import Applied, is_shown
from musebench.errors import InputError
from musebench.models import find_released
from musebench.score import Mark, NoteTable, keyboard_parts, write_score
from musebench.shown import Shown
from musebench.tasks import TASKS, Task

if TYPE_CHECKING:
    import pandas as pd

Chosen = Mapping[str, tuple[str | None, AnyModel]]  # task -> the board that names it, and its model

LAYOUT = (SPELLING, STAVES, VOICES)  # what a score without it gets


@dataclass(frozen=True, eq=False, repr=False)
class Annotated(Shown):
    """A score with the predictions of several tasks.

    Attributes:
        title: Path or address of the score; empty of a note table.
        notes: The score, with predicted spelling, keys, staves and voices if it had none.
        applied: Task -> its model applied to the score.
        layout: Task -> model, of what the score lacked: spelling, staves, voices.
        warnings: What was mended or left out when the score was read, in sentences.
    """

    title: str
    notes: NoteTable
    applied: Mapping[str, Applied]
    layout: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """One dict per onset at which something is new: measure, beat, and a text per task."""
        notes = self.notes
        first = np.unique(notes.onset_div, return_index=True)[1]
        found: dict[int, dict[str, str]] = {}
        for task, applied in self.applied.items():
            for mark in applied.marks(printed=False):
                found.setdefault(mark.onset_div, {})[task] = mark.text
        tasks = [task for task in self.applied if any(task in texts for texts in found.values())]
        return [
            {
                "measure": str(notes.measures.name[notes.measure_index[row]]),
                "beat": round(1 + float(notes.beat_position[row]), 3),
                **{task: found[onset].get(task, "") for task in tasks},
            }
            for row, onset in zip(first.tolist(), notes.onset_div[first].tolist(), strict=True)
            if onset in found
        ]

    def to_frame(self) -> "pd.DataFrame":
        """The rows of ``records``."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def to_dict(self) -> dict[str, Any]:
        """Models, labels of each task, the rows of ``records``, and the warnings."""
        return {
            "models": {**self.layout, **{task: of.model for task, of in self.applied.items()}},
            "labels": {
                task: {head: column.tolist() for head, column in of.labels.items()}
                for task, of in self.applied.items()
            },
            "events": self.records(),
            "warnings": list(self.warnings),
        }

    def to_json(self) -> str:
        """What ``to_dict`` gives, as JSON."""
        return json.dumps(self.to_dict())

    @cached_property
    def labels(self) -> dict[str, Mapping[str, NDArray[Any]]]:
        """``task, by model`` -> head -> label of each onset group, for pages."""
        return {
            f"{task}, by {of.model}": of.labels
            for task, of in self.applied.items()
            if of.task.unit == "onset"
        }

    def write(self, path: str | Path) -> None:
        """Write the score with all marks: MusicXML, MEI or, without marks, MIDI.

        Raises:
            InputError: If the file cannot be written.
        """
        write_score(self.notes, path, marks=list(self._marks()), colors=self._colors())

    def _marks(self) -> Iterator[Mark]:
        for applied in self.applied.values():
            yield from applied.marks()

    def _colors(self) -> NDArray[np.str_] | None:
        colors = (applied.colors() for applied in self.applied.values())
        return next((found for found in colors if found is not None), None)


def annotate(
    score: str | Path | NoteTable,
    *,
    models: Mapping[str, AnyModel] | None = None,
    device: Device = None,
    key_signatures: str | None = None,
    pickup: float | None = None,
) -> Annotated:
    """Apply a model of each task that a score can show: numerals, cadences, phrases, melody.

    A score that lacks them also gets names of notes and keys, staves, and voices. Tracks of a MIDI
    file stay parts of their own; a single one, and those named as a keyboard instrument, have two
    staves. If ``models`` names a model of staves, all together are one piano. Each task has its
    installed model or, if there is none, a rule that needs no training; a task with neither is
    left out. Of tasks of one family (Roman numerals in two vocabularies) one counts: that in
    ``models``, else that with a pretrained model.

    Args:
        score: Path or http(s) address of a score, see ``read_score``, or a note table.
        models: Task (or board) -> model, see ``musebench.apply``; None leaves the task out.
        device: Device of learned models; None for a GPU if there is one.
        key_signatures: See ``musebench.apply``.
        pickup: See ``musebench.apply``.

    Raises:
        ScoreError: If the score cannot be read.
        InputError: If a task or model is unknown, if they do not fit each other, or if a model is
            given for names, staves or voices that the score has.
        IntegrityError: If the file of an installed model is missing or another one.
    """
    chosen = {
        task.name: (board, model)
        for name, model in (models or {}).items()
        for task, board in [find_task(name)]
    }
    if unshown := [name for name in chosen if not is_shown(TASKS[name])]:
        msg = f"a score cannot show the labels of {unshown[0]}; use `musebench apply {unshown[0]}`."
        raise InputError(msg)
    is_table = isinstance(score, NoteTable)
    notes, heard = (score, ()) if isinstance(score, NoteTable) else read(score)
    if not is_table or pickup is not None:
        notes = prepare(notes, pickup)
    notes, layout = _laid_out(notes, chosen, device, key_signatures)
    applied = {
        task.name: Applier(task, model, device=device)(notes)
        for task in _tasks(chosen)
        if (model := _model_of(task, chosen, device))
    }
    return Annotated("" if is_table else str(score), notes, applied, layout, heard)


def _laid_out(
    notes: NoteTable, chosen: Chosen, device: Device, key_signatures: str | None
) -> tuple[NoteTable, dict[str, str]]:
    """The score with names, staves and voices, and the models of those that it lacked."""
    if not is_unspelled(notes):
        if given := [task.name for task in LAYOUT if task.name in chosen]:
            msg = f"the score is notated; use `musebench apply {given[0]}` to replace what it has."
            raise InputError(msg)
        return notes, {}
    speller, staves, voices = (_model_of(task, chosen, device) for task in LAYOUT)
    if speller is None:
        msg = "the score has no names of notes, and models leaves pitch-spelling out; give one."
        raise InputError(msg)
    has_staves, one_piano = notes.staff.any(), STAVES.name in chosen
    lay_out = Applier(
        SPELLING,
        speller,
        voices=voices if VOICES.name in chosen else None,
        staves=staves if one_piano else None,
        device=device,
        key_signatures=key_signatures,
        default_voices=voices,
        default_staves=staves,
    )
    has_piano = len(notes.parts) == 1 or keyboard_parts(notes)
    if has_staves or not (has_piano or one_piano):
        staves = None  # each part keeps its own
    used = zip(LAYOUT, (speller, staves, voices), strict=True)
    return lay_out(notes).notes, {task.name: model.name for task, model in used if model}


def _tasks(chosen: Chosen) -> list[Task]:
    """The tasks that add something to a laid out score, one per family."""
    families: dict[str, list[Task]] = {}
    for task in TASKS.values():
        if is_shown(task) and task not in LAYOUT:
            families.setdefault(task.family or task.name, []).append(task)

    def rank(task: Task) -> tuple[bool, ...]:
        has_model = chosen.get(task.name, (None, None))[1] is not None
        released = find_released(task.name) is not None
        return has_model, task.name in chosen, released, task.name == task.family

    return [max(tasks, key=rank) for tasks in families.values()]


def _model_of(task: Task, chosen: Chosen, device: Device) -> Model | None:
    if task.name not in chosen:
        return default_model(task, device)
    board, model = chosen[task.name]
    return None if model is None else choose_model(task, model, board=board, device=device)
