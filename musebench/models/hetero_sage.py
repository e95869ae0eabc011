"""HeteroSAGE, and the residual stack of it that the graph models share."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from musebench.graph import EdgeType
from musebench.models.adjacency import Adjacency, adjacency_of_layers

NumByHop = Mapping[str, Sequence[int]]


class HeteroSAGE(nn.Module):
    """A node's own part, and for each relation the mean over its neighbours; each by its matrix.

    Args:
        hidden: Size of the embeddings that come in and go out.
        node_types: Types of the nodes.
        edge_types: Types of the edges.

    Source:
        Hamilton, Ying and Leskovec, "Inductive Representation Learning on Large Graphs", NeurIPS
        2017, summed over relations. Differs: the own part is mapped once, not once a relation.
    """

    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__()
        self.own = nn.ModuleDict({node_type: nn.Linear(hidden, hidden) for node_type in node_types})
        self.neighbours = nn.Parameter(torch.empty(len(edge_types), hidden, hidden))
        nn.init.uniform_(self.neighbours, -(hidden**-0.5), hidden**-0.5)  # as nn.Linear has it

    def forward(self, x_dict: Mapping[str, Tensor], adjacency: Adjacency) -> dict[str, Tensor]:
        """Return the embeddings after the layer.

        Args:
            x_dict: Embeddings of each node type before it. Shape ``(num_nodes, hidden)``.
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


class ResidualSAGE(nn.Module):
    """Embed each note from its neighbours. Subclasses declare over which nodes and edges.

    Layers are residual, with layer normalisation; each node type has its own.

    Args:
        num_features: Number of features of each node type.
        hidden: Size of the embedding and of every layer.
        num_layers: Number of layers, which is the number of hops.
        dropout: Share of a layer's outputs set to 0 in training.
    """

    node_types: ClassVar[tuple[str, ...]]
    edge_types: ClassVar[tuple[EdgeType, ...]]
    metrical: ClassVar[bool]

    def __init__(
        self, num_features: Mapping[str, int], hidden: int, num_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.embed = nn.ModuleDict({t: nn.Linear(num_features[t], hidden) for t in self.node_types})
        self.layers = nn.ModuleList(
            HeteroSAGE(hidden, self.node_types, self.edge_types) for _ in range(num_layers)
        )
        self.norms = nn.ModuleList(
            nn.ModuleDict({node_type: nn.LayerNorm(hidden) for node_type in self.node_types})
            for _ in range(num_layers)
        )
        self.dropout = nn.Dropout(dropout)

    @staticmethod
    def num_hops(num_layers: int) -> int:
        """How far an embedding sees."""
        return num_layers

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],
        num_sampled_nodes: NumByHop | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``.

        Args:
            x_dict: Features of each node type. Shape ``(num_nodes, num_features)``.
            edge_index_dict: Edges of each type. Shape ``(2, num_edges)``.
            num_sampled_nodes: Node type -> number of nodes of each hop, in a mini-batch. Then only
                the embeddings of its targets are returned, and only what they need is computed.
            num_sampled_edges: Taken as PyG's models take it; the edges themselves say it.
        """
        num_notes = num_sampled_nodes["note"][0] if num_sampled_nodes else len(x_dict["note"])
        adjacencies = adjacency_of_layers(
            {edge_type: edge_index_dict[edge_type] for edge_type in self.edge_types},
            {node_type: num_notes if node_type == "note" else 0 for node_type in self.node_types},
            len(self.layers),
            x_dict["note"].dtype,
        )
        h = {
            node_type: torch.relu(embed(x_dict[node_type]))
            for node_type, embed in self.embed.items()
        }
        for layer, norm, adjacency in zip(self.layers, self.norms, adjacencies, strict=True):
            h = {node_type: h[node_type][:n] for node_type, n in adjacency.num_nodes.items()}
            h = {
                node_type: norm.get_submodule(node_type)(
                    h[node_type] + self.dropout(torch.relu(message))
                )
                for node_type, message in layer(h, adjacency).items()
            }
        return h["note"][:num_notes]
