"""LOADER: windows of scores with their neighbourhoods, several scores to a mini-batch.

Conventions:
    A *window* is a run of whole chords; its notes are the *targets*. Every note of a score is a
    target with the same probability ``p``, first and last included; scores are drawn with weight
    ``1 / p``, so that each note is expected as a target once an epoch. Nodes of a batch are ordered
    by hop, then score, then time, so targets come first and PyG's ``trim_to_layer`` works.
    A batch is a function of (seed, epoch, index): the same for any number of workers.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Sampler
from torch_geometric.data import HeteroData
from torch_geometric.data.storage import NodeStorage

from musebench import _core
from musebench.datasets import ScoreGraphDataset
from musebench.graph import (
    DEFAULT_MAX_EDGES,
    EDGE_TYPES,
    METRICAL_EDGE_TYPES,
    NODE_TYPES,
    EdgeType,
)

NumNeighbors = Sequence[int] | Mapping[EdgeType, Sequence[int]] | None

NOT_NODE_ATTRIBUTES = ("num_nodes", "batch", "ptr")
ONSET_LABELS, GRAPH_LABELS = "onset_y", "y"  # how the names of labels that are not of notes begin


class MuseNeighborLoader(DataLoader[HeteroData]):
    """Mini-batches of score windows for training.

    Args:
        graphs: A musebench dataset, a part of one, or graphs of ``musebench.build_graph``. A
            dataset's own transform is applied once, to whole scores.
        num_neighbors: Neighbours at most for each relation, hop by hop; -1: all. A dict gives a
            list for each edge type, others none. None: targets and all edges among them, no
            neighbours.
        subgraph_size: Targets at most in a window (but by one chord that is larger).
        batch_size: Windows in a batch.
        coverage: ``expected``: windows are drawn; ``exact``: the pieces are tiled, each note is a
            target once an epoch.
        subgraph_type: ``directional``: the edges that were sampled; ``induced``: all edges among
            the sampled nodes.
        metrical: Whether beats and measures, and the edges to and from them, are in the batches.
        transform: Applied to each batch. ``batch.seed`` is what it should draw from: then batches
            stay a function of (seed, epoch, index).
        seed: Seed of all draws.
        num_batches: Batches of an epoch, over all processes; None: so many that each note is
            expected as a target once.
        rank: Place of this process among those that share the work.
        world_size: Number of these processes; each gets other batches of the same epoch.
        max_edges: Refuse a batch with more edges.
        num_workers: Processes that make batches; 0: this one.
        kwargs: Further arguments of ``torch.utils.data.DataLoader``.

    Raises:
        ValueError: If an argument is out of its range.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024: windows and node-wise sampling. Differs: all notes are targets alike, chords stay
        whole, relations keep their names, nodes are ordered by hop.
    """

    def __init__(
        self,
        graphs: Sequence[HeteroData],
        num_neighbors: NumNeighbors = (3, 3, 3),
        subgraph_size: int = 500,
        batch_size: int = 32,
        *,
        coverage: str = "expected",
        subgraph_type: str = "directional",
        metrical: bool = True,
        transform: Callable[[HeteroData], HeteroData] | None = None,
        seed: int = 0,
        num_batches: int | None = None,
        rank: int = 0,
        world_size: int = 1,
        max_edges: int = DEFAULT_MAX_EDGES,
        num_workers: int = 0,
        **kwargs: Any,
    ) -> None:
        _check("coverage", coverage, ("expected", "exact"))
        _check("subgraph_type", subgraph_type, ("directional", "induced"))
        _check_positive(subgraph_size=subgraph_size, batch_size=batch_size, world_size=world_size)
        if not 0 <= rank < world_size:
            msg = f"rank is {rank}; accepted is 0 to {world_size - 1}."
            raise ValueError(msg)
        self.scores = ScoreBatches(
            graphs,
            neighbors_by_hop(num_neighbors, metrical=metrical),
            subgraph_size,
            induced=subgraph_type == "induced" or num_neighbors is None,
            metrical=metrical,
            transform=transform,
            max_edges=max_edges,
        )
        if num_batches is not None and (coverage == "exact" or num_batches < 1):
            msg = f"num_batches is {num_batches}; it is at least 1, of coverage 'expected'."
            raise ValueError(msg)
        exact = coverage == "exact"
        plan = EpochPlan(self.scores, batch_size, exact, seed, num_batches, rank, world_size)
        super().__init__(
            self.scores,  # type: ignore[arg-type]
            batch_size=None,
            sampler=plan,
            num_workers=num_workers,
            **kwargs,
        )
        self.plan = plan

    def __iter__(self) -> Iterator[HeteroData]:  # type: ignore[override]
        """Make the batches of the next epoch, or the rest of the one that was loaded."""
        # Counted here: with workers the plan runs ahead of what was handed out.
        for batch in super().__iter__():
            self.plan.next_batch += 1
            yield batch
        self.plan.epoch, self.plan.next_batch = self.plan.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """Epoch and batch to go on with, for ``load_state_dict``."""
        return self.plan.state_dict()

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where another loader of the same arguments stopped."""
        self.plan.load_state_dict(state)


def _check(name: str, value: str, accepted: tuple[str, ...]) -> None:
    if value not in accepted:
        msg = f"{name} is {value!r}; accepted are {', '.join(accepted)}."
        raise ValueError(msg)


def _check_positive(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            msg = f"{name} is {value}; it must be at least 1."
            raise ValueError(msg)


def neighbors_by_hop(num_neighbors: NumNeighbors, *, metrical: bool) -> NDArray[np.int64]:
    """Bring ``num_neighbors`` to a table.

    Returns:
        Neighbours at most, shape ``(num_hops, len(EDGE_TYPES))``, int64; -1: all.

    Raises:
        ValueError: If an edge type is unknown, a number below -1, or lists differ in length.
    """
    used = [e for e in EDGE_TYPES if metrical or e not in METRICAL_EDGE_TYPES]
    if num_neighbors is None:
        by_type: dict[EdgeType, list[int]] = {}
    elif isinstance(num_neighbors, Mapping):
        by_type = {edge_type: list(counts) for edge_type, counts in num_neighbors.items()}
    else:
        by_type = {edge_type: list(num_neighbors) for edge_type in used}
    if unknown := by_type.keys() - set(EDGE_TYPES):
        msg = f"num_neighbors names {sorted(unknown)}; accepted are {list(EDGE_TYPES)}."
        raise ValueError(msg)
    lengths = {len(counts) for counts in by_type.values()}
    if len(lengths) > 1:
        msg = f"num_neighbors has lists of {sorted(lengths)} hops; they must be equally long."
        raise ValueError(msg)
    table = np.zeros((max(lengths, default=0), len(EDGE_TYPES)), dtype=np.int64)
    for edge_type, counts in by_type.items():
        table[:, EDGE_TYPES.index(edge_type)] = counts
    if (table < -1).any():
        msg = f"num_neighbors has {table.min()}; accepted are -1 (all), 0 and more."
        raise ValueError(msg)
    return table


class Drawn(NamedTuple):
    """What a batch is made of.

    Attributes:
        scores: Positions of the scores.
        windows: First target and end in each score. Shape ``(num_scores, 2)``, int64.
        seeds: Seed of the neighbours of each window. Shape ``(num_scores,)``, uint64.
        seed: Seed of what a transform draws.
    """

    scores: list[int]
    windows: NDArray[np.int64]
    seeds: NDArray[np.uint64]
    seed: int


class ScoreBatches:
    """Batches by what they are made of: ``scores[drawn]`` is one.

    Holds the node attributes of all scores end to end and an index of each score.
    """

    def __init__(
        self,
        graphs: Sequence[HeteroData],
        num_neighbors: NDArray[np.int64],
        subgraph_size: int,
        *,
        induced: bool,
        metrical: bool,
        transform: Callable[[HeteroData], HeteroData] | None,
        max_edges: int,
    ) -> None:
        if not len(graphs):
            msg = "there are no graphs to sample from."
            raise ValueError(msg)
        self.num_neighbors = num_neighbors
        self.subgraph_size = subgraph_size
        self.induced = induced
        self.metrical = metrical
        self.transform = transform
        self.max_edges = max_edges
        self.node_types = NODE_TYPES if metrical else ("note",)
        self.attributes, self.node_ranges, self.piece_ids = _join(graphs, self.node_types)
        self.labels, self.label_starts, self.divs_pq = _join_labels(graphs)
        self._prepare()

    def _prepare(self) -> None:
        """Make what the core needs and cannot be pickled."""
        self.indices = [
            _core.ScoreIndex(*self._timing(score)) for score in range(len(self.piece_ids))
        ]
        self.sampler = _core.NeighborSampler(
            self.num_neighbors,
            induced=self.induced,
            metrical=self.metrical,
            max_edges=self.max_edges,
        )
        self.num_notes = np.array([index.num_notes for index in self.indices])
        largest = np.array([index.largest_group for index in self.indices])
        self.width = np.maximum(1, self.subgraph_size - largest + 1)

    def _timing(self, score: int) -> list[NDArray[np.int64]]:
        """Onsets, durations, starts of beats and of measures."""
        columns = [("note", "onset_div"), ("note", "duration_div")]
        columns += [("beat", "start_div"), ("measure", "start_div")]
        return [
            self.attributes[node_type][name][slice(*self.node_ranges[node_type][score])].numpy()
            if node_type in self.node_types
            else np.empty(0, dtype=np.int64)
            for node_type, name in columns
        ]

    def __getstate__(self) -> dict[str, Any]:
        """Without the core's own objects, which another process makes anew."""
        return {k: v for k, v in self.__dict__.items() if k not in {"indices", "sampler"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore, and index the scores again."""
        self.__dict__.update(state)
        self._prepare()

    def __len__(self) -> int:
        """Number of scores."""
        return len(self.indices)

    def __getitem__(self, drawn: Drawn) -> HeteroData:
        """Make a batch."""
        nodes, edges, num_targets = self.sampler.sample(
            [self.indices[i] for i in drawn.scores], drawn.windows, drawn.seeds
        )
        batch = HeteroData()
        num_sampled_nodes, num_sampled_edges = {}, {}
        for node_type, (node, score, by_hop) in zip(NODE_TYPES, nodes, strict=True):
            if node_type in self.node_types:
                self._fill_nodes(batch[node_type], node_type, node, score, drawn.scores)
                num_sampled_nodes[node_type] = by_hop
        for edge_type, (edge_index, by_hop) in zip(EDGE_TYPES, edges, strict=True):
            if self.metrical or edge_type not in METRICAL_EDGE_TYPES:
                batch[edge_type].edge_index = torch.from_numpy(edge_index)
                num_sampled_edges[edge_type] = by_hop
        batch.num_sampled_nodes, batch.num_sampled_edges = num_sampled_nodes, num_sampled_edges
        batch.target_ptr = torch.from_numpy(np.concatenate([[0], np.cumsum(num_targets)]))
        batch["note"].batch_size = int(num_targets.sum())
        batch.divs_pq = self.divs_pq[drawn.scores]
        self._fill_labels(batch, np.array(drawn.scores))
        batch.input_id = torch.tensor(drawn.scores)
        batch.piece_id = [self.piece_ids[i] for i in drawn.scores]
        batch.seed = drawn.seed
        return self.transform(batch) if self.transform else batch

    def _fill_nodes(
        self,
        store: NodeStorage,
        node_type: str,
        node: NDArray[np.int64],
        score: NDArray[np.int64],
        scores: list[int],
    ) -> None:
        row = node + self.node_ranges[node_type][scores, 0][score]
        for name, values in self.attributes[node_type].items():
            store[name] = _gather(values, row)
        store.n_id, store.batch = torch.from_numpy(node), torch.from_numpy(score)

    def _fill_labels(self, batch: HeteroData, scores: NDArray[np.int64]) -> None:
        """Labels of the targets' onset groups, and of the scores."""
        num_targets = batch["note"].batch_size
        if any(name.startswith(ONSET_LABELS) for name in self.labels):
            onset = batch["note"].onset_index[:num_targets]
            score = batch["note"].batch[:num_targets]
            first = first_notes_of_onsets(onset, score)
            batch.onset_batch = score[first]
            of_onsets = torch.stack([batch.onset_batch, onset[first]], dim=1).numpy()
        for name, values in self.labels.items():
            row = self.label_starts[name][scores]
            if name.startswith(ONSET_LABELS):
                row = row[of_onsets[:, 0]] + of_onsets[:, 1]
            batch[name] = values[torch.from_numpy(row)]


def first_notes_of_onsets(onset_index: torch.Tensor, score: torch.Tensor) -> torch.Tensor:
    """Positions at which an onset group begins, in notes sorted by score and time.

    Args:
        onset_index: Onset group of each note in its score. Shape ``(num_notes,)``.
        score: Score of each note.
    """
    begins = torch.ones_like(onset_index, dtype=torch.bool)
    begins[1:] = (onset_index[1:] != onset_index[:-1]) | (score[1:] != score[:-1])
    return begins.nonzero().squeeze(1)


def _gather(values: torch.Tensor, row: NDArray[np.int64]) -> torch.Tensor:
    """Rows of an attribute. In the core: torch would wait for threads that others keep busy."""
    gathered = values.new_empty((len(row), *values.shape[1:]))
    if gathered.numel():
        _core.gather_rows(_as_bytes(values), row, _as_bytes(gathered))
    return gathered


def _as_bytes(values: torch.Tensor) -> NDArray[np.uint8]:
    return values.detach().reshape(len(values), -1).view(torch.uint8).numpy()


Attributes = dict[str, dict[str, torch.Tensor]]
Joined = tuple[Attributes, dict[str, NDArray[np.int64]], list[str | None]]


def _join(graphs: Sequence[HeteroData], node_types: Sequence[str]) -> Joined:
    """The node attributes of all graphs end to end.

    Returns:
        Node type -> name -> values; node type -> first node and end of each graph, shape
        ``(num_graphs, 2)``; the piece of each graph.
    """
    if isinstance(graphs, ScoreGraphDataset) and graphs.transform is None:
        return _joined_already(graphs, node_types)
    scores = [graphs[i] for i in range(len(graphs))]
    attributes, node_ranges = {}, {}
    for node_type in node_types:
        names = _attribute_names(scores[0], node_type)
        for i, graph in enumerate(scores):
            if missing := [name for name in names if name not in graph[node_type]]:
                msg = f"graph {i} has no {missing[0]} of its {node_type}s, as graph 0 has."
                raise ValueError(msg)
        attributes[node_type] = {
            name: torch.cat([graph[node_type][name] for graph in scores]) for name in names
        }
        ends = np.cumsum([graph[node_type].num_nodes for graph in scores])
        node_ranges[node_type] = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)
    piece_ids = [graph.get("piece_id") if "piece_id" in graph else None for graph in scores]
    return attributes, node_ranges, piece_ids


Labels = tuple[dict[str, torch.Tensor], dict[str, NDArray[np.int64]], torch.Tensor]


def _join_labels(graphs: Sequence[HeteroData]) -> Labels:
    """What is known of whole graphs.

    Returns:
        Name of labels of onset groups, or of the graph -> values of all graphs end to end; the same
        name -> where those of each graph begin, shape ``(num_graphs,)``; divisions of a quarter
        note of each graph.
    """
    if isinstance(graphs, ScoreGraphDataset) and graphs.transform is None:
        whole, pieces = graphs._data, np.array(graphs.indices())
        names = _names_of_labels(whole)
        starts = {name: graphs.slices[name].numpy()[pieces] for name in names}
        return {name: whole[name] for name in names}, starts, whole.divs_pq[pieces]
    wholes = [graphs[i] for i in range(len(graphs))]
    columns = {name: [whole[name] for whole in wholes] for name in _names_of_labels(wholes[0])}
    return (
        {name: torch.cat(of_graphs) for name, of_graphs in columns.items()},
        {
            name: np.cumsum([0, *(len(labels) for labels in of_graphs[:-1])])
            for name, of_graphs in columns.items()
        },
        torch.tensor([whole.divs_pq for whole in wholes]),
    )


def _names_of_labels(graph: HeteroData) -> list[str]:
    names = graph._global_store.keys()
    return [name for name in names if name.startswith((ONSET_LABELS, GRAPH_LABELS))]


def _joined_already(dataset: ScoreGraphDataset, node_types: Sequence[str]) -> Joined:
    """The same of a dataset, whose attributes lie end to end in memory or a mapped file."""
    data, pieces = dataset._data, np.array(dataset.indices())
    attributes, node_ranges = {}, {}
    for node_type in node_types:
        names = _attribute_names(data, node_type)
        attributes[node_type] = {name: data[node_type][name] for name in names}
        ends = dataset.slices[node_type]["x"].numpy()
        node_ranges[node_type] = np.stack([ends[pieces], ends[pieces + 1]], axis=1)
    return attributes, node_ranges, [data.piece_id[i] for i in pieces]


def _attribute_names(graph: HeteroData, node_type: str) -> list[str]:
    return [
        name
        for name, value in graph[node_type].items()
        if isinstance(value, torch.Tensor) and name not in NOT_NODE_ATTRIBUTES
    ]


class EpochPlan(Sampler[Any]):
    """What the batches of each epoch are made of, as a function of (seed, epoch, index)."""

    def __init__(
        self,
        scores: ScoreBatches,
        batch_size: int,
        exact: bool,
        seed: int,
        num_batches: int | None,
        rank: int,
        world_size: int,
    ) -> None:
        self.scores = scores
        self.batch_size = batch_size
        self.exact = exact
        self.seed = seed
        self.num_batches = num_batches
        self.rank, self.world_size = rank, world_size
        self.epoch, self.next_batch = 0, 0
        whole = scores.num_notes <= scores.subgraph_size
        probability = np.where(whole, 1.0, scores.width / (scores.num_notes + scores.width - 1))
        self.weight = 1 / probability

    def __len__(self) -> int:
        """Batches of an epoch, for one process."""
        windows = len(self._tiles()) if self.exact else self.weight.sum()
        num_batches = self.num_batches or math.ceil(windows / self.batch_size)
        return math.ceil((num_batches - self.rank) / self.world_size)

    def __iter__(self) -> Iterator[Any]:
        """Draw the batches of the epoch that are still to come."""
        epoch = self.epoch
        for index in range(self.next_batch, len(self)):
            yield self._draw(epoch, index * self.world_size + self.rank)

    def state_dict(self) -> dict[str, int]:
        """Epoch and next batch."""
        return {"seed": self.seed, "epoch": self.epoch, "batch": self.next_batch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on with this epoch and batch."""
        if state["seed"] != self.seed:
            msg = f"the state is of a loader with seed {state['seed']}, this one has {self.seed}."
            raise ValueError(msg)
        self.epoch, self.next_batch = state["epoch"], state["batch"]

    def _draw(self, epoch: int, index: int) -> Drawn:
        random = np.random.default_rng([self.seed, epoch, index])
        seed = int(random.integers(2**63))
        if self.exact:
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self._tiles()))
            tiles = self._tiles()[order[index * self.batch_size : (index + 1) * self.batch_size]]
            seeds = random.integers(2**63, size=len(tiles), dtype=np.uint64)
            return Drawn(tiles[:, 0].tolist(), np.ascontiguousarray(tiles[:, 1:]), seeds, seed)
        share = self.weight / self.weight.sum()
        chosen = random.choice(len(self.scores), self.batch_size, p=share).tolist()
        seeds = random.integers(2**63, size=(2, self.batch_size), dtype=np.uint64)
        windows = [
            _core.sample_window(self.scores.indices[score], self.scores.subgraph_size, int(seed))
            for score, seed in zip(chosen, seeds[0], strict=True)
        ]
        return Drawn(chosen, np.array(windows, dtype=np.int64), seeds[1], seed)

    def _tiles(self) -> NDArray[np.int64]:
        """Windows that cover every score once: (score, first note, end)."""
        if not hasattr(self, "_cached_tiles"):
            tiles = []
            for score, index in enumerate(self.scores.indices):
                width = int(self.scores.width[score])
                whole = index.num_notes <= self.scores.subgraph_size
                step = max(index.num_notes, 1) if whole else width
                for begin in range(0, index.num_notes, step):
                    window = _core.notes_of_groups_starting_in(index, begin, begin + step)
                    if window[0] < window[1]:
                        tiles.append((score, *window))
            self._cached_tiles = np.array(tiles, dtype=np.int64).reshape(-1, 3)
        return self._cached_tiles
