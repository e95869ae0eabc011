"""The base of all datasets: it walks the path from files to graphs once."""

import copy
import os
import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import InMemoryDataset
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
from musebench.datasets.sources import GraphSource, NoteGraphs, StoredGraphs
from musebench.datasets.transformed import check_transformed
from musebench.errors import InputError
from musebench.graph import GRAPH_VERSION, RELATIONS, EdgeType, ScoreGraph, check_relations
from musebench.shown import Shown
from musebench.splits import (
    HIDDEN_SPLIT,
    SPLITS,
    check_split,
    read_exclusions,
    read_pieces,
    split_of_pieces,
    weight_of_pieces,
)
from musebench.store import (
    NoteStore,
    board_recipe,
    damage_of,
    fingerprint_of,
    load_board_notes,
    load_folder,
    notes_folder,
    notes_recipe,
)

if TYPE_CHECKING:
    import pandas as pd

NO_SPLIT = ""  # of a piece that is in none
Transform = Callable[[ScoreGraph], Any]
Filter = Callable[[ScoreGraph], bool]


class ScoreGraphDataset(Shown, InMemoryDataset):  # type: ignore[misc]
    """The pieces of a board as graphs. Subclasses declare a board; they compute nothing.

    The first access downloads and parses the scores; their note tables are kept in the data home
    and mapped into memory. A graph is made from them when it is accessed, its edges by the core.
    Only graphs that a ``pre_transform`` or ``pre_filter`` has seen are stored as they are, in a
    folder named by a fingerprint of all that they depend on. A dataset pickles as the place of its
    files and its selection of pieces.

    Args:
        root: The data home; None: ``MUSEBENCH_DATA``, else the user's cache folder.
        split: ``train``, ``valid`` or ``test``; None: all pieces.
        split_scheme: Name of the way in which pieces are split.
        fold: Fold of that way, 0 to 4; 0 of ways other than ``official``.
        transform: Applied to a graph whenever it is accessed.
        pre_transform: Applied to each graph once, before it is stored.
        pre_filter: Tells which graphs are stored.
        relations: Relations between notes that the graphs have, each with its reverse, for example
            ``("onset", "consecutive", "during")``; None: all four.
        force_reload: Parse the scores again, and rebuild the graphs that are stored.
        reveal_test_labels: Keep the labels of the test split; otherwise they are ``-100``
            (numbers NaN, links -2).
        n_jobs: Scores parsed at a time; None: all cores.

    Raises:
        InputError: If ``split``, ``split_scheme``, ``fold`` or a relation does not exist, the
            board's table has a piece that its corpus lacks, or ``pre_transform`` returns something
            other than a
            graph of the same piece.
        DownloadError: If the scores cannot be downloaded.
        StorageError: If the data home cannot be written or is full.
    """

    board: ClassVar[Board]
    _other_notes: NoteStore | None = None  # instead of those of the corpus
    _plain: ClassVar[tuple[str, ...]] = ("_table", "_piece_ids")  # what has an entry per piece

    def __init__(
        self,
        root: str | Path | None = None,
        split: str | None = None,
        *,
        split_scheme: str = "official",
        fold: int = 0,
        transform: Transform | None = None,
        pre_transform: Transform | None = None,
        pre_filter: Filter | None = None,
        relations: Iterable[str] | None = None,
        force_reload: bool = False,
        reveal_test_labels: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        split_of = split_of_pieces(self.board.name, split_scheme, fold)
        weight = weight_of_pieces(self.board.name)
        table = read_pieces(self.board.name).assign(split=split_of, weight=weight)
        table = table.set_index("piece_id")
        self.board.check_pieces()
        self._n_jobs, self._is_revealed = n_jobs, reveal_test_labels
        transforms = (transform, pre_transform, pre_filter)
        self._begin(table, root, split, transforms, relations, force_reload=force_reload)

    def _begin(
        self,
        table: "pd.DataFrame",
        root: str | Path | None,
        split: str | None,
        transforms: tuple[Transform | None, Transform | None, Filter | None],
        relations: Iterable[str] | None,
        *,
        force_reload: bool,
    ) -> None:
        """Open the files and select a split.

        Args:
            table: The pieces with work, composer, title and split, by their ids.
            root: See the class.
            split: See the class.
            transforms: ``transform``, ``pre_transform`` and ``pre_filter``.
            relations: See the class.
            force_reload: See the class.
        """
        if split is not None:
            check_split(split)
        self._table = table
        self.relations = check_relations(relations)
        super().__init__(str(data_home(root)), *transforms, log=False)
        self._source = self._open(force_reload=force_reload)
        self._piece_ids = list(self._source.piece_ids)
        if split is not None:
            self._indices = self._positions(split)

    def _open(self, *, force_reload: bool = False) -> GraphSource:
        """Open the files, building what is not there."""
        if not self._is_stored:
            store = self._load_notes(force_reload=force_reload)
            return NoteGraphs(self.board, store, self.relations, self._table)
        folder, recipe = Path(self.processed_dir), self._recipe
        return load_folder(folder, recipe, self._build, StoredGraphs, force_reload=force_reload)

    @property
    def raw_dir(self) -> str:
        """Folder of the scores and annotations."""
        folders = [corpus.place(self.root) for corpus in self.board.corpus.members]
        return os.path.commonpath(folders)

    @property
    def raw_file_names(self) -> list[str]:
        """The files of the scores and annotations, relative to ``raw_dir``."""
        raw_dir = self.raw_dir
        return [
            os.path.relpath(corpus.place(self.root) / path, raw_dir)
            for corpus in self.board.corpus.members
            for path in corpus.paths
        ]

    @property
    def processed_dir(self) -> str:
        """Folder of the stored graphs, or of the note tables from which graphs are made."""
        if self._is_stored:
            return str(Path(self.root) / "graphs" / f"{self.board.name}-{self.fingerprint}")
        return str(next(iter(self._notes_recipes())).parent)

    @property
    def processed_file_names(self) -> list[str]:
        """The file of the stored graphs, or the manifests of the note tables."""
        if self._is_stored:
            return [GRAPHS_FILE]
        return [f"{folder.name}/manifest.json" for folder in self._notes_recipes()]

    @property
    def fingerprint(self) -> str:
        """Name of this content: note tables, features, graph, core and transforms."""
        return fingerprint_of(self._recipe)

    @property
    def _is_stored(self) -> bool:
        """Whether a transform or filter sees the graphs, so that they are stored."""
        return (self.pre_transform, self.pre_filter) != (None, None)

    @cached_property
    def _recipe(self) -> dict[str, Any]:
        return {
            **self._recipe_of_notes,
            "graph": GRAPH_VERSION,
            "core": _core.CORE_VERSION,
            "pre_transform": describe(self.pre_transform),
            "pre_filter": describe(self.pre_filter),
            **({} if self.relations == RELATIONS else {"relations": list(self.relations)}),
        }

    @property
    def _recipe_of_notes(self) -> dict[str, Any]:
        """Everything that the graphs depend on, except graph, core and transforms."""
        return board_recipe(self.board)

    def _notes_recipes(self) -> dict[Path, dict[str, Any]]:
        """Folder of note tables -> what it is made from, for each corpus."""
        members = self.board.corpus.members
        return {notes_folder(member, self.root): notes_recipe(member) for member in members}

    def _build(self, target: Path) -> None:
        """Build the graphs that are stored from their note tables."""
        write_graphs(target, self._build_graphs())

    def _build_graphs(self) -> list[ScoreGraph]:
        source = NoteGraphs(self.board, self.note_store(), self.relations, self._table)
        bar = tqdm(source.piece_ids, f"{self.board.name}: graphs", disable=None, leave=False)
        graphs = list(self._transformed(map(source.graph, bar)))
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

    def note_store(self) -> NoteStore:
        """The note tables behind the graphs, built on first access."""
        return self._load_notes() if self._other_notes is None else self._other_notes

    def over(self, store: NoteStore) -> Self:
        """The same pieces with other note tables and labels, which stay in memory.

        For experiments with changed scores; stored graphs are not used.

        Args:
            store: Note tables and labels of the selected pieces, as ``note_store`` has them.
        """
        other = copy.copy(self)
        other._other_notes = store
        other._source = NoteGraphs(self.board, store, self.relations, self._table)
        return other

    def _load_notes(self, *, force_reload: bool = False) -> NoteStore:
        return load_board_notes(self.board, self.root, self._n_jobs, force_reload=force_reload)

    @property
    def split_by_piece(self) -> "pd.Series[str]":
        """Split of each graph, whether or not it is selected."""
        split: pd.Series[str] = self._table["split"].loc[self._piece_ids]
        return split.reset_index(drop=True)

    def _positions(self, split: str) -> list[int]:
        return [i for i, name in enumerate(self.split_by_piece) if name == split]

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
        """Number of graphs, whether or not they are selected."""
        return len(self._piece_ids)

    def get(self, idx: int) -> ScoreGraph:
        """Return a graph, before ``transform``; the position is among all, selected or not."""
        return self._without_hidden(self._source.graph(self._piece_ids[idx]))

    def nodes(self, place: int) -> ScoreGraph:
        """Return the nodes and labels of a selected graph, perhaps without edges.

        For those who sample edges themselves, as ``MuseNeighborLoader`` does.

        Args:
            place: Its position among the selected graphs.
        """
        piece_id = self._piece_ids[self.indices()[place]]
        return self._without_hidden(self._source.graph(piece_id, edges=False))

    def sizes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Notes, and notes of the largest onset group, of each selected graph."""
        ids = [self._piece_ids[i] for i in self.indices()]
        num_notes = np.array([self._source.num_notes(piece_id) for piece_id in ids], np.int64)
        largest = [self._source.largest_chord(piece_id) for piece_id in ids]
        return num_notes, np.array(largest, np.int64)

    def _without_hidden(self, graph: ScoreGraph) -> ScoreGraph:
        """Take the labels from a graph of the test split, unless they are revealed."""
        if self._is_revealed or self._table["split"].loc[graph.piece_id] != HIDDEN_SPLIT:
            return graph
        task = self.board.task
        place = graph["note"] if task.unit == "note" else graph._global_store
        for field in map(task.label_field, task.heads):
            if field in place:  # a pre_transform may have taken it away
                place[field] = torch.full_like(place[field], task.hidden_label)
        return graph

    def copy(self, idx: Sequence[int] | None = None) -> "ScoreGraphDataset":
        """Return a dataset of the selected graphs alone.

        Args:
            idx: Positions, counted over all graphs; None: the selected ones.

        Raises:
            InputError: If nothing is selected.
        """
        chosen = list(self.indices() if idx is None else idx)
        if not chosen:
            msg = "no graph is selected, so there is nothing to copy."
            raise InputError(msg)
        other = copy.copy(self)
        other._indices = None  # type: ignore[assignment]
        other._piece_ids = [self._piece_ids[i] for i in chosen]
        return other

    @property
    def data(self) -> Any:
        """Refused: there is no joined graph.

        Raises:
            InputError: Always.
        """
        msg = (
            "graphs are made when they are accessed, so there is no joined data; dataset[i] is a "
            "graph, and torch_geometric.data.Batch.from_data_list(list(dataset)) joins them."
        )
        raise InputError(msg)

    def to(self, device: Any) -> Any:
        """Refused: graphs are made when they are accessed.

        Raises:
            InputError: Always.
        """
        msg = f"graphs are made when they are accessed; move batches instead: batch.to({device!r})."
        raise InputError(msg)

    def __copy__(self) -> "ScoreGraphDataset":
        """Share the open files; selections of PyG begin with such a copy."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Without what ``__setstate__`` opens or computes again; long lists are compressed."""
        derived = {"_source", "_recipe", "_recipe_of_notes"}
        state = {name: value for name, value in self.__dict__.items() if name not in derived}
        plain = {name: state.pop(name) for name in self._plain}
        return state | {"_packed": zlib.compress(pickle.dumps(plain))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open the files again."""
        state = dict(state)
        self.__dict__ |= pickle.loads(zlib.decompress(state.pop("_packed"))) | state
        self._source = self._open()

    @property
    def pieces(self) -> "pd.DataFrame":
        """A row for each graph, in order: piece, work, composer, title, split, number of notes."""
        ids = [self._piece_ids[i] for i in self.indices()]
        table = self._table.loc[ids].reset_index()
        table["num_notes"] = [self._source.num_notes(piece_id) for piece_id in ids]
        return table[["piece_id", "work_id", "composer", "title", "split", "num_notes"]]

    @property
    def weights(self) -> list[float]:
        """Weight of each graph in training and in metrics: a half of music annotated twice."""
        table = self._table.assign(weight=self._table.get("weight", 1.0))
        return [float(w) for w in table["weight"].loc[self.pieces["piece_id"]]]

    @property
    def exclusions(self) -> "pd.DataFrame":
        """The pieces of the corpus that are not in the dataset: ``piece_id`` and ``reason``."""
        return read_exclusions(self.board.name)

    @property
    def num_classes(self) -> int:
        """Number of classes of the main head; 0 of numbers, links, and without labels."""
        return len(next(iter(self.board.task.heads.values()), ()))

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
        return table.reindex([split for split in (*SPLITS, NO_SPLIT) if split in table.index])

    def verify(self, deep: bool = False) -> list[str]:
        """What is wrong with the stored files, in sentences; empty if nothing is.

        Args:
            deep: If graphs are stored, also check the note tables, rebuild every graph from
                them and compare it with the stored one, tensor by tensor. A ``pre_transform`` that
                draws at random differs.
        """
        folders = self._notes_recipes() if deep or not self._is_stored else {}
        if self._is_stored:
            folders[Path(self.processed_dir)] = self._recipe
        damages = {folder: damage_of(folder, recipe) for folder, recipe in folders.items()}
        problems = [f"{folder}: {damage}." for folder, damage in damages.items() if damage]
        if problems or not (deep and self._is_stored):
            return problems
        difference = first_difference(read_graphs(Path(self.processed_dir)), self._build_graphs())
        return [f"{self.processed_dir}: {difference}."] if difference else []

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        pieces = self.pieces
        return {
            "board": self.board.name,
            "graphs": len(self),
            "works": pieces["work_id"].nunique(),
            "notes": int(pieces["num_notes"].sum()),
            "labels": {head: len(classes) for head, classes in self.board.task.heads.items()},
        }

    def __repr__(self) -> str:
        """Class and number of graphs, as PyG has it."""
        return f"{type(self).__name__}({len(self)})"
