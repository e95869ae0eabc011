"""Check the graphs given to a loader: can it sample their edges?

The sampler computes edges from the times of notes, beats and measures. So graphs with other edges
are refused: a batch must have exactly the edges of the graphs.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch_geometric.data import HeteroData

from musebench.datasets import ScoreGraphDataset
from musebench.errors import InputError
from musebench.graph import (
    EDGE_TYPES,
    METRICAL_EDGE_TYPES,
    NODE_TYPES,
    EdgeType,
    ScoreGraph,
    check_relations,
    difference_from_notes,
    edge_types_of,
    relations_among,
)

WHAT_TO_DO = (
    "The loader samples the edges that the times of the notes define. To leave out relations, name "
    "those to keep, relations=('onset', ...), in the dataset or the loader. To change edges in "
    "another way, pass a transform= to the loader, which is applied to each batch, or use PyG's "
    "DataLoader."
)


def graphs_given(graphs: Any) -> Sequence[ScoreGraph]:
    """Return the graphs to sample from, or a dataset without a transform.

    Args:
        graphs: A dataset, a subset of one, or a list of graphs. A dataset's transform is applied.

    Raises:
        InputError: If it is none of these, or empty.
    """
    if isinstance(graphs, HeteroData):
        msg = "graphs is one graph; put it in a list: MuseNeighborLoader([graph])."
        raise InputError(msg)
    is_sequence = hasattr(graphs, "__len__") and hasattr(graphs, "__getitem__")
    if isinstance(graphs, str | Mapping) or not is_sequence:
        msg = (
            f"graphs is a {type(graphs).__name__}; it must be a musebench dataset, a subset of "
            "one, or a list of graphs from build_graph."
        )
        raise InputError(msg)
    if not len(graphs):
        msg = "there are no graphs to sample from."
        raise InputError(msg)
    if isinstance(graphs, ScoreGraphDataset) and graphs.transform is None:
        return graphs
    return [graphs[i] for i in range(len(graphs))]  # once: a transform may draw at random


def relations_given(
    graphs: Sequence[ScoreGraph], relations: Iterable[str] | None, *, metrical: bool
) -> tuple[str, ...]:
    """Return the relations that are sampled.

    Args:
        graphs: The result of ``graphs_given``.
        relations: Names of relations; None for all that the graphs have.
        metrical: Whether beats and measures are sampled, too.

    Raises:
        InputError: If a graph is not a ``ScoreGraph``, lacks nodes or edges to sample, has nodes or
            edges that the loader cannot sample, or differs from the first graph in them.
    """
    whole = isinstance(graphs, ScoreGraphDataset) and graphs.pre_transform is None
    found = _relations_of(graphs[0], 0, metrical=metrical)
    for i in range(0 if whole else len(graphs)):
        graph = graphs[i]
        if (own := _relations_of(graph, i, metrical=metrical)) != found:
            _refuse(graph, i, f"has the relations {own}, and graph 0 has {found}")
        if difference := difference_from_notes(graph):
            _refuse(graph, i, f"cannot be sampled: {difference}")
    if relations is None:
        return found
    wanted = check_relations(relations)
    if missing := [relation for relation in wanted if relation not in found]:
        msg = f"the graphs do not have the relations {missing}; they have {list(found)}."
        raise InputError(msg)
    return wanted


def _relations_of(graph: Any, place: int, *, metrical: bool) -> tuple[str, ...]:
    """Relations between the notes of a graph; refuses nodes and edges that cannot be sampled."""
    if not isinstance(graph, ScoreGraph):
        msg = (
            f"graph {place} is a {type(graph).__name__}; it must be a ScoreGraph from build_graph "
            f"or a dataset. {WHAT_TO_DO}"
        )
        raise InputError(msg)
    types: list[str | EdgeType] = [*graph.node_types, *graph.edge_types]
    found = relations_among(graph.edge_types)
    known = {*NODE_TYPES, *METRICAL_EDGE_TYPES, *edge_types_of(found)}
    wanted: set[str | EdgeType] = {"note"}
    if metrical:
        wanted |= {*NODE_TYPES, *METRICAL_EDGE_TYPES}
    for kind in types:
        if kind not in known:
            half = " without the reverse" if kind in EDGE_TYPES else ""
            _refuse(graph, place, f"has {_named(kind)}{half}, which cannot be sampled")
    if missing := sorted(wanted.difference(types), key=str):
        advice = "" if "note" in missing else "; metrical=False leaves out beats and measures"
        _refuse(graph, place, f"has no {_named(missing[0])}{advice}")
    return found


def _named(kind: str | EdgeType) -> str:
    return f"nodes of type {kind!r}" if isinstance(kind, str) else f"edges of type {kind}"


def _refuse(graph: ScoreGraph, place: int, what: str) -> None:
    piece = f" ({graph.piece_id})" if "piece_id" in graph._global_store else ""
    msg = f"graph {place}{piece} {what}. {WHAT_TO_DO}"
    raise InputError(msg)
