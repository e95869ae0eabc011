"""The graph of a note table."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data.storage import EdgeStorage, NodeStorage

from musebench.annotations import window_div
from musebench.errors import InputError
from musebench.features import GROUP_COLUMNS, beat_features, measure_features, note_features
from musebench.graph.edges import DEFAULT_MAX_EDGES, edges_of_times
from musebench.graph.relations import EdgeType, check_relations, edge_types_of
from musebench.graph.score_graph import (
    DERIVED_FIELDS,
    ONSET_LABELS,
    ScoreGraph,
    is_link_label,
    with_derived_fields,
)
from musebench.score import NoteTable
from musebench.tasks import Task

GRAPH_VERSION = "3"  # raise it when the graph of a note table changes

NUMBERS = "biuf"  # kinds of numpy's types
RESERVED = {"divs_pq", "batch", "ptr", *DERIVED_FIELDS}


def build_graph(
    notes: NoteTable,
    inputs: Iterable[str] | None = None,
    labels: Mapping[str, NDArray[Any]] | None = None,
    *,
    other_labels: Mapping[str, NDArray[Any]] | None = None,
    relations: Iterable[str] | None = None,
    edges: bool = True,
    max_edges: int = DEFAULT_MAX_EDGES,
    **attributes: str,
) -> ScoreGraph:
    """Build the graph of a score.

    Args:
        notes: A note table.
        inputs: Groups of note features, see ``musebench.features``.
        labels: Name of the field -> label of each note, for example ``{"y": ...}``.
        other_labels: Name of the field -> labels that do not belong to notes: one per onset group
            if the name begins with ``onset_y``, else one for the graph.
        relations: Relations between notes, each with its reverse; None for all of ``RELATIONS``.
        edges: Whether to compute the edges and the fields that depend on them; False is for users
            who sample edges themselves, as the loader does.
        max_edges: Refuse a score with more edges between notes, not counting reverses, before any
            is computed.
        attributes: Strings to store in the graph, for example its ``piece_id``.

    Returns:
        ``note``: ``x`` (num_notes, num_features) float32, ``pitch``, ``onset_div``,
        ``duration_div`` and ``onset_index`` (num_notes,) int64, and the labels; ``beat`` and
        ``measure``: ``x`` float32 and ``start_div`` int64; ``edge_index`` (2, num_edges) int64 of
        every edge type of the relations, and of beats and measures; ``divs_pq`` (1,) int64. The
        columns share memory with the note table, and the edges of a relation with its reverse.

    Raises:
        InputError: If ``notes`` is not a note table, no inputs are given, an input or relation is
            unknown, the score has more than ``max_edges`` edges, or labels are not numbers, one
            per note (per onset group, or one for the graph).
    """
    _check_notes_and_inputs(notes, inputs)
    edge_types = edge_types_of(check_relations(relations))
    beats, measures = notes.beat_table(), notes.measures
    of_measures = measure_features(measures, notes.divs_pq)
    nodes: dict[str, dict[str, NDArray[Any]]] = {
        "note": {
            "x": note_features(notes, inputs or ()),
            "pitch": notes.pitch,
            "onset_div": notes.onset_div,
            "duration_div": notes.duration_div,
            "onset_index": notes.onset_index,
        },
        "beat": {"x": beat_features(beats, measures, of_measures), "start_div": beats.start_div},
        "measure": {"x": of_measures, "start_div": measures.start_div},
    }
    nodes["note"] |= _checked_labels(labels or {}, notes, taken=nodes["note"])
    other = _checked_labels(other_labels or {}, notes, of_notes=False, taken=attributes)
    whole = {"divs_pq": torch.tensor([notes.divs_pq]), **attributes}
    graph: ScoreGraph = ScoreGraph.from_dict({"_global_store": whole | _tensors(other)})
    for node_type, columns in nodes.items():
        storage = _storage(NodeStorage, graph, node_type, _tensors(columns))
        graph._node_store_dict[node_type] = storage
    return _with_edges(graph, edge_types, max_edges) if edges else graph


def _with_edges(graph: ScoreGraph, edge_types: Iterable[EdgeType], max_edges: int) -> ScoreGraph:
    """Add the edges of these types, and the derived fields of a graph."""
    note, starts = graph["note"], [graph[name].start_div for name in ("beat", "measure")]
    times = [column.numpy() for column in (note.onset_div, note.duration_div, *starts)]
    edges = edges_of_times(times, max_edges)
    for edge_type in edge_types:
        storage = _storage(EdgeStorage, graph, edge_type, {"edge_index": edges[edge_type]})
        graph._edge_store_dict[edge_type] = storage
    return with_derived_fields(graph)


def build_task_graph(
    notes: NoteTable,
    task: Task,
    labels: Mapping[str, NDArray[Any]] | None = None,
    *,
    relations: Iterable[str] | None = None,
    edges: bool = True,
    max_edges: int = DEFAULT_MAX_EDGES,
    **attributes: str,
) -> ScoreGraph:
    """Build the graph of a score for a task: ``build_graph`` with the inputs of its models.

    Graphs of a link task contain ``window_div`` and the candidate pairs derived from it.

    Args:
        notes: A note table.
        task: The task.
        labels: Head -> label of each note of ``task.nodes(notes)``, onset group or of the graph;
            None if unknown.
        relations: As in ``build_graph``.
        edges: As in ``build_graph``.
        max_edges: As in ``build_graph``.
        attributes: Strings to store in the graph.

    Raises:
        InputError: As in ``build_graph``.
    """
    notes = task.nodes(notes)
    fields = {task.label_field(head): found for head, found in (labels or {}).items()}
    of_notes = fields if task.unit == "note" else {}
    if task.kind == "link":
        of_notes = of_notes | {"window_div": window_div(notes)}
    return build_graph(
        notes,
        task.inputs,
        of_notes,
        other_labels={} if task.unit == "note" else fields,
        relations=relations,
        edges=edges,
        max_edges=max_edges,
        **attributes,
    )


def _check_notes_and_inputs(notes: Any, inputs: Iterable[str] | None) -> None:
    if isinstance(notes, str | Path):
        msg = (
            f"notes is a path; read the score first: build_graph(read_score({str(notes)!r}), ...)."
        )
        raise InputError(msg)
    if not isinstance(notes, NoteTable):
        msg = f"notes is a {type(notes).__name__}; it must be a NoteTable, as read_score returns."
        raise InputError(msg)
    if inputs is None or isinstance(inputs, str):
        msg = (
            f"inputs is {inputs!r}; it must be a list of groups of note features from "
            f"{', '.join(GROUP_COLUMNS)}, such as ['pitch', 'duration']."
        )
        raise InputError(msg)


def _checked_labels(
    labels: Mapping[str, Any],
    notes: NoteTable,
    taken: Iterable[str],
    *,
    of_notes: bool = True,
) -> dict[str, NDArray[Any]]:
    """Labels as arrays, one per note (onset group, graph)."""
    num_notes, checked = len(notes), {name: np.asarray(found) for name, found in labels.items()}
    num_onsets = int(notes.onset_index[-1]) + 1 if num_notes else 0
    for name, values in checked.items():
        size, unit = (num_notes, "notes") if of_notes else (1, "graph")
        if not of_notes and name.startswith(ONSET_LABELS):
            size, unit = num_onsets, "onset groups"
        if values.ndim == 0 or len(values) != size:
            msg = f"labels {name!r} have shape {values.shape}, but there are {size} {unit}."
        elif values.dtype.kind not in NUMBERS:
            msg = f"labels {name!r} have dtype {values.dtype}; they must be integers or floats."
        elif name in taken or name in RESERVED:
            msg = f"{name!r} is the name of another field of the graph; rename these labels."
        elif of_notes and is_link_label(name, labels) and values.max(initial=-1) >= num_notes:
            msg = f"labels {name!r} link to note {values.max()}, but there are {num_notes} notes."
        else:
            continue
        raise InputError(msg)
    return checked


def _storage(kind: Any, graph: ScoreGraph, key: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """A storage of PyG, made as pickle does: its constructor takes several times as long."""
    storage = object.__new__(kind)
    storage.__setstate__({"_mapping": tensors, "_parent": graph, "_key": key})
    return storage


def _tensors(columns: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(col)) for name, col in columns.items()}
