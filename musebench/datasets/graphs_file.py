"""The file of stored graphs: tensors end to end and where each piece starts in them."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch_geometric.data.collate import collate
from torch_geometric.data.separate import separate

from musebench.errors import InputError
from musebench.files import replacing
from musebench.graph import DERIVED_FIELDS, ScoreGraph, with_derived_fields

GRAPHS_FILE = "graphs.safetensors"

Slices = dict[Any, Any]
Name = tuple[Any, ...]  # the type of nodes or edges, if it is of one, and the name of the field


def write_graphs(folder: Path, graphs: Sequence[ScoreGraph]) -> None:
    """Write graphs into a folder, for ``read_graphs``.

    Raises:
        InputError: If a field is neither a tensor, nor numbers and texts.
        OSError: If the disk is full.
    """
    data, slices = join_graphs(graphs)
    tensors = {_key("slices", name): start for name, start in _flat(slices)}
    order: list[tuple[Name, Any]] = []  # the fields, and values that are not tensors
    for name, value in _flat(data.to_dict()):
        if isinstance(value, torch.Tensor):
            tensors[_key("data", name)] = value.clone(memory_format=torch.contiguous_format)
        order.append((name, None if isinstance(value, torch.Tensor) else value))
    with replacing(folder / GRAPHS_FILE) as unfinished:
        unfinished.write_bytes(safetensors.torch.save(tensors, {"fields": _literal(order)}))


def _literal(value: Any) -> str:
    """Python's own text for numbers, texts, tuples, lists and dicts of them."""
    text = repr(value)
    try:
        if ast.literal_eval(text) == value:
            return text
    except (ValueError, SyntaxError):
        pass
    msg = (
        f"fields of stored graphs must be tensors, numbers or texts; there are others: {text[:200]}"
    )
    raise InputError(msg)


def read_graphs(folder: Path) -> tuple[ScoreGraph, Slices]:
    """Read the graphs of a folder, joined as ``InMemoryDataset`` has them."""
    content = (folder / GRAPHS_FILE).read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    tensors = safetensors.torch.load(content)
    data: dict[Any, Any] = {}
    slices: Slices = {}
    for name, value in ast.literal_eval(header["__metadata__"]["fields"]):
        _put(data, name, tensors.pop(_key("data", name), value))
    for key, start in tensors.items():
        _put(slices, ast.literal_eval(key)[1], start)
    return ScoreGraph.from_dict(data), slices


def _flat(nested: Mapping[Any, Any]) -> Iterator[tuple[Name, Any]]:
    for name, value in nested.items():
        if isinstance(value, Mapping):
            yield from (((name, inner), item) for inner, item in value.items())
        else:
            yield (name,), value


def _put(nested: dict[Any, Any], name: Name, value: Any) -> None:
    for outer in name[:-1]:
        nested = nested.setdefault(outer, {})
    nested[name[-1]] = value


def _key(kind: str, name: Name) -> str:
    return repr((kind, name))


def first_difference(stored: tuple[ScoreGraph, Slices], graphs: Sequence[ScoreGraph]) -> str:
    """Where joined graphs differ from others, in words; empty if nowhere.

    Args:
        stored: What ``read_graphs`` returned.
        graphs: The graphs that it should hold.
    """
    joined, built = stored, join_graphs(graphs)
    num_stored = len(joined[0].piece_id)
    if num_stored != len(graphs):
        return f"it holds {num_stored} pieces, its note tables give {len(graphs)}"
    for i, graph in enumerate(graphs):
        ours, theirs = (_fields(take_graph(*source, i)) for source in (joined, built))
        for name in sorted(ours.keys() | theirs.keys()):
            if not _are_equal(ours.get(name), theirs.get(name)):
                return f"piece {graph.piece_id}: {name} is not what its note table gives"
    return ""


def join_graphs(graphs: Sequence[ScoreGraph]) -> tuple[ScoreGraph, Slices]:
    """Join graphs end to end as ``InMemoryDataset`` has them, less what ``take_graph`` derives."""
    data, slices, _ = collate(
        ScoreGraph, list(graphs), increment=False, add_batch=False, exclude_keys=DERIVED_FIELDS
    )
    return data, slices


def take_graph(data: ScoreGraph, slices: Slices, index: int) -> ScoreGraph:
    """Return one of the graphs that were joined; its tensors are views."""
    return with_derived_fields(separate(ScoreGraph, data, index, slices, decrement=False))


def _fields(graph: ScoreGraph) -> dict[str, Any]:
    """Every value of a graph by its full name, such as ``note.x``."""
    return {
        f"{node_or_edge}.{name}": value
        for node_or_edge, store in graph.to_dict().items()
        for name, value in store.items()
    }


def _are_equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, torch.Tensor) and isinstance(theirs, torch.Tensor):
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            return False
        same = (ours == theirs) | (ours.isnan() & theirs.isnan())  # NaN: a note without a label
        return bool(same.all())
    return type(ours) is type(theirs) and bool(ours == theirs)
