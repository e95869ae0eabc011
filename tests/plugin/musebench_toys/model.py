"""A learned model: each note by itself, and the mean of the notes that start with it."""

import torch
from torch import nn
from torch_geometric.utils import scatter

from musebench.models import Encoder, register_model


@register_model("toy-chords")
class ToyChords(Encoder):
    """Embeds each note beside the mean of its onset group."""

    def __init__(self, num_features, hidden, num_layers, dropout, *graph_options):
        super().__init__(num_features, hidden, num_layers, dropout, *graph_options)
        self.embed = nn.Linear(num_features["note"], hidden)
        self.join = nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_dict, edge_index_dict, *by_hop, note=None, divs_pq=None):
        """Return the note embeddings, shape ``(num_notes, hidden)``."""
        num_notes = by_hop[0]["note"][0] if by_hop else len(x_dict["note"])
        own = torch.relu(self.embed(x_dict["note"][:num_notes]))
        group = note.onset_index[:num_notes]
        if "batch" in note:  # onsets are counted in each score of a mini-batch
            group = group + note.batch[:num_notes] * (int(group.max()) + 1)
        chord = scatter(own, group, dim=0, reduce="mean")[group]
        return self.dropout(torch.relu(self.join(torch.cat([own, chord], dim=1))))
