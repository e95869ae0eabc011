"""OnsetGNN: NoteGNN, then what sounds at each onset, and a sequence over the onsets."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from musebench.errors import InputError
from musebench.models.encoder import Encoder, Given, Sizes, register_model
from musebench.models.note_gnn import NoteGNN
from musebench.models.onset_context import OnsetContext


@register_model("onset-gnn")
class OnsetGNN(Encoder):
    """Embed each note from its neighbours in the graph, and from its onset in the sequence.

    The embeddings of NoteGNN are pooled over what sounds at each onset, see ``OnsetContext``; a
    layer joins a note with its onset.

    Source:
        Ours. The order of graph, onsets and recurrent network is that of Karystinaios and Widmer,
        "Roman Numeral Analysis with Graph Neural Networks: Onset-wise Predictions from Note-wise
        Features", ISMIR 2023.
    """

    notes: ClassVar[type[Encoder]] = NoteGNN
    context: ClassVar[type[nn.Module]] = OnsetContext
    # Two layers: the LSTM sees what is farther away.
    settings: ClassVar = {"num_layers": 2, "dropout": 0.2, "weight_decay": 0.003}

    def __init__(
        self, num_features: Sizes, hidden: int, num_layers: int, dropout: float, *graph: Any
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        self.near = self.notes(num_features, hidden, num_layers, dropout, *graph)
        self.onsets = self.context(num_features["note"], hidden, dropout)
        self.join = nn.Linear(2 * hidden, hidden)

    @classmethod
    def num_hops(cls, num_layers: int) -> int:
        """Number of hops along edges that an embedding depends on."""
        return cls.notes.num_hops(num_layers)

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``.

        Raises:
            InputError: If the times of the notes are not given.
        """
        note, divs_pq = given.note, given.divs_pq
        if note is None or divs_pq is None:
            msg = "this model reads the onsets of the notes; pass note= and divs_pq= of the graph."
            raise InputError(msg)
        near = self.near.encode(given)
        if not len(near):
            return near
        far, group = self.onsets(near, given.x, note, divs_pq)
        joined: Tensor = self.join(torch.cat([near, far[group]], dim=1))
        embedding: Tensor = far[group] + torch.relu(joined)
        return embedding
