"""A perceptron on the features of each note: the graph models without their graph."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

from musebench.graph import EdgeType


class MLP(nn.Module):
    """Embed each note by itself.

    Args:
        num_features: Number of features of each node type.
        hidden: Size of the embedding and of every layer.
        num_layers: Number of layers after the input layer.
        dropout: Share of a layer's outputs set to 0 in training.
    """

    metrical: ClassVar[bool] = False

    def __init__(
        self, num_features: Mapping[str, int], hidden: int, num_layers: int, dropout: float
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(num_features["note"], hidden), nn.ReLU()]
        for _ in range(num_layers):
            layers += [
                nn.LayerNorm(hidden),
                nn.Dropout(dropout),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)

    @staticmethod
    def num_hops(num_layers: int) -> int:  # noqa: ARG004
        """How far an embedding sees."""
        return 0

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],  # noqa: ARG002
        num_sampled_nodes: Mapping[str, Sequence[int]] | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; edges are not looked at.

        See ``ResidualSAGE.forward``.
        """
        x = x_dict["note"]
        embedding: Tensor = self.layers(
            x[: num_sampled_nodes["note"][0]] if num_sampled_nodes else x
        )
        return embedding
