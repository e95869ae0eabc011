"""What a dataset is made of, in tables: splits, composers, classes, sizes, edges."""

from typing import TYPE_CHECKING, Any

import numpy as np

from musebench.annotations import IGNORE_LABEL
from musebench.datasets.base import ScoreGraphDataset
from musebench.graph import edge_types_of
from musebench.splits import SPLITS

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def dataset_statistics(dataset: ScoreGraphDataset) -> "dict[str, pd.DataFrame]":
    """Count what is in a dataset.

    Args:
        dataset: A whole dataset, loaded with ``reveal_test_labels=True`` if the classes of the test
            split are to be counted.

    Returns:
        ``splits``: pieces, works, composers, notes, beats, measures and edges between notes of each
        split; ``composers``: notes of each composer and split; ``sizes``: quantiles over pieces;
        ``relations``: edges of each relation, and how many a note has; ``classes_<head>``: labels
        of each class and split, of heads that have classes.
    """
    tables = {
        "splits": _splits(dataset),
        "composers": _composers(dataset),
        "sizes": _sizes(dataset),
        "relations": _relations(dataset),
    }
    for head, classes in dataset.classes.items():
        if classes:
            tables[f"classes_{head}"] = _classes(dataset, head)
    return tables


def _counts(dataset: ScoreGraphDataset) -> "pd.DataFrame":
    """A row a piece: its columns, and how many nodes and edges it has."""
    pieces = dataset.pieces
    slices: Any = dataset.slices  # by type of node or edge
    pieces["num_beats"] = slices["beat"]["start_div"].diff().numpy()
    pieces["num_measures"] = slices["measure"]["start_div"].diff().numpy()
    edge_types = edge_types_of(dataset.relations, metrical=False)
    edges = [slices[edge_type]["edge_index"].diff().numpy() for edge_type in edge_types]
    pieces["num_edges"] = np.sum([np.zeros(len(pieces), dtype=np.int64), *edges], axis=0)
    start, index = slices["note"]["onset_index"], dataset._data["note"].onset_index
    filled = (start.diff() > 0).numpy()
    last = index[(start[1:] - 1).clamp(min=0)].numpy() + 1
    pieces["num_onsets"] = np.where(filled, last, 0)
    return pieces


def _splits(dataset: ScoreGraphDataset) -> "pd.DataFrame":
    grouped = _counts(dataset).groupby("split")
    table = grouped.agg(
        pieces=("piece_id", "size"),
        works=("work_id", "nunique"),
        composers=("composer", "nunique"),
        notes=("num_notes", "sum"),
        onsets=("num_onsets", "sum"),
        beats=("num_beats", "sum"),
        measures=("num_measures", "sum"),
        edges=("num_edges", "sum"),
    )
    return table.reindex([split for split in SPLITS if split in table.index])


def _composers(dataset: ScoreGraphDataset) -> "pd.DataFrame":
    pieces = dataset.pieces
    table = pieces.pivot_table(
        index="composer", columns="split", values="num_notes", aggfunc="sum", fill_value=0
    )
    return table.reindex(columns=[split for split in SPLITS if split in table.columns])


def _sizes(dataset: ScoreGraphDataset) -> "pd.DataFrame":
    counts = _counts(dataset)
    counts["edges_per_note"] = (counts["num_edges"] / counts["num_notes"].clip(lower=1)).round(2)
    counts["notes_per_onset"] = (counts["num_notes"] / counts["num_onsets"].clip(lower=1)).round(2)
    columns = ["num_notes", "num_onsets", "num_measures", "edges_per_note", "notes_per_onset"]
    table = counts[columns].quantile(list(QUANTILES)).T
    table.columns = [f"{100 * q:.0f} %" for q in QUANTILES]
    return table


def _relations(dataset: ScoreGraphDataset) -> "pd.DataFrame":
    import pandas as pd

    num_notes = dataset._data["note"].num_nodes
    rows = []
    for edge_type in edge_types_of(dataset.relations, metrical=False):
        number = dataset._data[edge_type].edge_index.size(1)
        rows.append((edge_type[1], number, round(number / max(num_notes, 1), 2)))
    return pd.DataFrame(rows, columns=["relation", "edges", "a note"]).set_index("relation")


def _classes(dataset: ScoreGraphDataset, head: str) -> "pd.DataFrame":
    import pandas as pd

    task, classes = dataset.board.task, dataset.classes[head]
    field = task.label_field(head)
    of_notes = task.unit == "note"
    labels = (dataset._data["note"] if of_notes else dataset._data)[field].numpy()
    start = (dataset.slices["note"] if of_notes else dataset.slices)[field].numpy()
    split = np.repeat(dataset.split_by_piece.to_numpy(), np.diff(start))
    columns = {}
    for name in SPLITS:
        chosen = labels[split == name]
        chosen = chosen[chosen != IGNORE_LABEL]
        columns[name] = np.bincount(chosen, minlength=len(classes))
    table = pd.DataFrame(columns, index=pd.Index(classes, name=head))
    return table[table.sum(axis=1) > 0]
