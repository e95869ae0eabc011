"""HybridGNN: NoteGNN beside a recurrent network over the note sequence."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage

from musebench.graph import RELATIONS, EdgeType
from musebench.models.encoder import Encoder, NumByHop, num_targets, register_model
from musebench.models.note_gnn import NoteGNN
from musebench.models.score_sequence import ScoreRNN, lengths_of_scores

NUM_RECURRENT_LAYERS = 2


@register_model("hybrid-gnn")
class HybridGNN(Encoder):
    """Embed each note from its neighbours and from all notes before and after it.

    A layer joins both. In a mini-batch the recurrent part sees each window alone.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024. Differs: the graph part is NoteGNN, without beats and measures; the recurrent part
        reads no padding; a ReLU instead of a perceptron before the heads. AnalysisGNN (CMMR 2025)
        without its language model is this model under the heads of several tasks.
    """

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
        self.graph = NoteGNN(num_features, hidden, num_layers, dropout, conv, relations)
        self.sequence = ScoreRNN(num_features["note"], hidden, NUM_RECURRENT_LAYERS, dropout)
        self.norm = nn.LayerNorm(hidden)
        self.join = nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    @staticmethod
    def num_hops(num_layers: int) -> int:
        """Number of hops along edges that an embedding depends on."""
        return num_layers

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],
        num_sampled_nodes: NumByHop | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,
        *,
        note: NodeStorage | None = None,
        divs_pq: Tensor | int | None = None,
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        by_hop = num_sampled_nodes, num_sampled_edges
        near = self.graph(x_dict, edge_index_dict, *by_hop, note=note, divs_pq=divs_pq)
        x = x_dict["note"][: num_targets(x_dict, num_sampled_nodes)]
        far = self.norm(self.dropout(self.sequence(x, lengths_of_scores(len(x), note))))
        return torch.relu(self.join(torch.cat([near, far], dim=1)))
