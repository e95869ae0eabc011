"""MeasureGNN: a graph model over notes and measures."""

from typing import ClassVar

from musebench.graph import EDGE_TYPES, EdgeType
from musebench.models.encoder import register_model
from musebench.models.residual_gnn import ResidualGNN


@register_model("measure-gnn")
class MeasureGNN(ResidualGNN):
    """Embed each note from its neighbours in time and by measures; see ``ResidualGNN``.

    For a score without measures it works as NoteGNN does.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024. Differs: relations are summed, and reverse relations are separate; layers are residual
        with layer normalisation; no perceptron before the heads; only spellings that sound like the
        note are predicted; measures have their own features.
    """

    node_types: ClassVar[tuple[str, ...]] = ("note", "measure")
    edge_types: ClassVar[tuple[EdgeType, ...]] = tuple(e for e in EDGE_TYPES if "beat" not in e)
    metrical: ClassVar[bool] = True
