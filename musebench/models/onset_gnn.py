"""OnsetGNN: NoteGNN, then what sounds at each onset, and a sequence over the onsets."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage

from musebench.errors import InputError
from musebench.graph import RELATIONS, EdgeType
from musebench.models.encoder import Encoder, NumByHop, register_model
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
        self,
        num_features: Mapping[str, int],
        hidden: int,
        num_layers: int,
        dropout: float,
        conv: str = "sage",
        relations: Sequence[str] = RELATIONS,
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, conv, relations)
        self.near = self.notes(num_features, hidden, num_layers, dropout, conv, relations)
        self.onsets = self.context(num_features["note"], hidden, dropout)
        self.join = nn.Linear(2 * hidden, hidden)

    @classmethod
    def num_hops(cls, num_layers: int) -> int:
        """Number of hops along edges that an embedding depends on."""
        return cls.notes.num_hops(num_layers)

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
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``.

        Raises:
            InputError: If the times of the notes are not given.
        """
        if note is None or divs_pq is None:
            msg = "this model reads the onsets of the notes; pass note= and divs_pq= of the graph."
            raise InputError(msg)
        by_hop = num_sampled_nodes, num_sampled_edges
        near: Tensor = self.near(x_dict, edge_index_dict, *by_hop, note=note, divs_pq=divs_pq)
        if not len(near):
            return near
        far, group = self.onsets(near, x_dict["note"], note, divs_pq)
        joined: Tensor = self.join(torch.cat([near, far[group]], dim=1))
        embedding: Tensor = far[group] + torch.relu(joined)
        return embedding
