"""A board: a corpus seen through a task, at a version.

A board is all that is needed to know the labels of a dataset and to score predictions on it,
without torch. The datasets are the same boards as graphs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.corpora import CombinedCorpus, Corpus
from musebench.errors import InputError
from musebench.score import NoteTable
from musebench.splits import read_pieces
from musebench.tasks import Task

NUM_NAMED = 3  # pieces that a message names

ReadLabels = Callable[[NoteTable], Mapping[str, NDArray[np.int64]]]
ReadContext = Callable[[NoteTable], Mapping[str, NDArray[Any]]]
ReadCounts = Callable[[NoteTable], Mapping[str, tuple[int, int]]]


def duration_of_notes(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Duration of each note in divisions: some metrics leave out notes that do not last."""
    return {"duration_div": notes.duration_div}


def no_context(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:  # noqa: ARG001
    """Nothing: the metrics need the predictions only."""
    return {}


@dataclass(frozen=True)
class Board:
    """A benchmark: which pieces, which question, which version.

    Attributes:
        name: Registered name; its split is ``splits/<name>.csv``.
        dataset: Name of the class in ``musebench.datasets``.
        corpus: Where the scores come from.
        task: What is asked.
        version: Raised when pieces, labels or splits change.
        about: What it is, in a line.
        read_labels: Note table -> labels of each head, where they stand in the score itself.
        piece_column: Column of the table of pieces (``musebench.splits.read_pieces``) whose values
            are the classes of whole pieces; of tasks of kind ``graph``.
        annotation: Kind of stored annotation that gives the labels, where they do not.
        pitfalls: What to bear in mind beside the task's own pitfalls, for people.
        read_context: Note table -> further columns that the metrics of the task need.
        earlier_fingerprints: Of the data before a change that left pieces, notes and labels of this
            version as they were: predictions of those data still count.
        read_counts: Note table -> name -> (count, of how many): a section of the card, by split.
    """

    name: str
    dataset: str
    corpus: Corpus | CombinedCorpus
    task: Task
    version: str
    about: str
    read_labels: ReadLabels | None = None
    piece_column: str = ""
    annotation: str = ""
    pitfalls: tuple[str, ...] = ()
    read_context: ReadContext = duration_of_notes
    read_counts: ReadCounts | None = None
    earlier_fingerprints: tuple[str, ...] = ()

    def check_pieces(self) -> None:
        """Compare the table of pieces with the corpus.

        Raises:
            InputError: If it has a piece that the corpus lacks, or of a class that the task lacks.
        """
        known = {piece.piece_id for piece in self.corpus.pieces}
        pieces = read_pieces(self.name)
        unknown = [name for name in pieces["piece_id"] if name not in known]
        if unknown:
            named = ", ".join(map(repr, unknown[:NUM_NAMED]))
            more = f" and {len(unknown) - NUM_NAMED} more" if len(unknown) > NUM_NAMED else ""
            msg = (
                f"splits/{self.name}.csv has {named}{more}; the corpus {self.corpus.name} has no "
                "such piece."
            )
            raise InputError(msg)
        classes = self.task.heads[self.task.main_head]
        if self.piece_column and len(odd := pieces[~pieces[self.piece_column].isin(classes)]):
            name, value = odd.iloc[0][["piece_id", self.piece_column]]
            msg = (
                f"splits/{self.name}.csv: the {self.piece_column} of {name!r} is {value!r}; "
                f"accepted are {', '.join(classes)}."
            )
            raise InputError(msg)
