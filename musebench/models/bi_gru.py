"""BiGRU: a recurrent network over the notes of a score, without edges."""

from typing import Any, ClassVar

from torch import Tensor, nn

from musebench.models.encoder import Encoder, Given, Sizes, register_model
from musebench.models.score_sequence import ScoreRNN, lengths_of_scores


@register_model("bi-gru")
class BiGRU(Encoder):
    """Embed each note from all notes before and after it; in a mini-batch, from its window.

    A sequence without a graph. ``PKSpell`` adds a second network on top of it.
    """

    network: ClassVar[type[nn.Module]] = ScoreRNN

    def __init__(
        self, num_features: Sizes, hidden: int, num_layers: int, dropout: float, *graph: Any
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        self.sequence = self.network(num_features["note"], hidden, num_layers, dropout)
        self.dropout = nn.Dropout(dropout)

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``."""
        embedding: Tensor = self.dropout(
            self.sequence(given.x, lengths_of_scores(given.num_notes, given.note))
        )
        return embedding
