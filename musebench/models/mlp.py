"""A perceptron on the features of each note: the graph models without their graph."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage

from musebench.graph import RELATIONS, EdgeType
from musebench.models.encoder import Encoder, NumByHop, num_targets, register_model


@register_model("mlp")
class MLP(Encoder):
    """Embed each note from its own features."""

    def __init__(
        self,
        num_features: Mapping[str, int],
        hidden: int,
        num_layers: int,
        dropout: float,
        conv: str = "sage",
        relations: Sequence[str] = RELATIONS,
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, conv, relations)
        layers: list[nn.Module] = [nn.Linear(num_features["note"], hidden), nn.ReLU()]
        for _ in range(num_layers):
            layers += [
                nn.LayerNorm(hidden),
                nn.Dropout(dropout),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],  # noqa: ARG002
        num_sampled_nodes: NumByHop | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,  # noqa: ARG002
        *,
        note: NodeStorage | None = None,  # noqa: ARG002
        divs_pq: Tensor | int | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        embedding: Tensor = self.layers(x_dict["note"][: num_targets(x_dict, num_sampled_nodes)])
        return embedding
