"""GRAPH: a note table becomes a ``ScoreGraph``, a ``HeteroData`` of PyTorch Geometric.

Conventions:
    Node types are ``note``, ``beat`` and ``measure``. The relations of ``RELATIONS`` connect notes,
    forward in time (``onset`` in both directions); each except ``onset`` has a reverse,
    ``<relation>_rev``. A note ``connects`` to the beat and the measure in which it starts, and
    they to it; ``next`` leads from beat to beat and from measure to measure. Notes keep the order
    of the note table.
    An index in a graph or batch points into that graph or batch; negative labels (none, hidden,
    ignored) are not indices and never change.
"""

from musebench.graph.build import GRAPH_VERSION, build_graph, build_task_graph
from musebench.graph.candidates import candidate_pairs, pairs_of_notes
from musebench.graph.edges import DEFAULT_MAX_EDGES, difference_from_notes, edges_of_times
from musebench.graph.relations import (
    EDGE_TYPES,
    METRICAL_EDGE_TYPES,
    NODE_TYPES,
    NOTE_EDGE_TYPES,
    RELATIONS,
    EdgeType,
    check_relations,
    edge_types_of,
    relations_among,
)
from musebench.graph.score_graph import (
    DERIVED_FIELDS,
    GRAPH_LABELS,
    ONSET_LABELS,
    ScoreGraph,
    is_link_label,
    with_derived_fields,
)

__all__ = [
    "DEFAULT_MAX_EDGES",
    "DERIVED_FIELDS",
    "EDGE_TYPES",
    "GRAPH_LABELS",
    "GRAPH_VERSION",
    "METRICAL_EDGE_TYPES",
    "NODE_TYPES",
    "NOTE_EDGE_TYPES",
    "ONSET_LABELS",
    "RELATIONS",
    "EdgeType",
    "ScoreGraph",
    "build_graph",
    "build_task_graph",
    "candidate_pairs",
    "check_relations",
    "difference_from_notes",
    "edge_types_of",
    "edges_of_times",
    "is_link_label",
    "pairs_of_notes",
    "relations_among",
    "with_derived_fields",
]
