"""Node attributes and labels of many graphs, concatenated."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.graph import GRAPH_LABELS, ONSET_LABELS, ScoreGraph

NOT_NODE_ATTRIBUTES = ("num_nodes", "batch", "ptr")

Attributes = dict[str, dict[str, torch.Tensor]]
Joined = tuple[Attributes, dict[str, NDArray[np.int64]], list[str | None]]


def join(graphs: Sequence[ScoreGraph], node_types: Sequence[str]) -> Joined:
    """Concatenate the node attributes of all graphs.

    Args:
        graphs: Graphs; their edges are not read.
        node_types: The node types to read.

    Returns:
        Node type -> name -> values; node type -> first node and end of each graph, shape
        ``(num_graphs, 2)``; the piece of each graph.
    """
    attributes, node_ranges = {}, {}
    for node_type in node_types:
        names = _attribute_names(graphs[0], node_type)
        for i, graph in enumerate(graphs):
            _check_like_first(i, graph[node_type], graphs[0][node_type], f" of its {node_type}s")
        attributes[node_type] = {
            name: torch.cat([graph[node_type][name] for graph in graphs]) for name in names
        }
        ends = np.cumsum([graph[node_type].num_nodes for graph in graphs])
        node_ranges[node_type] = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)
    piece_ids = [graph.get("piece_id") if "piece_id" in graph else None for graph in graphs]
    return attributes, node_ranges, piece_ids


Labels = tuple[dict[str, torch.Tensor], dict[str, NDArray[np.int64]], torch.Tensor]


def join_labels(graphs: Sequence[ScoreGraph]) -> Labels:
    """Concatenate the labels of onset groups and of graphs.

    Returns:
        Name of the labels -> values of all graphs; the same name -> where those of each graph
        begin, shape ``(num_graphs,)``; divisions of a quarter note of each graph.
    """
    names = _names_of_labels(graphs[0])
    for i, graph in enumerate(graphs):
        ours, first = ({n: g[n] for n in _names_of_labels(g)} for g in (graph, graphs[0]))
        _check_like_first(i, ours, first, "")
    columns = {name: [graph[name] for graph in graphs] for name in names}
    return (
        {name: torch.cat(of_graphs) for name, of_graphs in columns.items()},
        {
            name: np.cumsum([0, *(len(labels) for labels in of_graphs[:-1])])
            for name, of_graphs in columns.items()
        },
        torch.cat([graph.divs_pq for graph in graphs]),
    )


def _names_of_labels(graph: ScoreGraph) -> list[str]:
    names = graph._global_store.keys()
    return [name for name in names if name.startswith((ONSET_LABELS, GRAPH_LABELS))]


def _attribute_names(graph: ScoreGraph, node_type: str) -> list[str]:
    return list(_tensors(graph[node_type]))


def _tensors(store: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {
        name: value
        for name, value in store.items()
        if isinstance(value, torch.Tensor) and name not in NOT_NODE_ATTRIBUTES
    }


def _check_like_first(
    place: int, store: Mapping[str, Any], first: Mapping[str, Any], where: str
) -> None:
    """Refuse a graph whose attributes differ from graph 0 in name, type or size of a row."""
    ours, theirs = _tensors(store), _tensors(first)
    if missing := sorted(theirs.keys() - ours.keys()):
        msg = f"graph {place} has no {missing[0]}{where}, but graph 0 has."
        raise InputError(msg)
    if others := sorted(ours.keys() - theirs.keys()):
        msg = f"graph {place} has {others[0]}{where}, but graph 0 does not."
        raise InputError(msg)
    for name, values in ours.items():
        rows = [(str(v.dtype), tuple(v.shape[1:])) for v in (values, theirs[name])]
        if rows[0] != rows[1]:
            msg = (
                f"{name}{where} has rows of type and shape {rows[0]} in graph {place}, and "
                f"{rows[1]} in graph 0; they must be the same."
            )
            raise InputError(msg)
