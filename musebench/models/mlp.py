"""A perceptron on the features of each note: the graph models without their graph."""

from typing import Any

from torch import Tensor, nn

from musebench.models.encoder import Encoder, Given, Sizes, register_model


@register_model("mlp")
class MLP(Encoder):
    """Embed each note from its own features."""

    def __init__(
        self, num_features: Sizes, hidden: int, num_layers: int, dropout: float, *graph: Any
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        layers: list[nn.Module] = [nn.Linear(num_features["note"], hidden), nn.ReLU()]
        for _ in range(num_layers):
            layers += [
                nn.LayerNorm(hidden),
                nn.Dropout(dropout),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``."""
        embedding: Tensor = self.layers(given.x)
        return embedding
