"""The index of a folder of shards: where each score is, and how large it is.

It is a file of the folder, so that a large collection is opened without opening its shards.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from musebench.files import replacing
from musebench.store.build import SHARD
from musebench.store.columns import kinds_of
from musebench.store.folders import MANIFEST
from musebench.store.shards import Place, Row, hash_in_name, open_shard, read_columns

INDEX = "index.arrow"


class Entry(NamedTuple):
    """What is known of a score without opening its shard.

    Attributes:
        place: Where it is.
        num_notes: Number of its notes.
        largest_chord: Number of notes of its largest onset group.
        kinds: The kinds of its annotations.
    """

    place: Place
    num_notes: int
    largest_chord: int
    kinds: tuple[str, ...]


def write_index(folder: Path) -> None:
    """Write the index of a folder from its shards."""
    files = sorted(folder.glob(f"{SHARD}-*.arrow"))
    found = dict(_look({file: hash_in_name(file) for file in files}))
    entries = list(found.values())
    table = pa.record_batch(
        {
            "piece_id": pa.array(list(found), pa.string()),
            "file": pa.array([entry.place.file.name for entry in entries], pa.string()),
            "row": pa.array([entry.place.row for entry in entries], pa.int32()),
            "num_notes": pa.array([entry.num_notes for entry in entries], pa.int64()),
            "largest_chord": pa.array([entry.largest_chord for entry in entries], pa.int32()),
            "kinds": pa.array([list(entry.kinds) for entry in entries], pa.list_(pa.string())),
        }
    )
    with (
        replacing(folder / INDEX) as unfinished,
        unfinished.open("wb") as stream,
        pa.ipc.new_file(stream, table.schema) as writer,
    ):
        writer.write_batch(table)


def _look(files: Mapping[Path, str]) -> Iterator[tuple[str, Entry]]:
    """The scores of shards, in order; all shards are opened."""
    for file, sha256 in files.items():
        shard = open_shard(file, sha256)
        for i, name in enumerate(shard.piece_ids):
            row = Row(shard, i)
            size = largest_group(row["notes"]["onset_div"])
            yield (
                name,
                Entry(Place(file, sha256, i), row.length("notes"), size, tuple(kinds_of(row))),
            )


def largest_group(onset_div: NDArray[np.int64]) -> int:
    """Number of notes of the largest onset group of a score."""
    starts = np.flatnonzero(np.diff(onset_div, prepend=-1))
    return int(np.diff(starts, append=len(onset_div)).max(initial=0))


def read_index(folder: Path) -> Mapping[str, Entry]:
    """The scores of a folder, in order.

    A folder that was built before there were indices is opened shard by shard.
    """
    return _read_once(folder, (folder / MANIFEST).stat().st_mtime_ns)


@lru_cache(maxsize=64)  # more than the corpora of one board
def _read_once(folder: Path, modified_ns: int) -> Mapping[str, Entry]:  # noqa: ARG001 (the key)
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    hashes = {folder / name: of["sha256"] for name, of in files.items() if name.startswith(SHARD)}
    if INDEX not in files:
        return dict(_look(hashes))
    columns = read_columns(folder / INDEX)
    places = [
        Place(folder / file, hashes[folder / file], row)
        for file, row in zip(columns["file"], columns["row"], strict=True)
    ]
    rows = zip(
        places,
        columns["num_notes"],
        columns["largest_chord"],
        map(tuple, columns["kinds"]),
        strict=True,
    )
    return dict(zip(columns["piece_id"], starmap(Entry, rows), strict=True))
