"""A perceptron on the features of each note: the graph models without their graph."""

from torch import Tensor, nn

from musebench.graph import EdgeType


class MLP(nn.Module):
    """Embed each note by itself.

    Args:
        num_features: Number of note features.
        hidden: Size of the embedding and of every layer.
        num_layers: Number of layers after the input layer.
        dropout: Share of a layer's outputs set to 0 in training.
    """

    def __init__(self, num_features: int, hidden: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(num_features, hidden), nn.ReLU()]
        for _ in range(num_layers):
            layers += [
                nn.LayerNorm(hidden),
                nn.Dropout(dropout),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(self, x_dict: dict[str, Tensor], edge_index_dict: dict[EdgeType, Tensor]) -> Tensor:  # noqa: ARG002
        """Return the note embeddings, shape ``(num_notes, hidden)``; edges are not looked at."""
        embedding: Tensor = self.layers(x_dict["note"])
        return embedding
