"""BiGRU: a recurrent network over the notes of a score, without edges."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage

from musebench.graph import RELATIONS, EdgeType
from musebench.models.encoder import Encoder, NumByHop, num_targets, register_model
from musebench.models.score_sequence import ScoreRNN, lengths_of_scores


@register_model("bi-gru")
class BiGRU(Encoder):
    """Embed each note from all notes before and after it; in a mini-batch, from its window.

    A sequence without a graph. ``PKSpell`` adds a second network on top of it.
    """

    network: ClassVar[type[nn.Module]] = ScoreRNN

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
        self.sequence = self.network(num_features["note"], hidden, num_layers, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],  # noqa: ARG002
        num_sampled_nodes: NumByHop | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,  # noqa: ARG002
        *,
        note: NodeStorage | None = None,
        divs_pq: Tensor | int | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        x = x_dict["note"][: num_targets(x_dict, num_sampled_nodes)]
        embedding: Tensor = self.dropout(self.sequence(x, lengths_of_scores(len(x), note)))
        return embedding
