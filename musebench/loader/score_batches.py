"""Mini-batches by their windows, from the concatenated node attributes of all scores."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data.storage import NodeStorage

from musebench import _core
from musebench.datasets import ScoreGraphDataset
from musebench.graph import (
    EDGE_TYPES,
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
from musebench.loader.joined import join, join_labels


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

    Contains the concatenated node attributes of all scores and an index of each score.

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
        scores = graphs.nodes() if isinstance(graphs, ScoreGraphDataset) else graphs
        self.attributes, self.node_ranges, self.piece_ids = join(scores, self.node_types)
        self.labels, self.label_starts, self.divs_pq = join_labels(scores)
        self._prepare()

    def _prepare(self) -> None:
        """Make the objects of the core, which cannot be pickled."""
        self.indices = [
            _core.ScoreIndex(*self._timing(score)) for score in range(len(self.piece_ids))
        ]
        self.sampler = _core.NeighborSampler(
            self.num_neighbors,
            induced=self.induced,
            metrical=self.metrical,
            max_edges=self.max_edges,
        )

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
        """The state without the objects of the core, which another process makes again."""
        return {k: v for k, v in self.__dict__.items() if k not in {"indices", "sampler"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore, and index the scores again."""
        self.__dict__.update(state)
        self._prepare()

    def __len__(self) -> int:
        """Number of scores."""
        return len(self.indices)

    def __getitem__(self, drawn: Drawn) -> ScoreGraph:
        """Make a batch."""
        nodes, edges, num_targets = self.sampler.sample(
            [self.indices[i] for i in drawn.scores], drawn.windows, drawn.seeds
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
        batch.divs_pq = self.divs_pq[drawn.scores]
        self._fill_labels(batch, np.array(drawn.scores))
        self._point_into_batch(batch)
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

    def _fill_labels(self, batch: ScoreGraph, scores: NDArray[np.int64]) -> None:
        """Labels of the targets' onset groups, and of the scores."""
        note = batch["note"]
        of_targets = slice(note.batch_size)
        score, onset = note.batch[of_targets], note.onset_index[of_targets]
        first = first_notes_of_onsets(onset, score)
        for name, values in self.labels.items():
            start = torch.from_numpy(self.label_starts[name][scores])
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
