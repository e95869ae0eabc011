"""HeteroSAGE, the default convolution of the graph models."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from musebench.graph import EdgeType
from musebench.models.adjacency import Adjacency
from musebench.models.layer_graph import Conv, LayerGraph


class HeteroSAGE(Conv):
    """A node's own part plus, for each relation, the mean over its neighbours, one matrix each.

    Args:
        hidden: Size of the input and output embeddings.
        node_types: Types of the nodes.
        edge_types: Types of the edges.

    Source:
        Hamilton, Ying and Leskovec, "Inductive Representation Learning on Large Graphs", NeurIPS
        2017, summed over relations. Differs: the own part is mapped once, not once per relation.
    """

    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__(hidden, node_types, edge_types)
        self.own = nn.ModuleDict({node_type: nn.Linear(hidden, hidden) for node_type in node_types})
        self.neighbours = nn.Parameter(torch.empty(len(edge_types), hidden, hidden))
        nn.init.uniform_(self.neighbours, -(hidden**-0.5), hidden**-0.5)  # as in nn.Linear

    @staticmethod
    def prepare(graph: LayerGraph) -> Adjacency:
        """Order the edges for sums that store no messages."""
        return Adjacency(graph.edge_index_dict, graph.num_nodes, graph.dtype)

    def forward(self, x_dict: Mapping[str, Tensor], adjacency: Adjacency) -> dict[str, Tensor]:
        """Return the embeddings after the layer.

        Args:
            x_dict: Embeddings of each node type before the layer. Shape ``(num_nodes, hidden)``.
            adjacency: The edges, with the node types and edge types of the layer in their order.
        """
        rows = adjacency.gather @ torch.cat(list(x_dict.values()))
        blocks = zip(torch.split(rows, adjacency.block_sizes), self.neighbours, strict=True)
        messages = adjacency.spread @ torch.cat([block @ matrix for block, matrix in blocks])
        by_type = torch.split(messages, list(adjacency.num_nodes.values()))
        return {
            node_type: own(x_dict[node_type]) + message
            for (node_type, own), message in zip(self.own.items(), by_type, strict=True)
        }
