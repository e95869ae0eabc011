"""The residual stack of convolutions that the graph models share."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from musebench.errors import InputError
from musebench.graph import RELATIONS, EdgeType, check_relations, edge_types_of
from musebench.models.convs import conv_class
from musebench.models.encoder import Encoder, Given, Sizes
from musebench.models.layer_graph import LayerGraph, graphs_of_layers


class ResidualGNN(Encoder):
    """Embed each note from its neighbours. Subclasses declare the nodes and edges.

    Layers are residual, with a separate layer normalisation for each node type.

    Args:
        num_features: Number of features of each node type.
        hidden: Size of the embedding and of every layer.
        num_layers: Number of layers, which is the number of hops.
        dropout: Dropout probability of a layer's outputs in training.
        conv: Convolution of the layers, one of ``musebench.models.convs.CONVS``.

        relations: Relations between notes to use, each with its reverse; other relations of a graph
            are ignored.

    Raises:
        InputError: If a convolution or relation is unknown, ``hidden`` does not suit the
            convolution, or no relation is left.

    Attributes:
        used_edges: The edge types of these relations, and of beats and measures.
    """

    node_types: ClassVar[tuple[str, ...]]
    edge_types: ClassVar[tuple[EdgeType, ...]]

    def __init__(
        self,
        num_features: Sizes,
        hidden: int,
        num_layers: int,
        dropout: float,
        conv: str = "sage",
        relations: Sequence[str] = RELATIONS,
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, conv, relations)
        self.conv = conv_class(conv)
        used = edge_types_of(check_relations(relations))
        self.used_edges = tuple(edge_type for edge_type in self.edge_types if edge_type in used)
        if not self.used_edges:
            msg = f"{type(self).__name__} needs at least one relation; without any, use mlp."
            raise InputError(msg)
        self.embed = nn.ModuleDict({t: nn.Linear(num_features[t], hidden) for t in self.node_types})
        self.layers = nn.ModuleList(
            self.conv(hidden, self.node_types, self.used_edges) for _ in range(num_layers)
        )
        self.norms = nn.ModuleList(
            nn.ModuleDict({node_type: nn.LayerNorm(hidden) for node_type in self.node_types})
            for _ in range(num_layers)
        )
        self.dropout = nn.Dropout(dropout)

    @staticmethod
    def num_hops(num_layers: int) -> int:
        """Number of hops along edges that an embedding depends on."""
        return num_layers

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``.

        Raises:
            InputError: If the graph has no edges of a type that the model uses.
        """
        x_dict, edge_index_dict = given.x_dict, given.edge_index_dict
        if missing := [e for e in self.used_edges if e not in edge_index_dict]:
            msg = (
                f"the graph has no edges of type {missing[0]}, which this model uses; make both "
                "with the same relations=."
            )
            raise InputError(msg)
        whole = LayerGraph(
            {edge_type: edge_index_dict[edge_type] for edge_type in self.used_edges},
            {node_type: len(x_dict[node_type]) for node_type in self.node_types},
            x_dict["note"].dtype,
            given.note,
            given.divs_pq,
        )
        h = {
            node_type: torch.relu(embed(x_dict[node_type]))
            for node_type, embed in self.embed.items()
        }
        graph, prepared = None, None
        for layer, norm, needed in zip(
            self.layers,
            self.norms,
            graphs_of_layers(whole, given.num_notes, len(self.layers)),
            strict=True,
        ):
            if needed is not graph:
                graph, prepared = needed, self.conv.prepare(needed)
            h = {node_type: h[node_type][:n] for node_type, n in needed.num_nodes.items()}
            h = self._add(h, layer(h, prepared), norm)
        return h["note"][: given.num_notes]

    def _add(self, h: Mapping[str, Tensor], message: Mapping[str, Tensor], norm: Any) -> Any:
        return {
            node_type: norm[node_type](before + self.dropout(torch.relu(message[node_type])))
            for node_type, before in h.items()
        }
