"""The types of nodes and edges, and the relations between notes by name."""

from collections.abc import Iterable

from musebench import _core
from musebench.errors import InputError

EdgeType = tuple[str, str, str]

NODE_TYPES = _core.NODE_TYPES
EDGE_TYPES: tuple[EdgeType, ...] = _core.EDGE_TYPES
NOTE_EDGE_TYPES = tuple(e for e in EDGE_TYPES if e[0] == e[2] == "note")
METRICAL_EDGE_TYPES = tuple(e for e in EDGE_TYPES if e not in NOTE_EDGE_TYPES)
RELATIONS = tuple(name for _, name, _ in NOTE_EDGE_TYPES if not name.endswith("_rev"))


def _with_reverse(relation: str) -> tuple[EdgeType, ...]:
    names = (relation, f"{relation}_rev")
    return tuple(e for e in NOTE_EDGE_TYPES if e[1] in names)


def check_relations(relations: Iterable[str] | None) -> tuple[str, ...]:
    """Return relations between notes in the order of ``RELATIONS``, each once.

    Args:
        relations: Names of relations; their reverses are included. None for all.

    Raises:
        InputError: If a name is unknown.
    """
    names = RELATIONS if relations is None else relations
    wanted = [names] if isinstance(names, str) else list(names)
    if isinstance(names, str) or not set(RELATIONS).issuperset(wanted):
        msg = (
            f"relations is {relations!r}; it must be a list or tuple of names from {RELATIONS}, "
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
    """Return the relations whose edge types, including the reverse, are all among these."""
    found = set(edge_types)
    return tuple(relation for relation in RELATIONS if found.issuperset(_with_reverse(relation)))
