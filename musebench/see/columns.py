"""Labels and predictions by note of a score, and which of them are wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.applied import key_names, line_numbers, roman_numerals
from musebench.score import NoteTable
from musebench.see.links import wrong_links
from musebench.tasks import Task

Labels = Mapping[str, NDArray[Any]]

LABEL = "label"
NUMERAL = "roman_numeral"
FAR_SHARE = 0.1  # share of notes, with the numbers farthest from the label, that count as wrong
SHOWN_DIGITS = 3


@dataclass(frozen=True, eq=False)
class Column:
    """The labels or predictions of one head, by note.

    Attributes:
        source: ``LABEL``, or the name of the predictor.
        head: The head.
        kind: ``class``, ``link`` or ``number``.
        classes: Names of the classes.
        values: Class, next note or number of each note; None where there is none.
        group: Values that set the colour, if different: for links the line.
        wrong: Whether a prediction is wrong; None where there is no label. Empty for labels.
        confidence: Probability of the predicted class; empty if the predictions hold none.
    """

    source: str
    head: str
    kind: str
    classes: tuple[str, ...]
    values: list[Any]
    group: list[int]
    wrong: list[bool | None]
    confidence: list[float] = field(default_factory=list)


def columns_of(
    task: Task, notes: NoteTable, labels: Labels, predictions: Mapping[str, Labels]
) -> list[Column]:
    """Return labels and predictions by note; there are none for tasks of whole pieces.

    Args:
        task: The task.
        notes: The note table.
        labels: Head -> labels; empty if they are hidden.
        predictions: Predictor -> head -> predictions.
    """
    if task.unit == "graph":
        return []
    found = _numerals(task, notes, labels, predictions) if "local_key" in task.heads else []
    found += [_column(task, notes, LABEL, head, labels[head], None) for head in labels]
    for source, of_source in predictions.items():
        found += [
            replace(
                _column(task, notes, source, head, of_source[head], labels.get(head)),
                confidence=_confidence(task, notes, of_source, head),
            )
            for head in task.heads
            if head in of_source
        ]
    return found


def _numerals(
    task: Task, notes: NoteTable, labels: Labels, predictions: Mapping[str, Labels]
) -> list[Column]:
    """All heads in one: the Roman numeral with its key, wrong if any head is."""
    sources = {LABEL: labels, **predictions} if labels else predictions
    texts = {
        source: [
            f"{key}: {chord}" for key, chord in zip(*_key_and_numeral(task, heads), strict=True)
        ]
        for source, heads in sources.items()
    }
    names = tuple(sorted({text for column in texts.values() for text in column}))
    found = []
    for source, heads in sources.items():
        of_onset = np.array([names.index(text) for text in texts[source]], dtype=np.int64)
        wrong: list[bool | None] = []
        if source != LABEL and labels:
            is_known = np.all([labels[head] >= 0 for head in task.heads], axis=0)
            differs = np.any([labels[head] != heads[head] for head in task.heads], axis=0)
            onset = notes.onset_index.tolist()
            wrong = [bool(differs[i]) if is_known[i] else None for i in onset]
        values = of_onset[notes.onset_index].tolist()
        found.append(Column(source, NUMERAL, "class", names, values, [], wrong))
    return found


def _key_and_numeral(task: Task, heads: Labels) -> tuple[list[str], list[str]]:
    return key_names(task, heads), roman_numerals(task, heads)


def of_notes(task: Task, notes: NoteTable, values: NDArray[Any]) -> NDArray[Any]:
    """Values of notes or of onset groups, for each note."""
    return values[notes.onset_index] if task.unit == "onset" else values


def _column(
    task: Task,
    notes: NoteTable,
    source: str,
    head: str,
    values: NDArray[Any],
    labels: NDArray[Any] | None,
) -> Column:
    kind = {"link": "link", "regression": "number"}.get(task.kind, "class")
    shown = of_notes(task, notes, values)
    truth = None if labels is None else of_notes(task, notes, labels)
    wrong = [] if truth is None else _wrong(kind, notes, truth, shown)
    group = line_numbers(shown).tolist() if kind == "link" else []
    return Column(source, head, kind, task.heads[head], _plain(kind, shown), group, wrong)


def _confidence(task: Task, notes: NoteTable, predicted: Labels, head: str) -> list[float]:
    """Share of the predicted class in the scores of a note, where there are scores."""
    if f"{head}_score" not in predicted:
        return []
    score = np.asarray(predicted[f"{head}_score"], dtype=np.float64)
    total = np.maximum(score.sum(axis=1), np.finfo(np.float64).tiny)
    share = score[np.arange(len(score)), predicted[head]] / total
    found: list[float] = of_notes(task, notes, share).round(SHOWN_DIGITS).tolist()
    return found


def _plain(kind: str, values: NDArray[Any]) -> list[Any]:
    if kind == "number":
        return [round(v, SHOWN_DIGITS) if np.isfinite(v) else None for v in values.tolist()]
    lowest = -1 if kind == "link" else 0
    return [v if v >= lowest else None for v in values.tolist()]


def _wrong(
    kind: str, notes: NoteTable, labels: NDArray[Any], predicted: NDArray[Any]
) -> list[bool | None]:
    if kind == "number":
        distance = np.abs(predicted.astype(np.float64) - labels)
        far = np.nanquantile(distance, 1 - FAR_SHARE) if np.isfinite(distance).any() else 0.0
        return [bool(d > far) if np.isfinite(d) else None for d in distance.tolist()]
    if kind == "class":
        known = (labels >= 0).tolist()
        differs = (labels != predicted).tolist()
        return [d if k else None for d, k in zip(differs, known, strict=True)]
    spurious, missed = wrong_links(notes, labels, predicted)
    sources = {u for u, _ in (*spurious, *missed)}
    known = (labels >= -1).tolist()
    return [
        note in sources if known[note] or note in sources else None for note in range(len(known))
    ]
