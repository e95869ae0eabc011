"""Notes as a sequence: what the recurrent encoders share."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, unpack_sequence
from torch_geometric.data.storage import NodeStorage


class NoteGRU(nn.Module):
    """A bidirectional GRU over the notes of each score, in the order of the note table.

    Args:
        num_features: Number of features of a note.
        hidden: Size of the embedding, half of it from each direction; even.
        num_layers: Number of layers, one on top of the other.
        dropout: Share of the outputs between two layers set to 0 in training.

    Raises:
        ValueError: If ``hidden`` is odd.
    """

    def __init__(self, num_features: int, hidden: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        if hidden % 2:
            msg = f"hidden is {hidden}; of a model that reads notes both ways it must be even."
            raise ValueError(msg)
        self.gru = nn.GRU(
            num_features,
            hidden // 2,
            num_layers,
            dropout=dropout if num_layers > 1 else 0.0,
            bidirectional=True,
        )

    def forward(self, x: Tensor, note: NodeStorage | None) -> Tensor:
        """Return the embeddings of the notes. Shape ``(num_notes, hidden)``.

        Args:
            x: Features of the notes of a graph, or of the targets of a mini-batch: score after
                score, each in the order of its note table. Shape ``(num_notes, num_features)``.
            note: What the graph holds of its notes, the first of which these are.
        """
        if not len(x):
            return x.new_zeros(0, 2 * self.gru.hidden_size)
        scores = list(torch.split(x, lengths_of_scores(len(x), note)))
        # Packed, no direction reads the padding of a shorter score.
        embedded, _ = self.gru(pack_sequence(scores, enforce_sorted=False))
        return torch.cat(unpack_sequence(embedded))


def lengths_of_scores(num_notes: int, note: NodeStorage | None) -> list[int]:
    """How many of the first notes each score has; scores without any are left out."""
    if note is None or "batch" not in note:
        return [num_notes]
    lengths: list[int] = note.batch[:num_notes].unique_consecutive(return_counts=True)[1].tolist()
    return lengths
