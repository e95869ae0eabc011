"""Building shards: scores are read in parallel, on this machine or on a cluster."""

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from joblib import Parallel, delayed, parallel_config
from joblib.parallel import get_active_backend
from tqdm import tqdm

from musebench.annotations import OnsetLabels, Reading
from musebench.errors import (
    AnnotationError,
    InputError,
    MissingDependencyError,
    ScoreError,
    ScoreWarning,
    StorageError,
)
from musebench.score import NoteTable
from musebench.store import shards
from musebench.store.columns import columns_of
from musebench.store.shards import Columns, read_columns, write_shard

logger = logging.getLogger(__name__)

SHARD, UNREADABLE = "shard", "unreadable"  # beginnings of the names of their files
MOST_DEATHS = 3  # of processes, in a row without a shard between them

Remember = Callable[[Sequence[Path], Sequence[ScoreWarning]], Columns]
Read = Callable[[Sequence[Path]], Reading]
Piece = tuple[str, Sequence[Path]]


@dataclass(frozen=True)
class Unreadable:
    """A score that cannot be read.

    Attributes:
        reason: Why, as a sentence without the name of the file.
        seconds: How long it was tried.
        at: When, in UTC, by ISO 8601.
    """

    reason: str
    seconds: float
    at: str


@dataclass(frozen=True)
class ShardTask:
    """A shard to be made: what a worker is given.

    Attributes:
        folder: Where it is written.
        number: Its place among the shards, ``00000``; empty if it has none.
        pieces: Name and files of each score.
        read: Reads the files of a score.
        column: Name of the column for what readers mended or left out.
        remember: Makes a row of it from the files and the warnings.
        check: Called with the name and files of a score after it was read.
    """

    folder: Path
    number: str
    pieces: Sequence[Piece]
    read: Read
    column: str
    remember: Remember
    check: Callable[[str, Sequence[Path]], None] | None = None

    def __call__(self) -> None:
        """Read the scores, and write those that can be read, and why others cannot.

        Raises:
            StorageError: If this process does not see the folder.
        """
        if not self.folder.is_dir():
            msg = f"{self.folder} does not exist here; all workers need the same data home."
            raise StorageError(msg)
        read: dict[str, Reading] = {}
        remembered: list[Mapping[str, Columns]] = []
        unreadable: dict[str, Unreadable] = {}
        for name, paths in self.pieces:
            found, said = _try_to_read(self.read, paths)
            if self.check is not None:
                self.check(name, paths)
            if isinstance(found, Unreadable):
                unreadable[name] = found
                continue
            read[name] = found
            remembered.append({self.column: self.remember(paths, said)})
        if unreadable:
            _write_unreadable(self.folder, _named(UNREADABLE, self.number), unreadable)
        if read:
            columns = columns_of(list(read.values()), remembered)
            write_shard(self.folder, _named(SHARD, self.number), list(read), columns)


def _named(kind: str, number: str) -> str:
    return f"{kind}-{number}" if number else kind


def _try_to_read(
    read: Read, paths: Sequence[Path]
) -> tuple[Reading | Unreadable, list[ScoreWarning]]:
    """Read a score, and collect what its reader mended or left out."""
    at, started = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ScoreWarning)
        try:
            reading: Reading | Unreadable = _checked(read(paths))
        except (ScoreError, AnnotationError) as error:
            seconds = round(time.perf_counter() - started, 3)
            reading = Unreadable(without(paths, str(error)), seconds, at)
    said = [warning.message for warning in found]
    return reading, [message for message in said if isinstance(message, ScoreWarning)]


def _checked(found: Any) -> Reading:
    """What the reader of a format returned, once it is seen to be notes and labels.

    Raises:
        InputError: If it is something else.
    """
    match found:
        case NoteTable() as notes, Mapping() as labels if all(
            isinstance(of_kind, OnsetLabels) for of_kind in labels.values()
        ):
            return notes, labels
    kind = type(found).__name__
    if isinstance(found, tuple):
        kind = f"({', '.join(type(part).__name__ for part in found)})"
    msg = (
        f"the reader of a format returned a {kind}; it must return a NoteTable and a dict, kind of "
        "annotation -> OnsetLabels, {} for none."
    )
    raise InputError(msg)


def without(paths: Sequence[Path], sentence: str) -> str:
    """A sentence without the file that it begins with: there may be others of its content."""
    for path in paths:
        sentence = sentence.removeprefix(f"{path}: ")
    return sentence


def _write_unreadable(folder: Path, name: str, found: Mapping[str, Unreadable]) -> None:
    of_each = [asdict(why) for why in found.values()]
    columns = {
        field.name: pa.array([row[field.name] for row in of_each]) for field in fields(Unreadable)
    }
    write_shard(folder, name, list(found), columns)


def read_unreadable(folder: Path) -> dict[str, Unreadable]:
    """The scores of a folder that cannot be read."""
    found: dict[str, Unreadable] = {}
    for file in sorted(folder.glob(f"{UNREADABLE}-*.arrow")):
        found |= unreadable_in(file)
    return found


def unreadable_in(file: Path) -> dict[str, Unreadable]:
    """The scores of a file that cannot be read."""
    columns = read_columns(file)
    names = columns.pop("piece_id")
    rows = zip(*(columns[field.name] for field in fields(Unreadable)), strict=True)
    return {name: Unreadable(*row) for name, row in zip(names, rows, strict=True)}


def shares(pieces: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The pieces of each shard."""
    size = shards.SCORES_PER_SHARD
    return (pieces[start : start + size] for start in range(0, len(pieces), size))


def make_shards(tasks: Sequence[ShardTask], name: str, n_jobs: int | None) -> None:
    """Make shards in parallel. The death of a worker costs what it was reading: that is read again.

    Args:
        tasks: The shards.
        name: What the scores are called.
        n_jobs: Shards made at a time, see ``jobs_of``.

    Raises:
        ScoreError: If workers die again and again.
    """
    waiting, deaths = dict(enumerate(tasks)), 0
    total = sum(len(task.pieces) for task in tasks)
    with tqdm(None, f"{name}: scores", total, disable=None, leave=False) as bar:
        while waiting:
            num_jobs = jobs_of(n_jobs) if len(waiting) > 1 else 1 if n_jobs is None else n_jobs
            try:
                parallel = Parallel(n_jobs=num_jobs, return_as="generator_unordered")
                for number in parallel(delayed(_numbered)(*task) for task in list(waiting.items())):
                    bar.update(len(waiting.pop(number).pieces))
                    deaths = 0
            except BrokenProcessPool as error:
                deaths += 1
                if deaths == MOST_DEATHS:
                    first = next(iter(waiting.values())).pieces[0][0]
                    msg = (
                        f"{name}: {deaths} times in a row a process that reads scores ended before "
                        f"it was done, with {first} or one of the next in work. Is there too "
                        "little memory? Fewer --jobs need less."
                    )
                    raise ScoreError(msg) from error
                logger.warning("%s: a process was ended; what it was reading is read again.", name)


def _numbered(number: int, task: ShardTask) -> int:
    task()
    return number


def jobs_of(n_jobs: int | None) -> int:
    """Shards made at a time: as given, as the caller's joblib backend says, or all cores."""
    if n_jobs is not None:
        return n_jobs
    backend, chosen = get_active_backend()
    if chosen is not None:
        return int(chosen)
    # Local backends report 1 if nothing was chosen; clusters report all their cores.
    return _cores() if backend.default_n_jobs == 1 else int(backend.default_n_jobs)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def on_dask(address: str) -> Iterator[None]:
    """Build on the workers of a dask cluster within this context.

    Args:
        address: That of its scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises:
        MissingDependencyError: If dask is not installed.
        InputError: If there is no scheduler at the address.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        msg = "dask is not installed; install it with: pip install 'musebench[cluster]'"
        raise MissingDependencyError(msg) from error
    try:
        client = Client(address, timeout="10s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        msg = f"there is no scheduler of dask at {address!r} ({type(error).__name__})."
        raise InputError(msg) from error
    with client, parallel_config("dask", wait_for_workers_timeout=60):
        yield
