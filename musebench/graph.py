"""GRAPH: a note table becomes a PyTorch Geometric ``HeteroData``.

Conventions:
    Node types ``note``, ``beat``, ``measure``. The relations of ``RELATIONS`` connect notes,
    forward in time (``onset`` in both directions); each but ``onset`` has a reverse,
    ``<relation>_rev``. A note ``connects`` to the beat and the measure in which it starts, and
    they to it; ``next`` leads from beat to beat and from measure to measure. Notes keep the order
    of the note table.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from musebench import _core
from musebench.features import beat_features, measure_features, note_features
from musebench.score import NoteTable

GRAPH_VERSION = "1"  # raise it when the same note table gives another graph

EdgeType = tuple[str, str, str]

RELATIONS = ("onset", "consecutive", "during", "rest")
NODE_TYPES = ("note", "beat", "measure")
NOTE_EDGE_TYPES: tuple[EdgeType, ...] = tuple(
    ("note", name, "note")
    for relation in RELATIONS
    for name in ((relation,) if relation == "onset" else (relation, f"{relation}_rev"))
)
METRICAL_EDGE_TYPES: tuple[EdgeType, ...] = tuple(
    edge_type
    for node_type in ("beat", "measure")
    for edge_type in (
        ("note", "connects", node_type),
        (node_type, "connects", "note"),
        (node_type, "next", node_type),
    )
)
EDGE_TYPES = NOTE_EDGE_TYPES + METRICAL_EDGE_TYPES


def build_graph(
    notes: NoteTable,
    inputs: Iterable[str],
    labels: Mapping[str, NDArray[Any]] | None = None,
    **attributes: str,
) -> HeteroData:
    """Build the graph of a score.

    Args:
        notes: A note table.
        inputs: Groups of note features, see ``musebench.features``.
        labels: Name of the field -> label of each note, for example ``{"y": ...}``.
        attributes: Strings to keep in the graph, for example its ``piece_id``.

    Returns:
        ``note``: ``x`` (num_notes, num_features) float32, ``pitch``, ``onset_div``,
        ``duration_div`` and ``onset_index`` (num_notes,) int64, and the labels; ``beat`` and
        ``measure``: ``x`` float32 and ``start_div`` int64; ``edge_index`` (2, num_edges) int64 of
        every type in ``EDGE_TYPES``; ``divs_pq``.

    Raises:
        ValueError: If the score has more edges than the core's ``max_edges``, or an input is
            unknown.
    """
    data = HeteroData()
    data.divs_pq = notes.divs_pq
    for name, value in attributes.items():
        data[name] = value
    data["note"].x = torch.from_numpy(note_features(notes, inputs))
    for name in ("pitch", "onset_div", "duration_div", "onset_index"):
        data["note"][name] = torch.from_numpy(np.ascontiguousarray(getattr(notes, name)))
    for name, label in (labels or {}).items():
        data["note"][name] = torch.from_numpy(label)
    _add_note_edges(data, notes)
    _add_metrical_nodes(data, notes)
    return data


def _add_note_edges(data: HeteroData, notes: NoteTable) -> None:
    onset, duration = (np.ascontiguousarray(c) for c in (notes.onset_div, notes.duration_div))
    edges = _core.score_edges(onset, duration)
    for relation in RELATIONS:
        edge_index = torch.from_numpy(edges[relation])
        data["note", relation, "note"].edge_index = edge_index
        if relation != "onset":
            data["note", f"{relation}_rev", "note"].edge_index = edge_index.flip(0)


def _add_metrical_nodes(data: HeteroData, notes: NoteTable) -> None:
    measures, beats = notes.measures, notes.beat_table()
    data["beat"].x = torch.from_numpy(beat_features(beats, measures))
    data["measure"].x = torch.from_numpy(measure_features(measures, notes.divs_pq))
    onset = np.ascontiguousarray(notes.onset_div)
    for node_type, table in (("beat", beats), ("measure", measures)):
        start_div = np.ascontiguousarray(table.start_div)
        data[node_type].start_div = torch.from_numpy(start_div)
        if len(start_div):
            connects = torch.from_numpy(_core.assign_intervals(onset, start_div))
        else:  # a score without measures
            connects = torch.empty((2, 0), dtype=torch.int64)
        data["note", "connects", node_type].edge_index = connects
        data[node_type, "connects", "note"].edge_index = connects.flip(0)
        following = torch.arange(max(len(start_div) - 1, 0))
        data[node_type, "next", node_type].edge_index = torch.stack([following, following + 1])
