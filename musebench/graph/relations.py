"""The types of nodes and edges, and the relations between notes by name."""

from collections.abc import Iterable

from musebench.errors import InputError

EdgeType = tuple[str, str, str]

RELATIONS = ("onset", "consecutive", "during", "rest")
NODE_TYPES = ("note", "beat", "measure")


def _with_reverse(relation: str) -> tuple[EdgeType, ...]:
    names = (relation,) if relation == "onset" else (relation, f"{relation}_rev")
    return tuple(("note", name, "note") for name in names)


NOTE_EDGE_TYPES: tuple[EdgeType, ...] = tuple(
    edge_type for relation in RELATIONS for edge_type in _with_reverse(relation)
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


def check_relations(relations: Iterable[str] | None) -> tuple[str, ...]:
    """Return relations between notes in the order of ``RELATIONS``, each once.

    Args:
        relations: Names of relations; their reverses are included. None: all.

    Raises:
        InputError: If a name is unknown.
    """
    names = RELATIONS if relations is None else relations
    wanted = [names] if isinstance(names, str) else list(names)
    if isinstance(names, str) or not set(RELATIONS).issuperset(wanted):
        msg = (
            f"relations is {relations!r}; accepted are names among {RELATIONS} in a list or tuple, "
            "each of which includes its reverse."
        )
        raise InputError(msg)
    return tuple(relation for relation in RELATIONS if relation in wanted)


def edge_types_of(relations: Iterable[str], *, metrical: bool = True) -> tuple[EdgeType, ...]:
    """Return the edge types of these relations, in the order of ``EDGE_TYPES``.

    Args:
        relations: Names of relations between notes.
        metrical: Whether the edges of beats and measures are included.
    """
    of_notes = [edge_type for relation in relations for edge_type in _with_reverse(relation)]
    return tuple(e for e in EDGE_TYPES if e in of_notes or (metrical and e in METRICAL_EDGE_TYPES))


def relations_among(edge_types: Iterable[EdgeType]) -> tuple[str, ...]:
    """Return the relations of which every edge type, the reverse included, is among these."""
    found = set(edge_types)
    return tuple(relation for relation in RELATIONS if found.issuperset(_with_reverse(relation)))
