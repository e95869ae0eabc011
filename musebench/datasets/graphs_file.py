"""The file of a dataset's graphs: tensors end to end and where each piece starts in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data.collate import collate
from torch_geometric.data.separate import separate

from musebench.graph import DERIVED_FIELDS, ScoreGraph, with_derived_fields
from musebench.corpora import writing_whole

GRAPHS_FILE = "graphs.pt"

Slices = dict[str, Any]


def write_graphs(folder: Path, graphs: Sequence[ScoreGraph]) -> None:
    """Write graphs into a folder, for ``read_graphs``.

    Raises:
        OSError: If the disk is full.
    """
    data, slices = join_graphs(graphs)
    with writing_whole(folder / GRAPHS_FILE) as unfinished, unfinished.open("wb") as stream:
        try:
            torch.save((data.to_dict(), slices), stream)
        except RuntimeError as error:
            # Torch's own error on a full disk does not say so; behind it stands the one that does.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise


def read_graphs(folder: Path) -> tuple[ScoreGraph, Slices]:
    """Read the graphs of a folder, joined as ``InMemoryDataset`` has them, mapped into memory."""
    file = folder / GRAPHS_FILE
    stored, slices = torch.load(file, weights_only=True, mmap=_can_be_mapped(file))
    return ScoreGraph.from_dict(stored), slices


def _can_be_mapped(file: Path) -> bool:
    """Torch maps files whose path is UTF-8; Python's paths are not where the locale is ASCII."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return False
    return True


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
