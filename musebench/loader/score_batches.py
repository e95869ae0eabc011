"""Mini-batches by their windows, from the node attributes of scores."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data.storage import NodeStorage

from musebench import _core
from musebench.graph import (
    EDGE_TYPES,
    GRAPH_LABELS,
    NODE_TYPES,
    ONSET_LABELS,
    ScoreGraph,
    edge_types_of,
    is_link_label,
    pairs_of_notes,
)
from musebench.loader.indices import (
    first_notes_of_onsets,
    labels_of_scores,
    number_onsets,
    point_into_batch,
)
from musebench.loader.node_pool import GivenNodes, NodePool


class Drawn(NamedTuple):
    """The scores, windows and seeds of a batch.

    Attributes:
        scores: Positions of the scores.
        windows: First target and end in each score. Shape ``(num_scores, 2)``, int64.
        seeds: Seed of the neighbours of each window. Shape ``(num_scores,)``, uint64.
        seed: Seed for a transform.
    """

    scores: list[int]
    windows: NDArray[np.int64]
    seeds: NDArray[np.uint64]
    seed: int


class ScoreBatches:
    """Batches by their windows: ``scores[drawn]`` is one.

    Scores are loaded when a batch needs them, see ``NodePool``.

    Args:
        graphs: The result of ``graphs_given``.
        num_neighbors: The result of ``neighbors_by_hop``.
        subgraph_size: As in ``MuseNeighborLoader``, like the following.
        induced: Whether a batch contains all edges among the sampled nodes.
        metrical: Whether a batch contains beats and measures.
        relations: The relations between notes in a batch.
        transform: Applied to each batch.
        max_edges: Refuse a batch with more edges.
    """

    def __init__(
        self,
        graphs: Sequence[ScoreGraph],
        num_neighbors: NDArray[np.int64],
        subgraph_size: int,
        *,
        induced: bool,
        metrical: bool,
        relations: Sequence[str],
        transform: Callable[[ScoreGraph], ScoreGraph] | None,
        max_edges: int,
    ) -> None:
        self.num_neighbors = num_neighbors
        self.subgraph_size = subgraph_size
        self.induced = induced
        self.metrical = metrical
        self.transform = transform
        self.max_edges = max_edges
        self.node_types = NODE_TYPES if metrical else ("note",)
        self.edge_types = edge_types_of(relations, metrical=metrical)
        self.given = GivenNodes(graphs, self.node_types)
        self.pool = NodePool(self.given)
        self._prepare()

    def _prepare(self) -> None:
        """Make the sampler of the core, which cannot be pickled."""
        self.sampler = _core.NeighborSampler(
            self.num_neighbors,
            induced=self.induced,
            metrical=self.metrical,
            max_edges=self.max_edges,
        )

    def __getstate__(self) -> dict[str, Any]:
        """The state without the sampler, which another process makes again."""
        return {k: v for k, v in self.__dict__.items() if k != "sampler"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore, and make the sampler again."""
        self.__dict__.update(state)
        self._prepare()

    def __len__(self) -> int:
        """Number of scores."""
        return len(self.given)

    def index(self, score: int) -> _core.ScoreIndex:
        """The index of a score."""
        self.pool.load([score])
        return self.pool.indices[score]

    def __getitem__(self, drawn: Drawn) -> ScoreGraph:
        """Make a batch."""
        self.pool.load(drawn.scores)
        nodes, edges, num_targets = self.sampler.sample(
            [self.pool.indices[i] for i in drawn.scores], drawn.windows, drawn.seeds
        )
        batch = ScoreGraph()
        num_sampled_nodes, num_sampled_edges = {}, {}
        for node_type, (node, score, by_hop) in zip(NODE_TYPES, nodes, strict=True):
            if node_type in self.node_types:
                self._fill_nodes(batch[node_type], node_type, node, score, drawn.scores)
                num_sampled_nodes[node_type] = by_hop
        for edge_type, (edge_index, by_hop) in zip(EDGE_TYPES, edges, strict=True):
            if edge_type in self.edge_types:
                batch[edge_type].edge_index = torch.from_numpy(edge_index)
                num_sampled_edges[edge_type] = by_hop
        batch.num_sampled_nodes, batch.num_sampled_edges = num_sampled_nodes, num_sampled_edges
        batch.target_ptr = torch.from_numpy(np.concatenate([[0], np.cumsum(num_targets)]))
        batch["note"].batch_size = int(num_targets.sum())
        row = torch.from_numpy(self.pool.ranges["divs_pq"][drawn.scores, 0])
        batch.divs_pq = self.pool.columns["divs_pq"]["divs_pq"][row]
        self._fill_labels(batch, np.array(drawn.scores))
        self._point_into_batch(batch)
        batch.input_id = torch.tensor(drawn.scores)
        batch.piece_id = [self.pool.piece_ids[i] for i in drawn.scores]
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
        row = node + self.pool.ranges[node_type][scores, 0][score]
        for name, values in self.pool.columns[node_type].items():
            store[name] = _gather(values, row)
        store.n_id, store.batch = torch.from_numpy(node), torch.from_numpy(score)

    def _fill_labels(self, batch: ScoreGraph, scores: NDArray[np.int64]) -> None:
        """Labels of the targets' onset groups, and of the scores."""
        note = batch["note"]
        of_targets = slice(note.batch_size)
        score, onset = note.batch[of_targets], note.onset_index[of_targets]
        first = first_notes_of_onsets(onset, score)
        for name, columns in self.pool.columns.items():
            if not name.startswith((ONSET_LABELS, GRAPH_LABELS)):
                continue
            values, start = columns[name], torch.from_numpy(self.pool.ranges[name][scores, 0])
            if name.startswith(ONSET_LABELS):
                batch.onset_batch = score[first]
                batch[name] = values[start[score[first]] + onset[first]]
            else:
                batch[name] = labels_of_scores(values[start], batch.target_ptr.diff())

    @staticmethod
    def _point_into_batch(batch: ScoreGraph) -> None:
        """Convert indices of a piece to indices of the batch, and pair the candidates for links."""
        note = batch["note"]
        note.onset_index = number_onsets(note.onset_index, note.batch, note.batch_size)
        for name in [name for name in note.keys() if is_link_label(name, note)]:  # noqa: SIM118
            note[name] = point_into_batch(note[name], note.n_id, note.batch)
        if "window_div" in note:
            batch.candidate_index = pairs_of_notes(note, batch.target_ptr.tolist())


def _gather(values: torch.Tensor, row: NDArray[np.int64]) -> torch.Tensor:
    """Rows of an attribute. Done in the core: torch would wait for threads used by others."""
    gathered = values.new_empty((len(row), *values.shape[1:]))
    if gathered.numel():
        _core.gather_rows(_as_bytes(values), row, _as_bytes(gathered))
    return gathered


def _as_bytes(values: torch.Tensor) -> NDArray[np.uint8]:
    return values.detach().reshape(len(values), -1).view(torch.uint8).numpy()
