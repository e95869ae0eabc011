"""Shards: Arrow files of a few hundred scores each, one row per score, mapped into memory.

A column contains one table per score: a list of rows, each field of which is contiguous in memory.
So each kind of table has its own offsets, and pandas, polars and DuckDB can read the files.
"""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from musebench.files import replacing

SCORES_PER_SHARD = 256

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Row:
    """A score in a shard."""

    shard: "Shard"
    index: int

    def __contains__(self, column: str) -> bool:
        """Whether the score has this table."""
        return column in self.shard.columns and self.shard.columns[column].is_given[self.index]

    def __getitem__(self, column: str) -> dict[str, Any]:
        """The table of a score by the name of the column: its columns as numpy arrays."""
        return self.shard.columns[column][self.index]

    def length(self, column: str) -> int:
        """Number of rows of the table of a score."""
        ends = self.shard.columns[column].ends
        return int(ends[self.index + 1] - ends[self.index])


class Shard:
    """A shard that is mapped into memory.

    Args:
        file: The file.

    Raises:
        FileNotFoundError: If it does not exist.
        pyarrow.ArrowInvalid: If it is not an Arrow file.
    """

    def __init__(self, file: Path) -> None:
        with file.open("rb") as stream:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        # The buffers of a score are too small to be worth a thread each.
        options = pa.ipc.IpcReadOptions(use_threads=False)
        table = pa.ipc.open_file(pa.py_buffer(mapped), options=options).get_batch(0)
        self.piece_ids: list[str] = table.column("piece_id").to_pylist()
        self.columns = {
            name: _ListColumn(table.column(name))
            for name in table.schema.names
            if name != "piece_id"
        }


class _ListColumn:
    """A column of tables, as numpy arrays."""

    def __init__(self, column: pa.ListArray) -> None:
        self.is_given = column.is_valid().to_numpy(zero_copy_only=False)
        self.ends = column.offsets.to_numpy()
        rows = column.values
        self.fields = {field.name: rows.field(i) for i, field in enumerate(rows.type)}

    def __getitem__(self, index: int) -> dict[str, NDArray[Any]]:
        begin, end = int(self.ends[index]), int(self.ends[index + 1])
        return {name: _numpy(values[begin:end]) for name, values in self.fields.items()}


def _numpy(values: pa.Array) -> NDArray[Any]:
    """A writable copy: integers as int64, text as numpy strings."""
    array: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    kinds = {"i": np.int64, "u": np.int64, "O": np.str_}
    return array.astype(kinds.get(array.dtype.kind, array.dtype))


def find_rows(folder: Path) -> Iterator[tuple[str, Row]]:
    """Piece id and row of each score in the shards of a folder, in order."""
    for file in sorted(folder.glob("shard-*.arrow")):
        shard = Shard(file)
        for index, piece_id in enumerate(shard.piece_ids):
            yield piece_id, Row(shard, index)


def plan_shards(folder: Path, piece_ids: Sequence[str]) -> dict[Path, range]:
    """The shards that are missing in a folder.

    Args:
        folder: The folder; it may contain finished shards of a killed build.
        piece_ids: Its scores, in order.

    Returns:
        File -> positions of its scores.
    """
    starts = range(0, len(piece_ids), SCORES_PER_SHARD)
    planned = {
        folder / f"shard-{number:05d}.arrow": range(
            start, min(start + SCORES_PER_SHARD, len(piece_ids))
        )
        for number, start in enumerate(starts)
    }
    return {
        file: positions
        for file, positions in planned.items()
        if not _is_of(file, [piece_ids[i] for i in positions])
    }


def _is_of(file: Path, piece_ids: Sequence[str]) -> bool:
    try:
        return Shard(file).piece_ids == list(piece_ids)
    except (OSError, ValueError):
        return False


def write_shard(
    file: Path,
    piece_ids: Sequence[str],
    columns: Mapping[str, pa.ListArray],
    compression: str | None = None,
) -> None:
    """Write a shard whole or not at all.

    Args:
        file: The file.
        piece_ids: Its scores.
        columns: Name -> tables of these scores, made by ``list_column``.
        compression: Of Arrow, such as ``lz4``; None: columns are mapped into memory as they are.
    """
    options = pa.ipc.IpcWriteOptions(compression=compression)
    table = pa.record_batch({"piece_id": pa.array(piece_ids, type=pa.string()), **columns})
    with (
        replacing(file) as unfinished,
        unfinished.open("wb") as stream,
        pa.ipc.new_file(stream, table.schema, options=options) as writer,
    ):
        writer.write_batch(table)


def list_column(tables: Sequence[Columns | None], types: Mapping[str, pa.DataType]) -> pa.ListArray:
    """Tables of different lengths as one column: a list of rows per score.

    Args:
        tables: Columns of the table of each score; None for a score without one.
        types: Name of the column -> how it is stored.

    Raises:
        pyarrow.ArrowInvalid: If a value does not fit its type.
    """
    given = [table for table in tables if table is not None]
    lengths = [0 if table is None else len(table[next(iter(types))]) for table in tables]
    joined = {name: np.concatenate([table[name] for table in given]) for name in types}
    rows = pa.StructArray.from_arrays(
        [pa.array(joined[name]).cast(kind) for name, kind in types.items()], names=list(types)
    )
    offsets = pa.array(np.cumsum([0, *lengths]), type=pa.int32())
    is_missing = pa.array([table is None for table in tables], type=pa.bool_())
    return pa.ListArray.from_arrays(offsets, rows, mask=is_missing)
