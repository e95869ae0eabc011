"""The part of a graph that each layer of a stack needs, and the interface of convolutions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage

from musebench.graph import EdgeType

WORTH_TRIMMING = 0.8  # a layer with fewer nodes than this share gets its own graph


@dataclass(frozen=True)
class LayerGraph:
    """The first nodes of each type, and the edges into those that later layers need.

    Attributes:
        edge_index_dict: Edges of each relation, in the order of the model's edge types. Shape
            ``(2, num_edges)``.
        num_nodes: Number of nodes of each type, in the order of the model's node types.
        dtype: Type of the embeddings.
        note: The note fields, including those of further notes; None if there are none.
        divs_pq: Divisions of a quarter note, of the graph or of each score of a mini-batch.
    """

    edge_index_dict: dict[EdgeType, Tensor]
    num_nodes: dict[str, int]
    dtype: torch.dtype
    note: NodeStorage | None = None
    divs_pq: Tensor | int | None = None


class Conv(nn.Module, ABC):
    """A layer of a graph model: new embeddings of all nodes from their own and their neighbours'.

    Args:
        hidden: Size of the input and output embeddings.
        node_types: Types of the nodes.
        edge_types: Types of the edges.
    """

    @abstractmethod
    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__()

    @staticmethod
    def prepare(graph: LayerGraph) -> Any:
        """The input of ``forward`` from a graph, computed once for all layers on that graph."""
        return graph.edge_index_dict

    @abstractmethod
    def forward(self, x_dict: Mapping[str, Tensor], prepared: Any) -> dict[str, Tensor]:
        """Return the embeddings after the layer.

        Args:
            x_dict: Embeddings of each node type before the layer. Shape ``(num_nodes, hidden)``.
            prepared: The result of ``prepare`` for the graph.
        """


def graphs_of_layers(whole: LayerGraph, num_targets: int, num_layers: int) -> list[LayerGraph]:
    """The graph of each layer: the edges into the nodes that the layers after it need.

    Args:
        whole: The graph.
        num_targets: Number of notes, from the first, whose embeddings are needed in the end.
        num_layers: Number of layers.

    Returns:
        One graph per layer; successive layers may share one.
    """
    needed = [dict.fromkeys(whole.num_nodes, 0) | {"note": num_targets}]
    for _ in range(num_layers):
        needed.insert(0, _with_sources(whole.edge_index_dict, needed[0]))
    layers: list[LayerGraph] = []
    for before, after in pairwise(needed):
        if layers and sum(before.values()) > WORTH_TRIMMING * sum(layers[-1].num_nodes.values()):
            layers.append(layers[-1])
        else:
            edges = {e: _into_first(i, after[e[2]]) for e, i in whole.edge_index_dict.items()}
            layers.append(LayerGraph(edges, before, whole.dtype, whole.note, whole.divs_pq))
    return layers


def _with_sources(
    edge_indices: Mapping[EdgeType, Tensor], num_nodes: Mapping[str, int]
) -> dict[str, int]:
    """Number of nodes of each type up to the last source of an edge into these."""
    reached = dict(num_nodes)
    for (source_type, _, target_type), (source, target) in edge_indices.items():
        if len(source):
            last = int(source.where(target < num_nodes[target_type], -1).max())
            reached[source_type] = max(reached[source_type], last + 1)
    return reached


def _into_first(edge_index: Tensor, num_targets: int) -> Tensor:
    is_needed = edge_index[1] < num_targets
    return edge_index if bool(is_needed.all()) else edge_index[:, is_needed]
