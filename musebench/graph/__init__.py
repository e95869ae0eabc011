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

from musebench.graph.build import GRAPH_VERSION as GRAPH_VERSION
from musebench.graph.build import build_graph as build_graph
from musebench.graph.build import build_task_graph as build_task_graph
from musebench.graph.candidates import candidate_pairs as candidate_pairs
from musebench.graph.candidates import pairs_of_notes as pairs_of_notes
from musebench.graph.edges import DEFAULT_MAX_EDGES as DEFAULT_MAX_EDGES
from musebench.graph.edges import difference_from_notes as difference_from_notes
from musebench.graph.edges import edges_of_times as edges_of_times
from musebench.graph.relations import EDGE_TYPES as EDGE_TYPES
from musebench.graph.relations import METRICAL_EDGE_TYPES as METRICAL_EDGE_TYPES
from musebench.graph.relations import NODE_TYPES as NODE_TYPES
from musebench.graph.relations import NOTE_EDGE_TYPES as NOTE_EDGE_TYPES
from musebench.graph.relations import RELATIONS as RELATIONS
from musebench.graph.relations import EdgeType as EdgeType
from musebench.graph.relations import check_relations as check_relations
from musebench.graph.relations import edge_types_of as edge_types_of
from musebench.graph.relations import relations_among as relations_among
from musebench.graph.score_graph import DERIVED_FIELDS as DERIVED_FIELDS
from musebench.graph.score_graph import GRAPH_LABELS as GRAPH_LABELS
from musebench.graph.score_graph import ONSET_LABELS as ONSET_LABELS
from musebench.graph.score_graph import ScoreGraph as ScoreGraph
from musebench.graph.score_graph import is_link_label as is_link_label
from musebench.graph.score_graph import with_derived_fields as with_derived_fields
