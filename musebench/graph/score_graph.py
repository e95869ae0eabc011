"""The graph of a score, whose indices stay correct in any batch."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from musebench.graph.candidates import pairs_of_notes
from musebench.shown import Shown

ONSET_LABELS, GRAPH_LABELS = "onset_y", "y"  # prefixes of labels that are not of notes
CANDIDATES, ONSET_BATCH = "candidate_index", "onset_batch"
DERIVED_FIELDS = (CANDIDATES, ONSET_BATCH)  # computed from the others, so never stored


class ScoreGraph(Shown, HeteroData):  # type: ignore[misc]
    """A ``HeteroData`` that knows which of its fields are indices.

    In ``Batch.from_data_list``, in batches of PyG's ``DataLoader`` and in those of
    ``MuseNeighborLoader`` these point into the batch: ``note.onset_index`` to the rows of
    ``onset_y``; ``note.y`` of a link task, and ``candidate_index``, to the notes of the batch;
    ``onset_batch`` to the score of each onset group. ``to_data_list`` restores the graphs.
    """

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        facts = {name: self[name] for name in ("piece_id",) if name in self}
        for kind, store in zip(self.node_types, self.node_stores, strict=True):
            sizes = {name: list(x.shape) for name, x in store.items() if hasattr(x, "shape")}
            facts[kind] = " ".join(f"{name} {size}" for name, size in sizes.items())
        return facts | {"edges": sum(store.num_edges for store in self.edge_stores)}

    def __cat_dim__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Dimension along which a field of several graphs is joined."""
        return -1 if key == CANDIDATES else super().__cat_dim__(key, value, *args, **kwargs)

    def __inc__(self, key: str, value: Any, store: Any = None, *args: Any, **kwargs: Any) -> Any:
        """How much each graph of a batch adds to the indices of the graphs after it."""
        of_notes = getattr(store, "_key", None) == "note"
        if key == CANDIDATES:
            return self["note"].num_nodes
        if of_notes and is_link_label(key, store):
            return torch.tensor(self["note"].num_nodes).as_subclass(_ShiftOfIndices)
        if of_notes and key == "onset_index":
            return _num_onsets(self)
        if "batch" in key and isinstance(value, Tensor) and "divs_pq" in self:
            return len(self.divs_pq)  # a window, or a score, may be without notes
        return super().__inc__(key, value, store, *args, **kwargs)


class _ShiftOfIndices(Tensor):
    """The shift that PyG adds to link labels in a batch and subtracts again; it moves only indices.

    A negative label (no next note, hidden, ignored) is not an index and is left unchanged.
    """

    def __radd__(self, label: Tensor) -> Tensor:  # type: ignore[override]
        return torch.where(label < 0, label, label + self.as_subclass(Tensor))

    def __rsub__(self, label: Tensor) -> Tensor:  # type: ignore[override]
        return torch.where(label < 0, label, label - self.as_subclass(Tensor))


def is_link_label(name: str, note: Any) -> bool:
    """Whether a field of the notes is the index of another note: a label of a link task.

    Args:
        name: Name of the field.
        note: The notes of a graph or batch. Those of a link task have ``window_div``.
    """
    return "window_div" in note and (name == "y" or name.startswith("y_"))


def _num_onsets(graph: HeteroData) -> int:
    """Number of onset groups, including those that a transform has left without notes."""
    labels = [v for k, v in graph._global_store.items() if k.startswith(ONSET_LABELS)]
    index = graph["note"].onset_index
    return max([int(index.max()) + 1 if len(index) else 0, *map(len, labels)])


def with_derived_fields(graph: ScoreGraph) -> ScoreGraph:
    """Add the fields of a graph that are computed from the others, and return it.

    Link tasks: ``candidate_index``, pairs of notes that may be linked, shape ``(2, num_pairs)``.
    Tasks of onset groups: ``onset_batch``, the score of each group, shape ``(num_onsets,)``; in a
    single graph it is 0 throughout.
    """
    note = graph["note"]
    if "window_div" in note:
        graph[CANDIDATES] = pairs_of_notes(note, [0, len(note.window_div)])
    labels = [v for k, v in graph._global_store.items() if k.startswith(ONSET_LABELS)]
    if labels:
        graph[ONSET_BATCH] = labels[0].new_zeros(len(labels[0]), dtype=torch.long)
    return graph
