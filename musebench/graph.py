"""GRAPH: a note table becomes a PyTorch Geometric ``HeteroData``.

Conventions:
    Node types ``note``, ``beat``, ``measure``. The relations of ``RELATIONS`` connect notes,
    forward in time (``onset`` in both directions); each but ``onset`` has a reverse,
    ``<relation>_rev``. A note ``connects`` to the beat and the measure in which it starts, and
    they to it; ``next`` leads from beat to beat and from measure to measure. Notes keep the order
    of the note table.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData
from torch_geometric.data.storage import EdgeStorage, NodeStorage

from musebench import _core
from musebench.annotations import CANDIDATE_GROUPS, CANDIDATE_MEASURES, window_div
from musebench.features import beat_features, measure_features, note_features
from musebench.score import NoteTable
from musebench.tasks import Task

GRAPH_VERSION = "2"  # raise it when the same note table gives another graph

EdgeType = tuple[str, str, str]

DEFAULT_MAX_EDGES = _core.DEFAULT_MAX_EDGES
NODE_TYPES = _core.NODE_TYPES
EDGE_TYPES: tuple[EdgeType, ...] = _core.EDGE_TYPES
NOTE_EDGE_TYPES = tuple(e for e in EDGE_TYPES if e[0] == e[2] == "note")
METRICAL_EDGE_TYPES = tuple(e for e in EDGE_TYPES if e not in NOTE_EDGE_TYPES)
RELATIONS = tuple(name for _, name, _ in NOTE_EDGE_TYPES if not name.endswith("_rev"))


def build_graph(
    notes: NoteTable,
    inputs: Iterable[str],
    labels: Mapping[str, NDArray[Any]] | None = None,
    *,
    other_labels: Mapping[str, NDArray[Any]] | None = None,
    max_edges: int = DEFAULT_MAX_EDGES,
    **attributes: str,
) -> HeteroData:
    """Build the graph of a score.

    Args:
        notes: A note table.
        inputs: Groups of note features, see ``musebench.features``.
        labels: Name of the field -> label of each note, for example ``{"y": ...}``.
        other_labels: Name of the field -> labels that are not those of notes: of each onset group,
            or of the graph, for example ``{"onset_y": ...}``.
        max_edges: Refuse a score with more edges between notes, reverses not counted, before any
            is made.
        attributes: Strings to keep in the graph, for example its ``piece_id``.

    Returns:
        ``note``: ``x`` (num_notes, num_features) float32, ``pitch``, ``onset_div``,
        ``duration_div`` and ``onset_index`` (num_notes,) int64, and the labels; ``beat`` and
        ``measure``: ``x`` float32 and ``start_div`` int64; ``edge_index`` (2, num_edges) int64 of
        every type in ``EDGE_TYPES``; ``divs_pq``. Memory is shared: that of the note table by the
        columns taken from it, and that of a relation's edges by its reverse.

    Raises:
        InputError: If the score has more than ``max_edges`` edges, or an input is unknown.
    """
    beats, measures = notes.beat_table(), notes.measures
    times = (notes.onset_div, notes.duration_div, beats.start_div, measures.start_div)
    edges = _core.graph_edges(*map(np.ascontiguousarray, times), max_edges=max_edges)
    of_measures = measure_features(measures, notes.divs_pq)
    nodes: dict[str, dict[str, NDArray[Any]]] = {
        "note": {
            "x": note_features(notes, inputs),
            "pitch": notes.pitch,
            "onset_div": notes.onset_div,
            "duration_div": notes.duration_div,
            "onset_index": notes.onset_index,
            **(labels or {}),
        },
        "beat": {
            "x": beat_features(beats, measures, of_measures),
            "start_div": beats.start_div,
        },
        "measure": {"x": of_measures, "start_div": measures.start_div},
    }
    other = {name: _tensor(column) for name, column in (other_labels or {}).items()}
    whole = {"divs_pq": notes.divs_pq, **attributes, **other}
    graph = HeteroData.from_dict({"_global_store": whole})
    for node_type, columns in nodes.items():
        tensors = {name: _tensor(column) for name, column in columns.items()}
        graph._node_store_dict[node_type] = _storage(NodeStorage, graph, node_type, tensors)
    for edge_type, edge_index in zip(EDGE_TYPES, edges, strict=True):
        tensors = {"edge_index": torch.from_numpy(edge_index)}
        graph._edge_store_dict[edge_type] = _storage(EdgeStorage, graph, edge_type, tensors)
    return graph


def build_task_graph(
    notes: NoteTable,
    task: Task,
    labels: Mapping[str, NDArray[Any]] | None = None,
    *,
    max_edges: int = DEFAULT_MAX_EDGES,
    **attributes: str,
) -> HeteroData:
    """Build the graph of a score as a task has it: ``build_graph`` with what its models ask for.

    Graphs of a link task hold ``window_div``, of which ``pairs_of_scores`` makes candidates.

    Args:
        notes: A note table.
        task: The task.
        labels: Head -> label of each note, onset group or of the graph; None if they are unknown.
        max_edges: As of ``build_graph``.
        attributes: Strings to keep in the graph.

    Raises:
        InputError: If the score has more than ``max_edges`` edges.
    """
    fields = {task.label_field(head): found for head, found in (labels or {}).items()}
    of_notes = fields if task.unit == "note" else {}
    if task.kind == "link":
        of_notes = of_notes | {"window_div": window_div(notes)}
    other = {} if task.unit == "note" else fields
    return build_graph(
        notes, task.inputs, of_notes, other_labels=other, max_edges=max_edges, **attributes
    )


def candidate_pairs(
    notes: NoteTable,
    *,
    max_groups: int = CANDIDATE_GROUPS,
    max_measures: int = CANDIDATE_MEASURES,
    max_pairs: int = DEFAULT_MAX_EDGES,
) -> torch.Tensor:
    """Pair each note with those that may be the next of its voice.

    Args:
        notes: A note table; only onset, duration and time signature are looked at.
        max_groups: The second note starts in one of the first so many onset groups that start
            after the first note starts and not before it ends,
        max_measures: or so many measures of the first note's time signature after its end at most.
        max_pairs: Refuse a score with more pairs, before any is made.

    Returns:
        First and second note of each pair, sorted. Shape ``(2, num_pairs)``, int64.

    Raises:
        InputError: If a limit is negative, or the score has more than ``max_pairs`` pairs.
    """
    columns = (notes.onset_div, notes.duration_div, window_div(notes, max_measures))
    times = map(np.ascontiguousarray, columns)
    return torch.from_numpy(
        _core.candidate_pairs(*times, max_groups=max_groups, max_pairs=max_pairs)
    )


def pairs_of_scores(data: HeteroData, num_notes: int) -> torch.Tensor:
    """Pair each of the first notes with those that may be the next of its voice.

    Args:
        data: The graph of a score for a link task, or a mini-batch of them; then only its targets
            are paired, those of each score among themselves.
        num_notes: How many notes are paired: all of a graph, the targets of a mini-batch.

    Returns:
        First and second note of each pair, sorted. Shape ``(2, num_pairs)``, int64.
    """
    note = data["note"]
    ends = data.target_ptr.tolist() if "target_ptr" in data else [0, num_notes]
    columns = [note[name].cpu().numpy() for name in ("onset_div", "duration_div", "window_div")]
    pairs = [
        begin
        + _core.candidate_pairs(
            *(column[begin:end] for column in columns),
            max_groups=CANDIDATE_GROUPS,
            max_pairs=DEFAULT_MAX_EDGES,
        )
        for begin, end in pairwise(ends)
    ]
    return torch.from_numpy(np.concatenate(pairs, axis=1)).to(note.pitch.device)


def _storage(kind: Any, graph: HeteroData, key: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """A storage of PyG as from a pickle: its constructor takes several times as long."""
    storage = object.__new__(kind)
    storage.__setstate__({"_mapping": tensors, "_parent": graph, "_key": key})
    return storage


def _tensor(column: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(column))
