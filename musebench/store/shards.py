"""Shards: Arrow files of a few scores each, one row per score, mapped into memory.

A column contains one table per score: a list of rows, each field of which is contiguous in memory.
So each kind of table has its own offsets, and pandas, polars, DuckDB and dask can read the files.

The name of a shard ends with the SHA-256 of its content. It is compared when the shard is first
opened, not before: of a large collection only what is used is read.
"""

import mmap
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from musebench.errors import IntegrityError
from musebench.files import sha256_of

SCORES_PER_SHARD = 48
OPEN_SHARDS = 128  # each holds an open file; systems allow a process about a thousand

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
        table = _map(file)
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
    if pa.types.is_dictionary(values.type):  # a few names, each many times
        names: NDArray[np.str_] = _numpy(values.dictionary)
        named: NDArray[np.str_] = names[values.indices.to_numpy()]
        return named
    array: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    kinds = {"i": np.int64, "u": np.int64, "O": np.str_}
    return array.astype(kinds.get(array.dtype.kind, array.dtype))


def _map(file: Path) -> pa.RecordBatch:
    with file.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    return pa.ipc.open_file(pa.py_buffer(mapped)).get_batch(0)


class Place(NamedTuple):
    """Where a score is: the shard, the SHA-256 that it should have, and the row in it."""

    file: Path
    sha256: str
    row: int


class Rows(Mapping[str, Row]):
    """The scores of many shards, each shard opened and checked when one of its scores is needed.

    Args:
        find: Says where each score is, in order.
        mend: Makes a shard again that is missing or damaged; ``find`` then says where its scores
            are.
    """

    def __init__(
        self, find: Callable[[], Mapping[str, Place]], mend: Callable[[Path], None]
    ) -> None:
        self._find, self._mend = find, mend
        self._places = find()

    def __getitem__(self, name: str) -> Row:
        """The row of a score.

        Raises:
            IntegrityError: If its shard is damaged and cannot be mended.
        """
        place = self._places[name]
        try:
            return Row(open_shard(place.file, place.sha256), place.row)
        except OSError:
            self._mend(place.file)
        self._places = self._find()
        place = self._places[name]
        return Row(open_shard(place.file, place.sha256), place.row)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in order."""
        return iter(self._places)

    def __len__(self) -> int:
        """Number of scores."""
        return len(self._places)


def open_shard(file: Path, sha256: str) -> Shard:
    """Open a shard; the first time in a process, its bytes are compared with their SHA-256.

    Raises:
        IntegrityError: If it is not what it was when it was written.
        OSError: If it cannot be opened.
    """
    found = file.stat()
    return _open(file, sha256, (found.st_ino, found.st_size, found.st_mtime_ns))


@lru_cache(maxsize=OPEN_SHARDS)
def _open(file: Path, sha256: str, state: tuple[int, ...]) -> Shard:
    if not _is_intact(file, sha256, state):
        msg = f"{file} was changed (its SHA-256 differs)."
        raise IntegrityError(msg)
    return Shard(file)


@cache  # remembers more than the shards that are open
def _is_intact(file: Path, sha256: str, state: tuple[int, ...]) -> bool:  # noqa: ARG001 (the key)
    return sha256_of(file) == sha256


def is_intact(file: Path) -> bool:
    """Whether the content of a file has the SHA-256 in its name; every byte is read."""
    return file.is_file() and sha256_of(file) == hash_in_name(file)


def hash_in_name(file: Path) -> str:
    """The SHA-256 that the name of a file ends with."""
    return file.stem.rpartition("-")[2]


def write_shard(
    folder: Path, name: str, piece_ids: Sequence[str], columns: Mapping[str, pa.Array]
) -> Path:
    """Write a shard whole or not at all.

    Args:
        folder: The folder.
        name: Beginning of its name; ``-`` and the SHA-256 of the content follow.
        piece_ids: Its scores.
        columns: Name -> a value for each of these scores, such as ``list_column`` makes.
    """
    table = pa.record_batch({"piece_id": pa.array(piece_ids, type=pa.string()), **columns})
    unfinished = folder / f".{secrets.token_hex(8)}.part"
    try:
        with unfinished.open("wb") as stream, pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_batch(table)
        file = folder / f"{name}-{sha256_of(unfinished)}.arrow"
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file


def read_columns(file: Path, names: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Columns of an Arrow file as lists; all of them if none are named."""
    table = _map(file)
    return {name: table.column(name).to_pylist() for name in names or table.schema.names}


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
