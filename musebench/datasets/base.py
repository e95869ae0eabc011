"""The base of all datasets: it walks the path from files to graphs once."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch_geometric.data import InMemoryDataset
from tqdm import tqdm

from musebench import _core
from musebench.boards import Board
from musebench.card import write_card
from musebench.corpora import data_home, folder_of
from musebench.datasets.graphs_file import (
    GRAPHS_FILE,
    Slices,
    first_difference,
    join_graphs,
    read_graphs,
    take_graph,
    write_graphs,
)
from musebench.datasets.recipe import describe
from musebench.datasets.transformed import check_transformed
from musebench.errors import InputError
from musebench.graph import (
    GRAPH_VERSION,
    NOTE_EDGE_TYPES,
    RELATIONS,
    EdgeType,
    ScoreGraph,
    build_task_graph,
    check_relations,
    edge_types_of,
)
from musebench.splits import (
    SPLITS,
    check_split,
    read_exclusions,
    read_pieces,
    split_of_pieces,
)
from musebench.store import (
    NoteStore,
    board_recipe,
    damage_of,
    fingerprint_of,
    labels_of,
    load_folder,
    load_notes,
    notes_folder,
    notes_recipe,
)

if TYPE_CHECKING:
    import pandas as pd

Transform = Callable[[ScoreGraph], Any]
Filter = Callable[[ScoreGraph], bool]


class ScoreGraphDataset(InMemoryDataset):  # type: ignore[misc]
    """The pieces of a board as graphs. Subclasses declare a board; they compute nothing.

    The first access downloads and parses the scores and builds the graphs; they are kept in the
    data home in a folder named by a fingerprint of all that they depend on, and checked when
    loaded.

    Args:
        root: The data home; None: ``MUSEBENCH_DATA``, else the user's cache folder.
        split: ``train``, ``valid`` or ``test``; None: all pieces.
        split_scheme: Name of the way in which pieces are split.
        transform: Applied to a graph whenever it is accessed.
        pre_transform: Applied to each graph once, before it is stored.
        pre_filter: Tells which graphs are stored.
        relations: Relations between notes that the graphs have, each with its reverse, for example
            ``("onset", "consecutive", "during")``; None: all four.
        force_reload: Build the graphs anew.
        reveal_test_labels: Keep the labels of the test split; otherwise they are ``-100``
            (numbers NaN, links -2).
        n_jobs: Scores parsed at a time; None: all cores.

    Raises:
        InputError: If ``split``, ``split_scheme`` or a relation does not exist, or
            ``pre_transform`` returns something other than a graph of the same piece.
        DownloadError: If the scores cannot be had.
        StorageError: If the data home cannot be written or is full.
    """

    board: ClassVar[Board]

    def __init__(
        self,
        root: str | Path | None = None,
        split: str | None = None,
        *,
        split_scheme: str = "official",
        transform: Transform | None = None,
        pre_transform: Transform | None = None,
        pre_filter: Filter | None = None,
        relations: Iterable[str] | None = None,
        force_reload: bool = False,
        reveal_test_labels: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        split_of = split_of_pieces(self.board.name, split_scheme)
        self._table = read_pieces(self.board.name).assign(split=split_of).set_index("piece_id")
        if split is not None:
            check_split(split)
        self.relations = check_relations(relations)
        self._n_jobs = n_jobs
        super().__init__(str(data_home(root)), transform, pre_transform, pre_filter, log=False)
        self._recipe = self._graphs_recipe()
        folder = Path(self.processed_dir)
        self.slices: Any  # of each node and edge type, where the pieces begin
        self._data, self.slices = load_folder(
            folder, self._recipe, self._build, read_graphs, force_reload=force_reload
        )
        if not self._relations_are_stored:
            self._leave_relations_out()
        if not reveal_test_labels:
            self._hide_labels("test")
        if split is not None:
            self._indices = self._positions(split)

    @property
    def raw_dir(self) -> str:
        """Folder of the scores and annotations."""
        folders = [folder_of(corpus, self.root) for corpus in self.board.corpus.members]
        return os.path.commonpath(folders)

    @property
    def raw_file_names(self) -> list[str]:
        """The files of the scores and annotations, relative to ``raw_dir``."""
        raw_dir = self.raw_dir
        return [
            os.path.relpath(folder_of(corpus, self.root) / path, raw_dir)
            for corpus in self.board.corpus.members
            for path in corpus.paths
        ]

    @property
    def processed_dir(self) -> str:
        """Folder of the graphs; its name changes with everything they depend on."""
        fingerprint = fingerprint_of(self._recipe)
        return str(Path(self.root) / "graphs" / f"{self.board.name}-{fingerprint}")

    @property
    def processed_file_names(self) -> str:
        """The one file of the graphs."""
        return GRAPHS_FILE

    @property
    def fingerprint(self) -> str:
        """Name of this content: note tables, features, graph, core and transforms."""
        return fingerprint_of(self._recipe)

    @property
    def _relations_are_stored(self) -> bool:
        """Whether a transform or filter saw graphs of these relations, so that they were built."""
        return (self.pre_transform, self.pre_filter) != (None, None)

    def _graphs_recipe(self) -> dict[str, Any]:
        built = self.relations if self._relations_are_stored else RELATIONS
        return {
            **board_recipe(self.board),
            "graph": GRAPH_VERSION,
            "core": _core.CORE_VERSION,
            "pre_transform": describe(self.pre_transform),
            "pre_filter": describe(self.pre_filter),
            **({} if built == RELATIONS else {"relations": list(built)}),
        }

    def _build(self, target: Path) -> None:
        """Build the graphs of all pieces from their note tables."""
        write_graphs(target, self._build_graphs(self.note_store()))

    def _build_graphs(self, store: NoteStore) -> list[ScoreGraph]:
        pieces = read_pieces(self.board.name).itertuples(index=False)
        bar = tqdm(list(pieces), f"{self.board.name}: graphs", disable=None, leave=False)
        graphs = list(self._transformed(self._build_graph(store, piece) for piece in bar))
        if not graphs:
            msg = f"pre_filter left no piece of {self.board.name}."
            raise InputError(msg)
        return graphs

    def _transformed(self, graphs: Iterable[ScoreGraph]) -> Iterator[ScoreGraph]:
        """What ``pre_filter`` keeps, after ``pre_transform``; the first wrong graph is refused."""
        kept = (graph for graph in graphs if self.pre_filter is None or self.pre_filter(graph))
        if self.pre_transform is None:
            yield from kept
            return
        metadata = None
        for graph in kept:
            piece_id = graph.piece_id
            transformed = check_transformed(self.pre_transform(graph), piece_id, metadata)
            metadata = transformed.metadata()
            yield transformed

    def _build_graph(self, store: NoteStore, piece: Any) -> ScoreGraph:
        notes, task = store.tables[piece.piece_id], self.board.task
        found = labels_of(self.board, store, piece.piece_id)
        return build_task_graph(
            notes,
            task,
            {head: found[head] for head in task.heads},
            relations=self.relations if self._relations_are_stored else None,
            piece_id=piece.piece_id,
            work_id=piece.work_id,
            composer=piece.composer,
        )

    def note_store(self) -> NoteStore:
        """The note tables behind the graphs, built on first access."""
        return load_notes(self.board.corpus, self.root, self._n_jobs)

    def _leave_relations_out(self) -> None:
        for edge_type in set(NOTE_EDGE_TYPES).difference(edge_types_of(self.relations)):
            del self._data[edge_type]
            del self.slices[edge_type]

    @property
    def split_by_piece(self) -> "pd.Series[str]":
        """Split of each stored graph, whether or not it is selected."""
        split: pd.Series[str] = self._table["split"].loc[self._data.piece_id]
        return split.reset_index(drop=True)

    def _positions(self, split: str) -> list[int]:
        return [i for i, name in enumerate(self.split_by_piece) if name == split]

    def _hide_labels(self, split: str) -> None:
        task = self.board.task
        of_notes = task.unit == "note"
        labels = self._data["note"] if of_notes else self._data._global_store
        for head in task.heads:
            field = task.label_field(head)
            if field not in labels:  # a pre_transform took it away
                continue
            start = (self.slices["note"] if of_notes else self.slices)[field]
            for i in self._positions(split):
                labels[field][start[i] : start[i + 1]] = task.hidden_label

    def get_idx_split(self) -> dict[str, torch.Tensor]:
        """Positions of the pieces of each split.

        Returns:
            Split -> int64 tensor that indexes this dataset.

        Raises:
            InputError: If this dataset is itself one split or another selection of pieces.
        """
        if self._indices is not None:
            msg = "get_idx_split indexes the whole dataset; load it without `split`."
            raise InputError(msg)
        return {split: torch.tensor(self._positions(split), dtype=torch.long) for split in SPLITS}

    def len(self) -> int:
        """Number of stored graphs, whether or not they are selected."""
        return len(self._data.piece_id)

    def get(self, idx: int) -> ScoreGraph:
        """Return a stored graph, before ``transform``; its tensors are views."""
        return take_graph(self._data, self.slices, idx)

    @staticmethod
    def collate(data_list: Sequence[ScoreGraph]) -> tuple[ScoreGraph, Slices]:
        """Join graphs end to end; ``copy`` does so."""
        if not data_list:
            msg = "no graph is selected, so there is nothing to copy."
            raise InputError(msg)
        return join_graphs(data_list)

    @property
    def pieces(self) -> "pd.DataFrame":
        """A row for each graph, in order: piece, work, composer, title, split, number of notes."""
        chosen = list(self.indices())
        table = self._table.loc[[self._data.piece_id[i] for i in chosen]].reset_index()
        table["num_notes"] = self.slices["note"]["pitch"].diff().numpy()[chosen]
        return table[["piece_id", "work_id", "composer", "title", "split", "num_notes"]]

    @property
    def exclusions(self) -> "pd.DataFrame":
        """The pieces of the corpus that are not in the dataset: ``piece_id`` and ``reason``."""
        return read_exclusions(self.board.name)

    @property
    def num_classes(self) -> int:
        """Number of classes of the main head."""
        return len(self.board.task.heads[self.board.task.main_head])

    @property
    def classes(self) -> dict[str, tuple[str, ...]]:
        """Names of the classes of each head, in order."""
        return dict(self.board.task.heads)

    @property
    def num_node_features(self) -> dict[str, int]:
        """Number of features of each node type."""
        graph = self._first()
        return {node_type: graph[node_type].num_node_features for node_type in graph.node_types}

    @property
    def num_features(self) -> dict[str, int]:
        """The same as ``num_node_features``."""
        return self.num_node_features

    def metadata(self) -> tuple[list[str], list[EdgeType]]:
        """Node types and edge types of the graphs, as ``to_hetero`` and hetero layers take them."""
        node_types, edge_types = self._first().metadata()
        return node_types, edge_types

    def _first(self) -> Any:
        graph = self.get(0)
        return graph if self.transform is None else self.transform(graph)

    @property
    def license(self) -> str:
        """SPDX identifier of the licence of the scores."""
        return self.board.corpus.license

    @property
    def citation(self) -> str:
        """BibTeX of the corpus."""
        return self.board.corpus.citation

    @property
    def card(self) -> str:
        """The card of the board, as Markdown: labels, sizes, balance, exclusions, pitfalls."""
        return write_card(self.board, self.root)

    def summary(self) -> "pd.DataFrame":
        """Pieces, works, composers and notes of each split."""
        grouped = self.pieces.groupby("split")
        table = grouped.agg(
            num_pieces=("piece_id", "size"),
            num_works=("work_id", "nunique"),
            num_composers=("composer", "nunique"),
            num_notes=("num_notes", "sum"),
        )
        return table.reindex([split for split in SPLITS if split in table.index])

    def verify(self, deep: bool = False) -> list[str]:
        """What is wrong with the stored files, in sentences; empty if nothing is.

        Args:
            deep: Also check the stored note tables, build the graph of every piece from them again
                and compare it with the stored one, tensor by tensor. A ``pre_transform`` that draws
                at random differs.
        """
        folders = {Path(self.processed_dir): self._recipe}
        if deep:
            for corpus in self.board.corpus.members:
                folders[notes_folder(corpus, self.root)] = notes_recipe(corpus)
        damages = {folder: damage_of(folder, recipe) for folder, recipe in folders.items()}
        problems = [f"{folder}: {damage}." for folder, damage in damages.items() if damage]
        if problems or not deep:
            return problems
        graphs = self._build_graphs(self.note_store())
        difference = first_difference(read_graphs(Path(self.processed_dir)), graphs)
        return [f"{self.processed_dir}: {difference}."] if difference else []

    def __repr__(self) -> str:
        """Class and number of graphs, as PyG has it."""
        return f"{type(self).__name__}({len(self)})"
