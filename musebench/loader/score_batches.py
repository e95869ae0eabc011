"""Mini-batches by what they are made of, from the node attributes of all scores end to end."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData
from torch_geometric.data.storage import NodeStorage

from musebench import _core
from musebench.errors import InputError
from musebench.graph import EDGE_TYPES, METRICAL_EDGE_TYPES, NODE_TYPES
from musebench.loader.joined import ONSET_LABELS, join, join_labels


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
            raise InputError(msg)
        self.num_neighbors = num_neighbors
        self.subgraph_size = subgraph_size
        self.induced = induced
        self.metrical = metrical
        self.transform = transform
        self.max_edges = max_edges
        self.node_types = NODE_TYPES if metrical else ("note",)
        self.attributes, self.node_ranges, self.piece_ids = join(graphs, self.node_types)
        self.labels, self.label_starts, self.divs_pq = join_labels(graphs)
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
