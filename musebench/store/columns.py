"""Note tables and labels as the columns of a shard, and back."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from musebench.annotations import COUNTS, OnsetLabels, Reading
from musebench.score import (
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)
from musebench.store.shards import Columns, Row, list_column

Labels = Mapping[str, OnsetLabels]

PARTS_OF_NOTE_TABLE = {
    "parts": PartTable,
    "measures": MeasureTable,
    "time_signatures": TimeSignatureTable,
    "key_signatures": KeySignatureTable,
}
NARROW = {  # narrower types on disk, of columns that are int64 in memory
    "pitch": pa.uint8(),
    "step": pa.dictionary(pa.int8(), pa.string()),
    "alter": pa.int16(),
    "octave": pa.int16(),
    "part": pa.int32(),
    "staff": pa.int32(),
    "voice": pa.int32(),
    "fifths": pa.int32(),
    "key_fifths": pa.int32(),
    "beats": pa.int32(),
    "beat_type": pa.int32(),
    "measure_index": pa.int32(),
}
OF_DTYPE = {"i": pa.int64(), "b": pa.bool_(), "U": pa.string(), "f": pa.float32()}
LABEL_OF_DTYPE = {"i": pa.int32(), "f": pa.float32()}


def columns_of(
    pieces: Sequence[Reading], more: Sequence[Mapping[str, Columns]] = ()
) -> dict[str, pa.ListArray]:
    """The columns of a shard: tables and labels of its pieces, and further tables of each."""
    rows = [_tables_of(notes) | _labels_of(labels) for notes, labels in pieces]
    further = more or [{}] * len(rows)
    return _columns([{**row, **tables} for row, tables in zip(rows, further, strict=True)])


def columns_of_labels(pieces: Sequence[Labels]) -> dict[str, pa.ListArray]:
    """The columns of a shard of labels alone."""
    return _columns([_labels_of(labels) for labels in pieces])


def _columns(rows: Sequence[Mapping[str, Columns]]) -> dict[str, pa.ListArray]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _column(name, [row.get(name) for row in rows]) for name in names}


def _tables_of(notes: NoteTable) -> dict[str, Columns]:
    parts = {name: getattr(notes, name).columns() for name in PARTS_OF_NOTE_TABLE}
    return {"score": {"divs_pq": np.array([notes.divs_pq])}, "notes": notes.columns(), **parts}


def _labels_of(labels: Labels) -> dict[str, Columns]:
    return {
        f"{name}/{kind}": columns
        for kind, found in labels.items()
        for name, columns in (
            ("labels", found.labels),
            ("counts", {count: np.array([found.counts[count]]) for count in COUNTS}),
        )
    }


def _column(name: str, tables: Sequence[Columns | None]) -> pa.ListArray:
    example = next(table for table in tables if table is not None)
    of_dtype = LABEL_OF_DTYPE if name.startswith("labels/") else OF_DTYPE
    types = {key: of_dtype[values.dtype.kind] for key, values in example.items()}
    if name in {"notes", *PARTS_OF_NOTE_TABLE}:
        types |= {key: NARROW[key] for key in types if key in NARROW}
    return list_column(tables, types)


def read_table(row: Row) -> NoteTable:
    """The note table of a score in a shard."""
    parts = {name: kind(**row[name]) for name, kind in PARTS_OF_NOTE_TABLE.items()}
    return NoteTable(divs_pq=int(row["score"]["divs_pq"][0]), **row["notes"], **parts)


def read_labels_of(row: Row) -> Labels:
    """The labels of a score in a shard, by kind of annotation."""
    return {
        kind: OnsetLabels(
            row[f"labels/{kind}"],
            {name: int(values[0]) for name, values in row[f"counts/{kind}"].items()},
        )
        for kind in kinds_of(row)
    }


def kinds_of(row: Row) -> list[str]:
    """The kinds of annotation of a piece."""
    return [
        name.removeprefix("labels/")
        for name in row.shard.columns
        if name.startswith("labels/") and name in row
    ]


def told_of(row: Row) -> Mapping[str, int]:
    """What the reader of a score mended or left out -> how often."""
    told = row["told"]
    return dict(zip(told["what"].tolist(), told["times"].tolist(), strict=True))
