"""Node attributes and labels of scores, end to end, of those that were needed lately.

Of a dataset on disk only what batches need is in memory, up to a number of notes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musebench import _core
from musebench.datasets import ScoreGraphDataset
from musebench.errors import InputError
from musebench.graph import GRAPH_LABELS, NODE_TYPES, ONSET_LABELS, ScoreGraph
from musebench.store import largest_group

NOTES_KEPT = 1_500_000  # about 300 MB; the boards have fewer, so each score is made once
NOT_NODE_ATTRIBUTES = ("num_nodes", "batch", "ptr")

Columns = Mapping[str, Mapping[str, torch.Tensor]]


class GivenNodes:
    """The nodes and labels of the graphs given to a loader, without their edges.

    Args:
        graphs: The result of ``graphs_given``. Graphs of a list must be alike.
        node_types: The node types to read.

    Attributes:
        num_notes: Of each graph. Shape ``(num_graphs,)``, int64.
        largest_chords: Number of notes of the largest onset group of each. The same shape.
    """

    def __init__(self, graphs: Sequence[ScoreGraph], node_types: Sequence[str]) -> None:
        self.node_types = node_types
        self._dataset = graphs if isinstance(graphs, ScoreGraphDataset) else None
        self._list: list[tuple[Columns, str | None]] = []
        if self._dataset is not None:
            self.num_notes, self.largest_chords = self._dataset.sizes()
            return
        self._list = [self._columns_of(graph) for graph in graphs]
        first = _kinds(self._list[0][0])
        for place, (columns, _) in enumerate(self._list):
            _check_like_first(place, _kinds(columns), first)
        onsets = [columns["note"]["onset_div"].numpy() for columns, _ in self._list]
        self.num_notes = np.array([len(onset) for onset in onsets], np.int64)
        self.largest_chords = np.array([largest_group(onset) for onset in onsets], np.int64)

    def __len__(self) -> int:
        """Number of graphs."""
        return len(self.num_notes)

    def __getitem__(self, place: int) -> tuple[Columns, str | None]:
        """Groups of columns of equal length, and the piece of a graph.

        There is a group per node type, one per kind of other labels, and ``divs_pq``.
        """
        if self._dataset is None:
            return self._list[place]
        return self._columns_of(self._dataset.nodes(place))

    def _columns_of(self, graph: ScoreGraph) -> tuple[Columns, str | None]:
        groups = {name: _tensors(graph[name]) for name in self.node_types}
        names = [n for n in graph._global_store if n.startswith((ONSET_LABELS, GRAPH_LABELS))]
        groups |= {name: {name: graph[name]} for name in (*names, "divs_pq")}
        return groups, graph.get("piece_id") if "piece_id" in graph else None


class NodePool:
    """Columns of the scores that are loaded, end to end.

    Args:
        given: Where they come from.
        capacity: Notes that are kept. When there would be more, all are forgotten but those that
            are needed; a single batch may have more.

    Attributes:
        columns: Group -> name of the column -> values.
        ranges: Group -> first row and end of each score, shape ``(num_scores, 2)``, int64; only
            those of scores that are loaded count.
        indices: Score -> its index, of those that are loaded.
        piece_ids: Score -> piece, of the same.
    """

    def __init__(self, given: GivenNodes, capacity: int = NOTES_KEPT) -> None:
        self.given, self.capacity = given, capacity
        self._forget()
        first, _ = given[0]
        self._first = _kinds(first)
        self.columns = {
            group: {name: values[:0] for name, values in columns.items()}
            for group, columns in first.items()
        }
        self.ranges = {group: np.zeros((len(given), 2), np.int64) for group in first}

    def _forget(self) -> None:
        self.indices: dict[int, _core.ScoreIndex] = {}
        self.piece_ids: dict[int, str | None] = {}
        self._ends: dict[str, int] = {}

    def load(self, scores: Iterable[int]) -> None:
        """Make sure that scores are loaded, all at the same time."""
        wanted = list(dict.fromkeys(scores))
        missing = [score for score in wanted if score not in self.indices]
        if not missing:
            return
        held = self._ends.get("note", 0)
        if held and held + int(self.given.num_notes[missing].sum()) > self.capacity:
            self._forget()
            missing = wanted
        for score in missing:
            self._add(score, *self.given[score])

    def _add(self, score: int, columns: Columns, piece_id: str | None) -> None:
        _check_like_first(score, _kinds(columns), self._first)
        for group, of_group in columns.items():
            begin = self._ends.get(group, 0)
            length = len(next(iter(of_group.values()), ()))
            self.ranges[group][score] = begin, begin + length
            for name, values in of_group.items():
                self._room_for(group, name, begin + length)[begin : begin + length] = values
            self._ends[group] = begin + length
        self.indices[score] = _core.ScoreIndex(*self._timing(score))
        self.piece_ids[score] = piece_id

    def _room_for(self, group: str, name: str, num_rows: int) -> torch.Tensor:
        values = self.columns[group][name]
        if len(values) < num_rows:
            larger = values.new_empty((max(num_rows, 2 * len(values)), *values.shape[1:]))
            larger[: len(values)] = values
            self.columns[group][name] = values = larger
        return values

    def _timing(self, score: int) -> Iterator[NDArray[np.int64]]:
        """Onsets, durations, starts of beats and of measures."""
        for group, name in (
            *(("note", "onset_div"), ("note", "duration_div")),
            *(("beat", "start_div"), ("measure", "start_div")),
        ):
            if group in self.columns:
                yield self.columns[group][name][slice(*self.ranges[group][score])].numpy()
            else:
                yield np.empty(0, np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Where the columns come from; another process loads them again."""
        return {"given": self.given, "capacity": self.capacity}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin with nothing loaded."""
        NodePool.__init__(self, **state)


def _tensors(store: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {
        name: value
        for name, value in store.items()
        if isinstance(value, torch.Tensor) and name not in NOT_NODE_ATTRIBUTES
    }


Kinds = Mapping[str, Mapping[str, tuple[str, tuple[int, ...]]]]


def _kinds(columns: Columns) -> Kinds:
    """Group -> name -> type and shape of a row."""
    return {
        group: {name: (str(v.dtype), tuple(v.shape[1:])) for name, v in of_group.items()}
        for group, of_group in columns.items()
    }


def _check_like_first(place: int, ours: Kinds, first: Kinds) -> None:
    """Refuse a graph whose attributes differ from graph 0 in name, type or size of a row."""
    if ours == first:
        return
    for group in {**first, **ours}:
        where = f" of its {group}s" if group in NODE_TYPES else ""
        own, of_first = ours.get(group, {}), first.get(group, {})
        if missing := sorted(of_first.keys() - own.keys()):
            msg = f"graph {place} has no {missing[0]}{where}, but graph 0 has."
            raise InputError(msg)
        if others := sorted(own.keys() - of_first.keys()):
            msg = f"graph {place} has {others[0]}{where}, but graph 0 does not."
            raise InputError(msg)
        for name in own:
            if own[name] != of_first[name]:
                msg = (
                    f"{name}{where} has rows of type and shape {own[name]} in graph {place}, and "
                    f"{of_first[name]} in graph 0; they must be the same."
                )
                raise InputError(msg)
