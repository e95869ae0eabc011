"""MetricalGNN: a graph model over notes, beats and measures."""

from typing import ClassVar

from musebench.graph import EDGE_TYPES, NODE_TYPES, EdgeType
from musebench.models.encoder import register_model
from musebench.models.residual_gnn import ResidualGNN


@register_model("metrical-gnn")
class MetricalGNN(ResidualGNN):
    """Embed each note from its neighbours in time and in the metre; see ``ResidualGNN``.

    For a score without measures it works as NoteGNN does.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024. Differs: relations are summed, and reverse relations are separate; layers are residual
        with layer normalisation; no perceptron before the heads; only spellings that sound like the
        note are predicted; beats and measures have their own features.
    """

    node_types: ClassVar[tuple[str, ...]] = NODE_TYPES
    edge_types: ClassVar[tuple[EdgeType, ...]] = EDGE_TYPES
    metrical: ClassVar[bool] = True
