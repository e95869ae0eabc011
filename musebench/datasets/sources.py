"""Where the graphs of a dataset come from: note tables, or a folder of transformed graphs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from musebench.boards import Board
from musebench.datasets.graphs_file import read_graphs, take_graph
from musebench.graph import ScoreGraph, build_task_graph
from musebench.store import NoteStore, labels_of, largest_group

if TYPE_CHECKING:
    import pandas as pd


class GraphSource(Protocol):
    """Graphs by piece.

    Attributes:
        piece_ids: The pieces, in order.
    """

    piece_ids: list[str]

    def graph(self, piece_id: str, *, edges: bool = True) -> ScoreGraph:
        """Return the graph of a piece; without ``edges``, perhaps only its nodes and labels."""

    def num_notes(self, piece_id: str) -> int:
        """Return the number of notes of a piece."""

    def largest_chord(self, piece_id: str) -> int:
        """Return the number of notes of the largest onset group of a piece."""


class NoteGraphs:
    """Graphs that are made from note tables when they are asked for; edges by the core.

    Args:
        board: The board.
        store: The note tables of its corpus.
        relations: Relations between notes that the graphs have.
        table: The pieces, by their ids. Its other columns stay out of the graphs, because they
            may be or reveal a label.
    """

    def __init__(
        self, board: Board, store: NoteStore, relations: Sequence[str], table: "pd.DataFrame"
    ) -> None:
        self.board, self.store, self.relations = board, store, relations
        self.piece_ids: list[str] = table.index.tolist()

    def graph(self, piece_id: str, *, edges: bool = True) -> ScoreGraph:
        """Make the graph of a piece; without ``edges``, only its nodes and labels."""
        return build_task_graph(
            self.store.tables[piece_id],
            self.board.task,
            labels_of(self.board, self.store, piece_id),
            relations=self.relations,
            edges=edges,
            piece_id=piece_id,
        )

    def num_notes(self, piece_id: str) -> int:
        """Return the number of notes of a piece."""
        return self.store.num_notes[piece_id]

    def largest_chord(self, piece_id: str) -> int:
        """Return the number of notes of the largest onset group of a piece."""
        return self.store.largest_chords[piece_id]


class StoredGraphs:
    """Graphs that a ``pre_transform`` or ``pre_filter`` saw, as they were stored.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.data, self.slices = read_graphs(folder)
        self.piece_ids: list[str] = self.data.piece_id
        self.position = {piece_id: i for i, piece_id in enumerate(self.piece_ids)}

    def graph(self, piece_id: str, *, edges: bool = True) -> ScoreGraph:  # noqa: ARG002 (a view)
        """Return the graph of a piece."""
        return take_graph(self.data, self.slices, self.position[piece_id])

    def num_notes(self, piece_id: str) -> int:
        """Return the number of notes of a piece."""
        start, i = self.slices["note"]["pitch"], self.position[piece_id]
        return int(start[i + 1] - start[i])

    def largest_chord(self, piece_id: str) -> int:
        """Return the number of notes of the largest onset group of a piece."""
        start, i = self.slices["note"]["onset_div"], self.position[piece_id]
        return largest_group(self.data["note"].onset_div[start[i] : start[i + 1]].numpy())
