"""Node attributes and labels of many graphs, end to end."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from musebench.datasets import ScoreGraphDataset
from musebench.errors import InputError

NOT_NODE_ATTRIBUTES = ("num_nodes", "batch", "ptr")
ONSET_LABELS, GRAPH_LABELS = "onset_y", "y"  # how the names of labels that are not of notes begin

Attributes = dict[str, dict[str, torch.Tensor]]
Joined = tuple[Attributes, dict[str, NDArray[np.int64]], list[str | None]]


def join(graphs: Sequence[HeteroData], node_types: Sequence[str]) -> Joined:
    """The node attributes of all graphs end to end.

    Returns:
        Node type -> name -> values; node type -> first node and end of each graph, shape
        ``(num_graphs, 2)``; the piece of each graph.
    """
    if isinstance(graphs, ScoreGraphDataset) and graphs.transform is None:
        return _joined_already(graphs, node_types)
    scores = [graphs[i] for i in range(len(graphs))]
    attributes, node_ranges = {}, {}
    for node_type in node_types:
        names = _attribute_names(scores[0], node_type)
        for i, graph in enumerate(scores):
            if missing := [name for name in names if name not in graph[node_type]]:
                msg = f"graph {i} has no {missing[0]} of its {node_type}s, as graph 0 has."
                raise InputError(msg)
        attributes[node_type] = {
            name: torch.cat([graph[node_type][name] for graph in scores]) for name in names
        }
        ends = np.cumsum([graph[node_type].num_nodes for graph in scores])
        node_ranges[node_type] = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)
    piece_ids = [graph.get("piece_id") if "piece_id" in graph else None for graph in scores]
    return attributes, node_ranges, piece_ids


Labels = tuple[dict[str, torch.Tensor], dict[str, NDArray[np.int64]], torch.Tensor]


def join_labels(graphs: Sequence[HeteroData]) -> Labels:
    """What is known of whole graphs.

    Returns:
        Name of labels of onset groups, or of the graph -> values of all graphs end to end; the same
        name -> where those of each graph begin, shape ``(num_graphs,)``; divisions of a quarter
        note of each graph.
    """
    if isinstance(graphs, ScoreGraphDataset) and graphs.transform is None:
        whole, pieces = graphs._data, np.array(graphs.indices())
        names = _names_of_labels(whole)
        starts = {name: graphs.slices[name].numpy()[pieces] for name in names}
        return {name: whole[name] for name in names}, starts, whole.divs_pq[pieces]
    wholes = [graphs[i] for i in range(len(graphs))]
    columns = {name: [whole[name] for whole in wholes] for name in _names_of_labels(wholes[0])}
    return (
        {name: torch.cat(of_graphs) for name, of_graphs in columns.items()},
        {
            name: np.cumsum([0, *(len(labels) for labels in of_graphs[:-1])])
            for name, of_graphs in columns.items()
        },
        torch.tensor([whole.divs_pq for whole in wholes]),
    )


def _names_of_labels(graph: HeteroData) -> list[str]:
    names = graph._global_store.keys()
    return [name for name in names if name.startswith((ONSET_LABELS, GRAPH_LABELS))]


def _joined_already(dataset: ScoreGraphDataset, node_types: Sequence[str]) -> Joined:
    """The same of a dataset, whose attributes lie end to end in memory or a mapped file."""
    data, pieces = dataset._data, np.array(dataset.indices())
    attributes, node_ranges = {}, {}
    for node_type in node_types:
        names = _attribute_names(data, node_type)
        attributes[node_type] = {name: data[node_type][name] for name in names}
        ends = dataset.slices[node_type]["x"].numpy()
        node_ranges[node_type] = np.stack([ends[pieces], ends[pieces + 1]], axis=1)
    return attributes, node_ranges, [data.piece_id[i] for i in pieces]


def _attribute_names(graph: HeteroData, node_type: str) -> list[str]:
    return [
        name
        for name, value in graph[node_type].items()
        if isinstance(value, torch.Tensor) and name not in NOT_NODE_ATTRIBUTES
    ]
