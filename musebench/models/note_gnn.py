"""NoteGNN: a graph model over the relations between notes."""

from typing import ClassVar

from musebench.graph import NOTE_EDGE_TYPES, EdgeType
from musebench.models.encoder import register_model
from musebench.models.residual_gnn import ResidualGNN


@register_model("note-gnn")
class NoteGNN(ResidualGNN):
    """Embed each note from its neighbours in time; see ``ResidualGNN``.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024: the model on note nodes alone. Differs: relations are summed, and reverse relations
        are separate; layers are residual with layer normalisation; no perceptron before the heads;
        only spellings that sound like the note are predicted.
    """

    node_types: ClassVar[tuple[str, ...]] = ("note",)
    edge_types: ClassVar[tuple[EdgeType, ...]] = NOTE_EDGE_TYPES
