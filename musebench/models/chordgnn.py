"""ChordGNN: a graph model over notes, contracted to onsets, and a recurrent network over them."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage
from torch_geometric.utils import scatter

from musebench.models.encoder import register_model
from musebench.models.onset_context import find_onsets
from musebench.models.onset_gnn import OnsetGNN
from musebench.models.score_sequence import ScoreRNN

NUM_RECURRENT_LAYERS = 2


class ContractedOnsets(nn.Module):
    """Embed each onset by the mean of the notes that start there, then by a GRU over the onsets.

    Contracting the onset edges leaves one note per onset, the mean of all.

    Args:
        num_features: Number of features of a note; they are read by the graph model alone.
        hidden: Size of the embeddings.
        dropout: Dropout probability in training.
    """

    def __init__(self, num_features: int, hidden: int, dropout: float) -> None:  # noqa: ARG002
        super().__init__()
        self.pool = nn.Linear(hidden, hidden)
        half = hidden // 2
        self.project = nn.Sequential(
            nn.Linear(hidden, hidden), nn.ReLU(), nn.LayerNorm(hidden),
            nn.Linear(hidden, half), nn.ReLU(), nn.LayerNorm(half),
        )  # fmt: skip
        self.sequence = ScoreRNN(half, hidden, NUM_RECURRENT_LAYERS, dropout)
        self.norm = nn.LayerNorm(hidden)

    def forward(
        self,
        h: Tensor,
        x: Tensor,  # noqa: ARG002
        note: NodeStorage,
        divs_pq: Tensor | int,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor]:
        """Embed the onset groups of the first notes; see ``OnsetContext.forward``."""
        onsets = find_onsets(note, len(h))
        pooled = scatter(self.pool(torch.relu(h)), onsets.group, reduce="mean")
        return self.norm(self.sequence(self.project(pooled), onsets.lengths)), onsets.group


@register_model("chordgnn")
class ChordGNN(OnsetGNN):
    """Embed each note by NoteGNN and from its onset among the onsets of the score.

    Source:
        Karystinaios and Widmer, "Roman Numeral Analysis with Graph Neural Networks: Onset-wise
        Predictions from Note-wise Features", ISMIR 2023: GraphSAGE, contraction of onset edges, two
        layers, two layers of GRU, perceptrons as heads. Differs: NoteGNN's residual layers; our
        note features, without spelling; layer instead of batch normalisation; a layer joins a note
        with its onset, so that heads of notes work, too; heads of harmony are decoded along paths
        of keys and chords instead of by an LSTM trained afterwards; losses have equal weights.
    """

    context: ClassVar[type[nn.Module]] = ContractedOnsets
    settings: ClassVar = {"num_layers": 2, "dropout": 0.5}
