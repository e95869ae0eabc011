"""Edges from the times of notes, beats and measures."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import HeteroData
from torch_geometric.data.storage import EdgeStorage

from musebench import _core
from musebench.graph.relations import EDGE_TYPES, EdgeType

DEFAULT_MAX_EDGES = _core.DEFAULT_MAX_EDGES

Times = Sequence[NDArray[np.int64]]


def edges_of_times(times: Times, max_edges: int = DEFAULT_MAX_EDGES) -> dict[EdgeType, Tensor]:
    """Compute the edges of a score.

    Args:
        times: Onset and duration of the notes, start of the beats, start of the measures, each in
            divisions and of shape ``(num_nodes,)``.
        max_edges: Refuse a score with more edges between notes, not counting reverses.

    Returns:
        Edge type -> edges, shape ``(2, num_edges)``, int64, for all ``EDGE_TYPES``. A relation and
        its reverse share memory.

    Raises:
        InputError: If the score has more than ``max_edges`` edges, or times are not ascending.
    """
    edges = _core.graph_edges(*map(np.ascontiguousarray, times), max_edges=max_edges)
    return {e: torch.from_numpy(index) for e, index in zip(EDGE_TYPES, edges, strict=True)}


def difference_from_notes(graph: HeteroData) -> str:
    """Say which edges of a graph differ from those that its notes define; empty if none do.

    Args:
        graph: A graph; it may lack edge types.
    """
    note = graph["note"]
    starts = [
        graph[t].start_div if t in graph.node_types else note.onset_div[:0]
        for t in ("beat", "measure")
    ]
    times = [column.cpu().numpy() for column in (note.onset_div, note.duration_div, *starts)]
    expected = edges_of_times(times)
    for store in graph.edge_stores:
        if others := [name for name in store.keys() if name != "edge_index"]:  # noqa: SIM118
            return f"its edges {store._key} have an attribute {others[0]!r}"
        if "edge_index" not in store or not _are_same(store, expected[store._key]):
            return f"its edges {store._key} differ from those that the times of its notes define"
    return ""


def _are_same(store: EdgeStorage, expected: Tensor) -> bool:
    """Whether these are the expected edges, in any order."""
    found = store.edge_index.cpu()
    if found.shape != expected.shape:
        return False
    return torch.equal(found, expected) or torch.equal(_sorted(found), _sorted(expected))


def _sorted(edge_index: Tensor) -> Tensor:
    return edge_index[:, np.lexsort(edge_index.numpy()[::-1])]
