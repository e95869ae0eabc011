"""A learned model: each note by itself, and the mean of the notes that start with it."""

import torch
from torch import nn
from torch_geometric.utils import scatter

from musebench.models import Encoder, register_model


@register_model("toy-chords")
class ToyChords(Encoder):
    """Embeds each note beside the mean of its onset group."""

    def __init__(self, num_features, hidden, num_layers, dropout, *graph):
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        self.first = nn.Linear(num_features["note"], hidden)
        self.join = nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def encode(self, given):
        """Return the note embeddings, shape ``(num_notes, hidden)``."""
        own = torch.relu(self.first(given.x))
        group = given.note.onset_index[: given.num_notes]
        if "batch" in given.note:  # onsets are counted in each score of a mini-batch
            group = group + given.note.batch[: given.num_notes] * (int(group.max()) + 1)
        chord = scatter(own, group, dim=0, reduce="mean")[group]
        return self.dropout(torch.relu(self.join(torch.cat([own, chord], dim=1))))
