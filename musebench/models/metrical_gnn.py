"""MetricalGNN: a graph model over notes, beats and measures."""

from typing import ClassVar

from musebench.graph import EDGE_TYPES, NODE_TYPES, EdgeType
from musebench.models.encoder import register_model
from musebench.models.residual_gnn import ResidualGNN


@register_model("metrical-gnn")
class MetricalGNN(ResidualGNN):
    """Embed each note from its neighbours in time and in the metre; see ``ResidualGNN``.

    A score may be without measures; then it does what NoteGNN does.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024. Differs: relations are summed, and reverse ones are of their own; layers are residual
        with layer normalisation; no perceptron before the heads; a spelling sounds as its note;
        beats and measures have features of their own.
    """

    node_types: ClassVar[tuple[str, ...]] = NODE_TYPES
    edge_types: ClassVar[tuple[EdgeType, ...]] = EDGE_TYPES
    metrical: ClassVar[bool] = True
