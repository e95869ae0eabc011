"""What a dataset is made of, in tables: splits, composers, classes, sizes, edges."""

from typing import TYPE_CHECKING

import numpy as np

from musebench.annotations import IGNORE_LABEL
from musebench.datasets.base import NO_SPLIT, ScoreGraphDataset
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
    counts, classes = _count(dataset)
    tables = {
        "splits": _splits(counts),
        "composers": _composers(counts),
        "sizes": _sizes(counts),
        "relations": _relations(dataset, counts),
    }
    return tables | {f"classes_{head}": table for head, table in classes.items()}


def _count(dataset: ScoreGraphDataset) -> "tuple[pd.DataFrame, dict[str, pd.DataFrame]]":
    """Count in one pass over the graphs.

    Returns:
        A row per piece, how many nodes and edges it has; head -> labels of each class and split.
    """
    import pandas as pd

    pieces, rows, task = dataset.pieces, [], dataset.board.task
    heads = {head: names for head, names in dataset.classes.items() if names}
    splits = (*SPLITS, NO_SPLIT) if (pieces["split"] == NO_SPLIT).any() else SPLITS
    found = {h: {s: np.zeros(len(heads[h]), dtype=np.int64) for s in splits} for h in heads}
    for split, graph in zip(pieces["split"], dataset, strict=True):
        index = graph["note"].onset_index
        rows.append(
            {
                "num_onsets": int(index[-1]) + 1 if len(index) else 0,
                "num_beats": graph["beat"].num_nodes,
                "num_measures": graph["measure"].num_nodes,
                **{
                    name: graph["note", name, "note"].num_edges
                    for name in _relation_columns(dataset)
                },
            }
        )
        place = graph["note"] if task.unit == "note" else graph
        for head, by_split in found.items():
            labels = place[task.label_field(head)].numpy()
            known = labels[labels != IGNORE_LABEL]
            by_split[split] += np.bincount(known, minlength=len(heads[head]))
    counts = pd.concat([pieces, pd.DataFrame(rows, index=pieces.index)], axis=1)
    counts["num_edges"] = counts[_relation_columns(dataset)].sum(axis=1)
    classes = {h: pd.DataFrame(found[h], index=pd.Index(heads[h], name=h)) for h in heads}
    return counts, {head: table[table.sum(axis=1) > 0] for head, table in classes.items()}


def _relation_columns(dataset: ScoreGraphDataset) -> list[str]:
    return [edge_type[1] for edge_type in edge_types_of(dataset.relations, metrical=False)]


def _splits(counts: "pd.DataFrame") -> "pd.DataFrame":
    grouped = counts.groupby("split")
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
    return table.reindex([split for split in (*SPLITS, NO_SPLIT) if split in table.index])


def _composers(counts: "pd.DataFrame") -> "pd.DataFrame":
    table = counts.pivot_table(
        index="composer", columns="split", values="num_notes", aggfunc="sum", fill_value=0
    )
    return table.reindex(columns=[s for s in (*SPLITS, NO_SPLIT) if s in table.columns])


def _sizes(counts: "pd.DataFrame") -> "pd.DataFrame":
    counts = counts.copy()
    counts["edges_per_note"] = (counts["num_edges"] / counts["num_notes"].clip(lower=1)).round(2)
    counts["notes_per_onset"] = (counts["num_notes"] / counts["num_onsets"].clip(lower=1)).round(2)
    columns = ["num_notes", "num_onsets", "num_measures", "edges_per_note", "notes_per_onset"]
    table = counts[columns].quantile(list(QUANTILES)).T
    table.columns = [f"{100 * q:.0f} %" for q in QUANTILES]
    return table


def _relations(dataset: ScoreGraphDataset, counts: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    num_notes = max(int(counts["num_notes"].sum()), 1)
    numbers = {name: int(counts[name].sum()) for name in _relation_columns(dataset)}
    rows = [(name, number, round(number / num_notes, 2)) for name, number in numbers.items()]
    return pd.DataFrame(rows, columns=["relation", "edges", "per note"]).set_index("relation")
