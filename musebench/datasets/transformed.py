"""What a ``pre_transform`` may return."""

from typing import Any

from torch_geometric.data import HeteroData

from musebench.errors import InputError
from musebench.graph import EdgeType, ScoreGraph

Metadata = tuple[list[str], list[EdgeType]]


def check_transformed(graph: Any, piece_id: str, metadata: Metadata | None) -> ScoreGraph:
    """Return a graph that a ``pre_transform`` returned, as a ``ScoreGraph``.

    Args:
        graph: What it returned.
        piece_id: The piece whose graph it was given.
        metadata: Node and edge types of the graphs before; None: this is the first.

    Raises:
        InputError: If it cannot be stored with the others: it is no ``HeteroData``, of another
            piece, without notes, or has other node or edge types.
    """
    if not isinstance(graph, HeteroData):
        msg = (
            f"pre_transform returned a {type(graph).__name__} for piece {piece_id}; it must return "
            "a HeteroData. Give this as transform=, which may return anything."
        )
        raise InputError(msg)
    if "note" not in graph.node_types or "pitch" not in graph["note"]:
        msg = f"pre_transform took the notes, or their pitch, from the graph of piece {piece_id}."
        raise InputError(msg)
    if graph.to_dict()["_global_store"].get("piece_id") != piece_id:
        msg = f"pre_transform changed the piece_id of piece {piece_id}; it must be left as it is."
        raise InputError(msg)
    if empty := [store._key for store in graph.edge_stores if not len(store)]:
        msg = (
            f"pre_transform left the edges {empty[0]} of piece {piece_id} without edge_index; "
            "delete the whole edge type instead."
        )
        raise InputError(msg)
    if metadata is not None and graph.metadata() != metadata:
        msg = (
            f"pre_transform gave piece {piece_id} other node or edge types than the pieces before: "
            f"{graph.metadata()} instead of {metadata}; it must give every piece the same."
        )
        raise InputError(msg)
    return graph if isinstance(graph, ScoreGraph) else ScoreGraph.from_dict(graph.to_dict())
