"""NoteGNN: GraphSAGE over the relations between notes."""

import torch
from torch import Tensor, nn
from torch_geometric.nn import HeteroConv, SAGEConv

from musebench.graph import NOTE_EDGE_TYPES, EdgeType


class NoteGNN(nn.Module):
    """Embed each note from its neighbours in time.

    Each layer averages the neighbours of each relation, maps every average by its own matrix and
    adds them to the note's own.

    Args:
        num_features: Number of note features.
        hidden: Size of the embedding and of every layer.
        num_layers: Number of hops.
        dropout: Share of a layer's outputs set to 0 in training.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024: the model on note nodes alone. Differs: reverse relations are relations of their own,
        layers are residual with layer normalisation, heads see the sounding pitch.
    """

    def __init__(self, num_features: int, hidden: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        self.embed = nn.Linear(num_features, hidden)
        self.own = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(num_layers))
        self.neighbours = nn.ModuleList(
            HeteroConv({edge_type: _mean_of_neighbours(hidden) for edge_type in NOTE_EDGE_TYPES})
            for _ in range(num_layers)
        )
        self.norm = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(num_layers))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_dict: dict[str, Tensor], edge_index_dict: dict[EdgeType, Tensor]) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``."""
        edges = {edge_type: edge_index_dict[edge_type] for edge_type in NOTE_EDGE_TYPES}
        h = torch.relu(self.embed(x_dict["note"]))
        for own, neighbours, norm in zip(self.own, self.neighbours, self.norm, strict=True):
            message = own(h) + neighbours({"note": h}, edges)["note"]
            h = norm(h + self.dropout(torch.relu(message)))
        return h


def _mean_of_neighbours(hidden: int) -> SAGEConv:
    # The note's own part is mapped once a layer, not once a relation.
    return SAGEConv(hidden, hidden, aggr="mean", root_weight=False, bias=False)
