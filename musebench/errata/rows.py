"""The rows of the tables, and what they change in the labels of a board."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.boards import Board
from musebench.corpora import CORPORA, Corpus
from musebench.errors import InputError
from musebench.score import NoteTable
from musebench.shown import Shown
from musebench.tables import rows_of, rows_to_text
from musebench.tasks import Task

Verdict = Literal["label wrong", "model wrong", "both possible"]
VERDICTS: tuple[str, ...] = get_args(Verdict)
LABEL_WRONG: Verdict = "label wrong"
FOLDER = files("musebench.errata")

Values = NDArray[Any]


@dataclass(frozen=True, repr=False)
class Erratum(Shown):
    """A row of the errata; see the package for the columns.

    Attributes:
        corpus: Name of the corpus.
        piece: Piece of the corpus.
        measures: Printed numbers of the measures.
        onset: Quarter notes from the start of the score, or empty.
        pitch: MIDI number, or empty.
        head: Head of a task, or empty for the notes themselves.
        label: Published class, or empty.
        correct: Right class, or empty.
        verdict: One of ``VERDICTS``.
        what: What is wrong, in a sentence.
        who: Who says so.
        thread: Address of the report, or empty.

    Raises:
        InputError: If the verdict, the onset or the pitch cannot be read, or a row corrects a label
            that it does not name.
    """

    corpus: str
    piece: str
    measures: str
    onset: str
    pitch: str
    head: str
    label: str
    correct: str
    verdict: str
    what: str
    who: str
    thread: str = ""

    def __post_init__(self) -> None:
        """Check what is read as more than text."""
        if self.verdict not in VERDICTS:
            self._refuse(f"the verdict is {self.verdict!r}; accepted are {', '.join(VERDICTS)}")
        if self.pitch and not (self.pitch.isascii() and self.pitch.isdigit()):
            self._refuse(f"the pitch is {self.pitch!r}; it is a MIDI number, or empty")
        if self.correct and not (self.head and self.label):
            self._refuse("it has a correct class; name its head and the published label, too")
        try:
            Fraction(self.onset or "0")
        except (ValueError, ZeroDivisionError):
            self._refuse(
                f"the onset is {self.onset!r}; it is a number such as 48 or 47/3, or empty"
            )

    def _refuse(self, why: str) -> None:
        msg = f"errata of {self.corpus}, {self.piece}, measures {self.measures}: {why}."
        raise InputError(msg)


COLUMNS = tuple(field.name for field in fields(Erratum))


@lru_cache
def read_errata(corpus: str) -> tuple[Erratum, ...]:
    """The known errors of a corpus, in the order of its table; none if it has no table."""
    file = FOLDER.joinpath(f"{corpus}.csv")
    if not file.is_file():
        return ()
    return tuple(rows_of(file.read_text("utf-8"), file, COLUMNS, Erratum))


def write_errata(errata: Iterable[Erratum]) -> str:
    """Rows as the text of a table."""
    return rows_to_text(COLUMNS, map(astuple, errata))


def _errata_of_source(corpus: Corpus) -> list[Erratum]:
    """The rows about all corpora that are made from the same files, such as other parts of them."""
    members = [member for other in CORPORA.values() for member in other.members]
    names = [other.name for other in members if other.repository == corpus.repository]
    return [erratum for name in sorted({corpus.name, *names}) for erratum in read_errata(name)]


def errata_of(board: Board) -> dict[str, list[Erratum]]:
    """Piece of a board -> the rows about it that concern the board's labels or its notes."""
    whole = {piece.piece_id for piece in board.corpus.pieces}
    heads = {*board.task.heads} if board.task.unit == "graph" else {"", *board.task.heads}
    is_one = board.corpus.members == (board.corpus,)
    found: dict[str, list[Erratum]] = {}
    for member in board.corpus.members:
        for erratum in _errata_of_source(member):
            name = erratum.piece if is_one else f"{member.name}/{erratum.piece}"
            if name in whole and erratum.head in heads:
                found.setdefault(name, []).append(erratum)
    return found


def correct_labels(
    task: Task, notes: NoteTable, labels: Mapping[str, Values], errata: Sequence[Erratum]
) -> dict[str, Values]:
    """The labels of a piece with the rows applied whose verdict is ``label wrong``.

    Args:
        task: The task.
        notes: The notes that count for it, see ``Task.nodes``.
        labels: Head -> published labels, one per unit of the task.
        errata: Rows about the piece.

    Returns:
        Head -> labels; the right class, or no label where it is not known.

    Raises:
        InputError: If a row names a measure, note, class or label that is not there.
    """
    corrected = {head: values.copy() for head, values in labels.items()}
    for erratum in errata:
        if erratum.verdict != LABEL_WRONG:
            continue
        units = _units_of(task, notes, erratum)
        for head in [erratum.head] if erratum.head else list(corrected):
            chosen = units & _has_label(task, erratum, head, labels[head])
            if not chosen.any():
                msg = (
                    f"errata of {erratum.corpus}: {erratum.piece}, measures {erratum.measures}, "
                    f"has no {task.unit} {erratum.label or ''} as the row about it says; "
                    "correct the row or remove it."
                )
                raise InputError(msg)
            corrected[head][chosen] = _right_value(task, erratum, head, labels[head])
    return corrected


def _units_of(task: Task, notes: NoteTable, erratum: Erratum) -> NDArray[np.bool_]:
    """Which notes, onset groups or graphs of the task a row is about."""
    chosen = np.ones(len(notes), dtype=bool)
    if erratum.measures:
        first, last = notes.measures.find(erratum.measures)
        chosen = (notes.measure_index >= first) & (notes.measure_index <= last)
    if erratum.onset:
        chosen &= notes.onset_div == Fraction(erratum.onset) * notes.divs_pq
    if erratum.pitch:
        chosen &= notes.pitch == int(erratum.pitch)
    if task.unit == "note":
        return chosen
    units = np.zeros(task.num_units(notes), dtype=bool)
    units[notes.onset_index[chosen] if task.unit == "onset" else slice(int(chosen.any()))] = True
    return units


def _has_label(task: Task, erratum: Erratum, head: str, values: Values) -> NDArray[np.bool_]:
    if not erratum.label:
        return np.ones(len(values), dtype=bool)
    of_label: NDArray[np.bool_] = values == _class_number(task, erratum, head, erratum.label)
    return of_label


def _right_value(task: Task, erratum: Erratum, head: str, values: Values) -> float:
    if erratum.correct:
        return _class_number(task, erratum, head, erratum.correct)
    return float("nan") if values.dtype.kind == "f" else IGNORE_LABEL


def _class_number(task: Task, erratum: Erratum, head: str, name: str) -> int:
    classes = task.heads[head]
    if name not in classes:
        msg = (
            f"errata of {erratum.corpus}, {erratum.piece}, measures {erratum.measures}: {head} of "
            f"{task.name} has no class {name!r}; leave the cell empty or name one of its classes."
        )
        raise InputError(msg)
    return classes.index(name)
