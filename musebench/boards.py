"""Boards: a corpus seen through a task, at a version; the one list of what musebench offers.

A board is all that is needed to know the labels of a dataset and to score predictions on it,
without torch. The datasets are the same boards as graphs.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import spelling_labels
from musebench.corpora import ASAP, MUSIC21_CHORALES, CombinedCorpus, Corpus
from musebench.score import NoteTable
from musebench.tasks import PITCH_SPELLING, Task

ReadLabels = Callable[[NoteTable], Mapping[str, NDArray[np.int64]]]
ReadContext = Callable[[NoteTable], Mapping[str, NDArray[np.int64]]]


def duration_of_notes(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Duration of each note in divisions: some metrics leave out notes that do not last."""
    return {"duration_div": notes.duration_div}


@dataclass(frozen=True)
class Board:
    """A benchmark: which pieces, which question, which version.

    Attributes:
        name: Registered name; its split is ``splits/<name>.csv``.
        dataset: Name of the class in ``musebench.datasets``.
        corpus: Where the scores come from.
        task: What is asked.
        read_labels: Note table -> labels of each head.
        version: Raised when pieces, labels or splits change.
        about: What it is, in a line.
        pitfalls: What to bear in mind beside the task's own pitfalls, for people.
        read_context: Note table -> further columns that the metrics of the task need.
    """

    name: str
    dataset: str
    corpus: Corpus | CombinedCorpus
    task: Task
    read_labels: ReadLabels
    version: str
    about: str
    pitfalls: tuple[str, ...] = ()
    read_context: ReadContext = duration_of_notes


BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        Board(
            name="asap-pitch-spelling",
            dataset="ASAPPitchSpelling",
            corpus=ASAP,
            task=PITCH_SPELLING,
            read_labels=spelling_labels,
            version="1.0",
            about="spelling and key signature of each note, Western piano music",
            pitfalls=(
                "The scores were typed by volunteers and corrected by the authors of the corpus; "
                "they say that some wrong notation is left.",
                "Schumann/Kreisleriana/3 has notes of negative duration in broken tuplets; they "
                "are read as duration 0.",
            ),
        ),
        Board(
            name="chorale-pitch-spelling",
            dataset="ChoralePitchSpelling",
            corpus=MUSIC21_CHORALES,
            task=PITCH_SPELLING,
            read_labels=spelling_labels,
            version="1.0",
            about="spelling and key signature of each note, four-part Bach chorales",
            pitfalls=(
                "The harmony is close and diatonic: rules spell nearly every note, so differences "
                "between models are small. A quick check, not a challenge.",
                "In bwv4.8, bwv62.6 and bwv244.15 the parts have different key signatures at the "
                "same time.",
            ),
        ),
    )
}


def find_board(name: str) -> Board:
    """Return the board of this name.

    Raises:
        ValueError: If there is none; names what was probably meant.
    """
    if name not in BOARDS:
        near = difflib.get_close_matches(name, BOARDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(BOARDS)}."
        msg = f"there is no board {name!r}; {hint}"
        raise ValueError(msg)
    return BOARDS[name]
