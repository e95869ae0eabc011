"""piano_svsep: a graph model with a perceptron as the head of staves."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from musebench.models.encoder import register_model
from musebench.models.heads import NoteHeads
from musebench.models.note_gnn import NoteGNN
from musebench.tasks import Task


class PerceptronHeads(NoteHeads):
    """Classes of notes by a layer of their own before the linear map."""

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__(hidden, task)
        self.layer = nn.Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden)

    def pool(self, h: Tensor, data: HeteroData) -> Tensor:  # noqa: ARG002
        """The notes' embeddings after the layer."""
        hidden: Tensor = self.norm(torch.relu(self.layer(h)))
        return hidden


@register_model("piano-svsep")
class PianoSVSep(NoteGNN):
    """Embed each note as NoteGNN does; staves are classified by a perceptron.

    Source:
        Foscarin, Karystinaios, Nakamura and Widmer, "Cluster and Separate: A GNN Approach to Voice
        and Staff Prediction for Score Engraving", ISMIR 2024: three layers of GraphSAGE and the
        head of staves. Differs: that head alone, without those of voices and chords that are
        trained with it; NoteGNN's residual layers; windows instead of whole pieces.
    """

    heads: ClassVar[dict[str, type[nn.Module]]] = {"note": PerceptronHeads}
    settings: ClassVar = {"num_layers": 3}
