"""HybridGNN: NoteGNN beside a recurrent network over the note sequence."""

from typing import Any

import torch
from torch import Tensor, nn

from musebench.models.encoder import Encoder, Given, Sizes, register_model
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
        self, num_features: Sizes, hidden: int, num_layers: int, dropout: float, *graph: Any
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        self.graph = NoteGNN(num_features, hidden, num_layers, dropout, *graph)
        self.sequence = ScoreRNN(num_features["note"], hidden, NUM_RECURRENT_LAYERS, dropout)
        self.norm = nn.LayerNorm(hidden)
        self.join = nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    @staticmethod
    def num_hops(num_layers: int) -> int:
        """Number of hops along edges that an embedding depends on."""
        return num_layers

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        near = self.graph.encode(given)
        lengths = lengths_of_scores(given.num_notes, given.note)
        far = self.norm(self.dropout(self.sequence(given.x, lengths)))
        return torch.relu(self.join(torch.cat([near, far], dim=1)))
