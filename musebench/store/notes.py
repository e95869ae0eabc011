"""The note tables and labels of a corpus, one row per score in shards."""

import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from numpy.typing import NDArray
from tqdm import tqdm

from musebench.annotations import COUNTS, FORMATS, OnsetLabels, Reading
from musebench.boards import Board
from musebench.corpora import AnyCorpus, Corpus, data_home, fetch
from musebench.errors import AnnotationError, InputError, ScoreError, ScoreWarning
from musebench.features import FEATURES_VERSION, feature_names
from musebench.score import (
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)
from musebench.shown import Shown
from musebench.splits import read_column, read_pieces
from musebench.store.folders import MANIFEST, fingerprint_of, load_folder
from musebench.store.shards import Columns, Row, find_rows, list_column, plan_shards, write_shard
from musebench.tasks import Task

STORE_VERSION = "3"  # raise it when the form of the files changes

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
MOST_FAULTS_SHOWN = 10

Labels = Mapping[str, OnsetLabels]
Value = TypeVar("Value")


class LazyMapping(Shown, Mapping[str, Value]):
    """Values by name, each made on access."""

    def __init__(self, makers: Mapping[str, Callable[[], Value]]) -> None:
        self.makers = makers

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        return {"names": len(self)}

    def __getitem__(self, name: str) -> Value:
        """Make the value of a name."""
        return self.makers[name]()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in order."""
        return iter(self.makers)

    def __len__(self) -> int:
        """Number of names."""
        return len(self.makers)


@dataclass(frozen=True, repr=False)
class NoteStore(Shown):
    """The note tables of a corpus.

    Attributes:
        fingerprint: Identifies the contents.
        tables: Piece id -> note table, in canonical order; made from the mapped files on access.
        num_notes: Piece id -> number of its notes.
        labels: Piece id -> kind of annotation -> labels, for annotated pieces.
        told: Piece id -> what its reader mended or left out -> how often.
    """

    fingerprint: str
    tables: Mapping[str, NoteTable]
    num_notes: Mapping[str, int]
    labels: Mapping[str, Labels] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def notes_recipe(corpus: AnyCorpus) -> dict[str, Any]:
    """Everything the note tables of a corpus depend on.

    Raises:
        InputError: If the format of the corpus is unknown.
    """
    members = [_recipe_of_member(member) for member in corpus.members]
    if corpus.members == (corpus,):
        return members[0]
    return {"corpus": corpus.name, "members": [fingerprint_of(recipe) for recipe in members]}


def _recipe_of_member(corpus: Corpus) -> dict[str, Any]:
    recipe = {"corpus": corpus.name, "files": corpus.digest, "store": STORE_VERSION}
    layout = {"layout": dict(corpus.layout)} if corpus.layout else {}
    return recipe | FORMATS.find(corpus.format).recipe | layout


def board_recipe(board: Board) -> dict[str, Any]:
    """Everything the graphs of a board depend on, except graph, core and the user's transforms."""
    pieces = read_pieces(board.name)[["piece_id", "work_id", "composer"]]
    return {
        "board": board.name,
        "version": board.version,
        "notes": fingerprint_of(notes_recipe(board.corpus)),
        "pieces": pieces.to_numpy().tolist(),
        "heads": {head: list(classes) for head, classes in board.task.heads.items()},
        "features": [FEATURES_VERSION, *feature_names(board.task.inputs)],
        **({"unite": board.task.unite.__qualname__} if board.task.unite else {}),
    }


def load_notes(
    corpus: AnyCorpus,
    root: str | Path | None = None,
    n_jobs: int | None = None,
    *,
    force_reload: bool = False,
) -> NoteStore:
    """Load the note tables of a corpus, building them on first access.

    A killed build is resumed: finished shards are kept.

    Args:
        corpus: The corpus. The members of a combined corpus are stored separately.
        root: The data home, see ``musebench.corpora.data_home``.
        n_jobs: Scores parsed at a time; None for all cores, or the number of the joblib backend
            that the caller chose.
        force_reload: Parse the scores again, even if the stored tables are intact.

    Raises:
        DownloadError, IntegrityError: If a file cannot be downloaded.
        ScoreError: If scores cannot be read; names each with the reason.
        StorageError: If the data home cannot be written or is full.
    """
    load = partial(_load_member, root=root, n_jobs=n_jobs, force_reload=force_reload)
    stores = [load(member) for member in corpus.members]
    return stores[0] if corpus.members == (corpus,) else _combine(corpus, stores)


def nodes_of(store: NoteStore, task: Task) -> NoteStore:
    """The same store with the notes that count for a task, see ``Task.unite``."""
    if task.unite is None:
        return store
    tables, unite = store.tables, task.unite
    num_notes = {name: cache(lambda name=name: len(unite(tables[name]))) for name in tables}
    united = {name: (lambda name=name: unite(tables[name])) for name in tables}
    return replace(store, tables=LazyMapping(united), num_notes=LazyMapping(num_notes))


def load_board_notes(
    board: Board,
    root: str | Path | None = None,
    n_jobs: int | None = None,
    *,
    force_reload: bool = False,
) -> NoteStore:
    """Load the notes of a board: those of its corpus that count for its task.

    Args:
        board: The board.
        root: See ``load_notes``.
        n_jobs: See ``load_notes``.
        force_reload: See ``load_notes``.

    Raises:
        DownloadError, IntegrityError, ScoreError, StorageError: As ``load_notes`` does.
    """
    return nodes_of(load_notes(board.corpus, root, n_jobs, force_reload=force_reload), board.task)


def _load_member(
    corpus: Corpus, root: str | Path | None, n_jobs: int | None, *, force_reload: bool
) -> NoteStore:
    return load_folder(
        notes_folder(corpus, root),
        notes_recipe(corpus),
        lambda folder: _build(corpus, folder, root, n_jobs),
        lambda folder: _read_once(folder, (folder / MANIFEST).stat().st_mtime_ns),
        force_reload=force_reload,
    )


def _build(corpus: Corpus, folder: Path, root: str | Path | None, n_jobs: int | None) -> None:
    """Parse the scores of the missing shards, and write these shards."""
    missing = plan_shards(folder, [piece.piece_id for piece in corpus.pieces])
    files = fetch(corpus, corpus.paths, root)
    pieces = [corpus.pieces[i] for positions in missing.values() for i in positions]
    parse = Parallel(n_jobs=jobs_of(n_jobs), return_as="generator")
    read_files = partial(FORMATS.find(corpus.format).read, **corpus.layout)
    parsed = parse(
        delayed(_try_to_read)(read_files, [files[path] for path in piece.files]) for piece in pieces
    )
    bar = iter(tqdm(parsed, f"{corpus.name}: scores", len(pieces), disable=None, leave=False))
    faults: list[str] = []
    for file, positions in missing.items():
        read: dict[str, Reading] = {}
        told: list[Mapping[str, int]] = []
        for i, result in zip(positions, islice(bar, len(positions)), strict=True):
            if isinstance(result, Exception):
                faults.append(f"{corpus.pieces[i].piece_id}: {result}")
            else:
                read[corpus.pieces[i].piece_id], told_of_piece = result
                told.append(told_of_piece)
        if len(read) == len(positions):
            write_shard(file, list(read), columns_of(list(read.values()), told))
    if faults:
        shown = "\n".join(faults[:MOST_FAULTS_SHOWN])
        msg = f"{len(faults)} scores of {corpus.name} cannot be read:\n{shown}"
        raise ScoreError(msg)


def _try_to_read(
    read: Callable[[Sequence[Path]], Reading], paths: Sequence[Path]
) -> tuple[Reading, Mapping[str, int]] | ScoreError | AnnotationError:
    """Read a piece, and count what its reader mended or left out."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ScoreWarning)
        try:
            reading = read(paths)
        except (ScoreError, AnnotationError) as error:
            return error
    told: Counter[str] = Counter()
    for message in (warning.message for warning in found):
        if isinstance(message, ScoreWarning):
            told[message.what] += message.times
    return reading, told


def columns_of(
    pieces: Sequence[Reading], told: Sequence[Mapping[str, int]] = ()
) -> dict[str, pa.ListArray]:
    """The columns of a shard: tables and labels of its pieces, and what their readers told."""
    rows = [_tables_of(notes) | _labels_of(labels) for notes, labels in pieces]
    for row, of_piece in zip(rows, told, strict=False):
        what, times = list(of_piece), list(of_piece.values())
        row["told"] = {"what": np.array(what, np.str_), "times": np.array(times, np.int64)}
    return _columns(rows)


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
        for kind in _kinds_of(row)
    }


def _kinds_of(row: Row) -> list[str]:
    """The kinds of annotation of a piece."""
    return [
        name.removeprefix("labels/")
        for name in row.shard.columns
        if name.startswith("labels/") and name in row
    ]


@lru_cache(maxsize=64)  # more than the corpora of one board
def _read_once(folder: Path, modified_ns: int) -> NoteStore:  # noqa: ARG001 (part of the key)
    rows = dict(find_rows(folder))
    annotated = {piece_id: row for piece_id, row in rows.items() if _kinds_of(row)}
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    return NoteStore(
        manifest["fingerprint"],
        LazyMapping({piece_id: partial(read_table, row) for piece_id, row in rows.items()}),
        {piece_id: row.length("notes") for piece_id, row in rows.items()},
        LazyMapping(
            {piece_id: partial(read_labels_of, row) for piece_id, row in annotated.items()}
        ),
        LazyMapping({piece_id: partial(_told_of, row) for piece_id, row in rows.items()}),
    )


def _told_of(row: Row) -> Mapping[str, int]:
    told = row["told"]
    return dict(zip(told["what"].tolist(), told["times"].tolist(), strict=True))


def _combine(corpus: AnyCorpus, stores: Sequence[NoteStore]) -> NoteStore:
    tables: dict[str, Callable[[], NoteTable]] = {}
    num_notes: dict[str, int] = {}
    labels: dict[str, Callable[[], Labels]] = {}
    told: dict[str, Callable[[], Mapping[str, int]]] = {}
    for member, store in zip(corpus.members, stores, strict=True):
        for name in store.tables:
            tables[corpus.piece_id(member, name)] = partial(store.tables.__getitem__, name)
            num_notes[corpus.piece_id(member, name)] = store.num_notes[name]
            told[corpus.piece_id(member, name)] = partial(store.told.__getitem__, name)
        for name in store.labels:
            labels[corpus.piece_id(member, name)] = partial(store.labels.__getitem__, name)
    fingerprint = fingerprint_of(notes_recipe(corpus))
    return NoteStore(
        fingerprint, LazyMapping(tables), num_notes, LazyMapping(labels), LazyMapping(told)
    )


def labels_of(board: Board, store: NoteStore, piece_id: str) -> Mapping[str, NDArray[Any]]:
    """The labels of a piece of a board: head -> label of each note, onset or graph.

    Raises:
        InputError: If a piece of the board has no labels.
    """
    if not board.task.heads:
        return {}
    if board.has_labels_in_table:
        row = read_pieces(board.name)["piece_id"].tolist().index(piece_id)
        return {
            head: np.array([classes.index(read_column(board.name, head)[row])], dtype=np.int64)
            for head, classes in board.task.heads.items()
        }
    if not board.annotation and board.task.read_labels is not None:
        return board.task.read_labels(store.tables[piece_id])
    labels = store.labels.get(piece_id, {})
    if board.annotation not in labels:
        lacking = f"{piece_id!r}, which has no annotation {board.annotation!r}"
        msg = f"splits/{board.name}.csv lists {lacking}; exclude it there."
        raise InputError(msg)
    return labels[board.annotation].labels


def opinions_of(board: Board, store: NoteStore, piece_id: str) -> list[dict[str, NDArray[Any]]]:
    """The labels of a piece as each of several people gave them; none if the board has no such."""
    if not board.opinions:
        return []
    size = len(next(iter(labels_of(board, store, piece_id).values())))
    joined = store.labels[piece_id][board.opinions].labels
    number = len(next(iter(joined.values()))) // size
    return [
        {head: values[i * size : (i + 1) * size] for head, values in joined.items()}
        for i in range(number)
    ]


def notes_folder(corpus: Corpus, root: str | Path | None = None) -> Path:
    """The folder of the note tables of a corpus."""
    return data_home(root) / "notes" / f"{corpus.name}-{fingerprint_of(notes_recipe(corpus))}"


def jobs_of(n_jobs: int | None) -> int:
    """Scores parsed at a time: as given, as the caller's joblib backend says, or all cores."""
    if n_jobs is not None:
        return n_jobs
    backend, chosen = get_active_backend()
    if chosen is not None:
        return int(chosen)
    # Local backends report 1 if nothing was chosen; clusters report all their cores.
    return _cores() if backend.default_n_jobs == 1 else int(backend.default_n_jobs)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
