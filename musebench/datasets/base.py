"""The base of all datasets: it walks the path from files to graphs once."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch_geometric.data import HeteroData, InMemoryDataset
from tqdm import tqdm

from musebench import _core
from musebench.boards import Board
from musebench.card import write_card
from musebench.corpora import data_home
from musebench.datasets.graphs_file import (
    GRAPHS_FILE,
    first_difference,
    read_graphs,
    write_graphs,
)
from musebench.datasets.recipe import describe
from musebench.errors import InputError
from musebench.graph import EDGE_TYPES, GRAPH_VERSION, NODE_TYPES, EdgeType, build_task_graph
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

Transform = Callable[[HeteroData], HeteroData]
Filter = Callable[[HeteroData], bool]


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
        force_reload: Build the graphs anew.
        reveal_test_labels: Keep the labels of the test split; otherwise they are ``-100``
            (numbers NaN, links -2).
        n_jobs: Scores parsed at a time; None: all cores.

    Raises:
        InputError: If ``split`` or ``split_scheme`` does not exist.
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
        force_reload: bool = False,
        reveal_test_labels: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.split_by_piece = split_of_pieces(self.board.name, split_scheme)
        if split is not None:
            check_split(split)
        self._n_jobs = n_jobs
        super().__init__(str(data_home(root)), transform, pre_transform, pre_filter, log=False)
        self._recipe = self._graphs_recipe()
        folder = Path(self.processed_dir)
        self._data, self.slices = load_folder(
            folder, self._recipe, self._build, read_graphs, anew=force_reload
        )
        # A pre_filter may have left pieces out.
        kept = read_pieces(self.board.name)["piece_id"].isin(self._data.piece_id)
        self._pieces = read_pieces(self.board.name)[kept].reset_index(drop=True)
        self.split_by_piece = self.split_by_piece[kept].reset_index(drop=True)
        if not reveal_test_labels:
            self._hide_labels("test")
        if split is not None:
            self._indices = self._positions(split)

    @property
    def raw_dir(self) -> str:
        """Folder of the downloaded scores."""
        return str(Path(self.root) / "raw" / self.board.corpus.folder)

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

    def _graphs_recipe(self) -> dict[str, Any]:
        return {
            **board_recipe(self.board),
            "graph": GRAPH_VERSION,
            "core": _core.CORE_VERSION,
            "pre_transform": describe(self.pre_transform),
            "pre_filter": describe(self.pre_filter),
        }

    def _build(self, target: Path) -> None:
        """Build the graphs of all pieces from their note tables."""
        write_graphs(target, self._build_graphs(self.note_store()))

    def _build_graphs(self, store: NoteStore) -> list[HeteroData]:
        pieces = read_pieces(self.board.name).itertuples(index=False)
        bar = tqdm(list(pieces), f"{self.board.name}: graphs", disable=None, leave=False)
        graphs = [self._build_graph(store, piece) for piece in bar]
        if self.pre_filter is not None:
            graphs = [graph for graph in graphs if self.pre_filter(graph)]
        if self.pre_transform is not None:
            graphs = [self.pre_transform(graph) for graph in graphs]
        if not graphs:
            msg = f"pre_filter left no piece of {self.board.name}."
            raise InputError(msg)
        return graphs

    def _build_graph(self, store: NoteStore, piece: Any) -> HeteroData:
        notes, task = store.tables[piece.piece_id], self.board.task
        found = labels_of(self.board, store, piece.piece_id)
        return build_task_graph(
            notes,
            task,
            {head: found[head] for head in task.heads},
            piece_id=piece.piece_id,
            work_id=piece.work_id,
            composer=piece.composer,
        )

    def note_store(self) -> NoteStore:
        """The note tables behind the graphs, built on first access."""
        return load_notes(self.board.corpus, self.root, self._n_jobs)

    def _positions(self, split: str) -> list[int]:
        return [i for i, name in enumerate(self.split_by_piece) if name == split]

    def _hide_labels(self, split: str) -> None:
        task = self.board.task
        place = "note" if task.unit == "note" else "_global_store"
        labels = self._data["note"] if task.unit == "note" else self._data
        for head in task.heads:
            field = task.label_field(head)
            start = (self.slices[place] if task.unit == "note" else self.slices)[field]
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
        return {split: torch.tensor(self._positions(split)) for split in SPLITS}

    @property
    def pieces(self) -> "pd.DataFrame":
        """A row for each graph, in order: piece, work, composer, title, split, number of notes."""
        start = self.slices["note"]["pitch"]
        table = self._pieces[["piece_id", "work_id", "composer", "title"]].copy()
        table["split"] = self.split_by_piece
        table["num_notes"] = start.diff().numpy()
        return table.iloc[list(self.indices())].reset_index(drop=True)

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
        return {node_type: self._data[node_type].x.size(1) for node_type in NODE_TYPES}

    @property
    def num_features(self) -> dict[str, int]:
        """The same as ``num_node_features``."""
        return self.num_node_features

    def metadata(self) -> tuple[list[str], list[EdgeType]]:
        """Node types and edge types, as ``to_hetero`` and hetero layers take them."""
        return list(NODE_TYPES), list(EDGE_TYPES)

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

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: not the graphs kept on access, views of all the data each."""
        return {**self.__dict__, "_data_list": None}

    def __repr__(self) -> str:
        """Class and number of graphs, as PyG has it."""
        return f"{type(self).__name__}({len(self)})"
