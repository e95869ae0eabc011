"""The note tables and labels of a corpus, one row per score in shards."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import FORMATS
from musebench.boards import Board
from musebench.corpora import AnyCorpus, Corpus, data_home, fetch
from musebench.errors import InputError, ScoreError, ScoreWarning
from musebench.features import FEATURES_VERSION, feature_names
from musebench.score import NoteTable
from musebench.shown import Shown
from musebench.splits import read_column, read_pieces, table_of_pieces
from musebench.store.build import (
    SHARD,
    UNREADABLE,
    Piece,
    ShardTask,
    Unreadable,
    make_shards,
    read_unreadable,
    shares,
)
from musebench.store.columns import Labels, read_labels_of, read_table, told_of
from musebench.store.folders import ensure_folder, fingerprint_of, load_folder
from musebench.store.index import largest_group, read_index, write_index
from musebench.store.shards import Columns, Rows, is_intact, read_columns
from musebench.tasks import Task, labels_as_declared

STORE_VERSION = "3"  # raise it when the form of the files changes

MOST_FAULTS_SHOWN = 10

Value = TypeVar("Value")


class LazyMapping(Shown, Mapping[str, Value]):
    """Values by name, each made on access.

    Args:
        names: The names, in order.
        make: Makes the value of a name.
    """

    def __init__(self, names: Iterable[str], make: Callable[[str], Value]) -> None:
        self.names, self.make = dict.fromkeys(names), make

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        return {"names": len(self)}

    def __getitem__(self, name: str) -> Value:
        """Make the value of a name."""
        if name not in self.names:
            raise KeyError(name)
        return self.make(name)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in order."""
        return iter(self.names)

    def __len__(self) -> int:
        """Number of names."""
        return len(self.names)


@dataclass(frozen=True, repr=False)
class NoteStore(Shown):
    """The note tables of a corpus.

    Attributes:
        fingerprint: Identifies the contents.
        tables: Piece id -> note table, in canonical order; made from the mapped files on access.
        num_notes: Piece id -> number of its notes.
        labels: Piece id -> kind of annotation -> labels, for annotated pieces.
        told: Piece id -> what its reader mended or left out -> how often.
        largest_chords: Piece id -> number of notes of its largest onset group.
        unreadable: Piece id -> why it cannot be read; it is in none of the others.
    """

    fingerprint: str
    tables: Mapping[str, NoteTable]
    num_notes: Mapping[str, int]
    labels: Mapping[str, Labels] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    largest_chords: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, Unreadable] = field(default_factory=dict)


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
    tables = LazyMapping(store.tables, lambda name: unite(store.tables[name]))
    unite, sizes = (
        task.unite,
        cache(lambda name: (len(tables[name]), largest_group(tables[name].onset_div))),
    )
    return replace(
        store,
        tables=tables,
        num_notes=LazyMapping(tables, lambda name: sizes(name)[0]),
        largest_chords=LazyMapping(tables, lambda name: sizes(name)[1]),
    )


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
    store = load_notes(board.corpus, root, n_jobs, force_reload=force_reload)
    if store.unreadable:
        _check_all_are_read(board, store)
    return nodes_of(store, board.task)


def _check_all_are_read(board: Board, store: NoteStore) -> None:
    wanted = read_pieces(board.name)["piece_id"]
    faults = [
        f"{name}: {store.unreadable[name].reason}" for name in wanted if name in store.unreadable
    ]
    if faults:
        shown = "\n".join(faults[:MOST_FAULTS_SHOWN])
        msg = f"{len(faults)} scores of {board.corpus.name} cannot be read:\n{shown}"
        raise ScoreError(msg)


def _load_member(
    corpus: Corpus, root: str | Path | None, n_jobs: int | None, *, force_reload: bool
) -> NoteStore:
    folder, recipe = notes_folder(corpus, root), notes_recipe(corpus)
    build = partial(_build, corpus, root=root, n_jobs=n_jobs)

    def read(folder: Path) -> NoteStore:
        index = read_index(folder)
        rows = Rows(
            lambda: {name: entry.place for name, entry in read_index(folder).items()},
            lambda _: ensure_folder(folder, recipe, build, deep=True),
        )
        return NoteStore(
            fingerprint_of(recipe),
            LazyMapping(index, lambda name: read_table(rows[name])),
            {name: entry.num_notes for name, entry in index.items()},
            LazyMapping(
                [name for name, entry in index.items() if entry.kinds],
                lambda name: read_labels_of(rows[name]),
            ),
            LazyMapping(index, lambda name: told_of(rows[name])),
            {name: entry.largest_chord for name, entry in index.items()},
            read_unreadable(folder),
        )

    return load_folder(folder, recipe, build, read, force_reload=force_reload)


def _build(corpus: Corpus, folder: Path, root: str | Path | None, n_jobs: int | None) -> None:
    """Make the shards that are missing, and the index."""
    files = fetch(corpus, corpus.paths, root)
    pieces = [(p.piece_id, [files[path] for path in p.files]) for p in corpus.pieces]
    read = partial(FORMATS.find(corpus.format).read, **corpus.layout)
    planned = {f"{i:05d}": of_shard for i, of_shard in enumerate(shares(pieces))}
    finished = _finished(folder, planned)
    make_shards(
        [
            ShardTask(folder, number, of_shard, read, "told", _count)
            for number, of_shard in planned.items()
            if number not in finished
        ],
        corpus.name,
        n_jobs,
    )
    for half_written in folder.glob("*.part"):  # by a worker that was killed
        half_written.unlink()
    write_index(folder)


def _finished(folder: Path, planned: Mapping[str, Sequence[Piece]]) -> set[str]:
    """The shards that are there; files that are not of the plan, or damaged, are removed."""
    names: dict[str, list[str]] = {}
    files: dict[str, list[Path]] = {}
    for file in folder.iterdir():
        kind, _, number = file.stem.rpartition("-")[0].partition("-")
        if kind in {SHARD, UNREADABLE} and number in planned and is_intact(file):
            names.setdefault(number, []).extend(read_columns(file, ["piece_id"])["piece_id"])
            files.setdefault(number, []).append(file)
    finished = {n for n in names if sorted(names[n]) == sorted(name for name, _ in planned[n])}
    kept = {file for number in finished for file in files[number]}
    for file in set(folder.iterdir()) - kept:
        file.unlink()
    return finished


def _count(paths: Sequence[Path], said: Sequence[ScoreWarning]) -> Columns:  # noqa: ARG001
    """What the reader of a score mended or left out, and how often."""
    told: Counter[str] = Counter()
    for warning in said:
        told[warning.what] += warning.times
    return {"what": np.array(list(told), np.str_), "times": np.array(list(told.values()), np.int64)}


def _combine(corpus: AnyCorpus, stores: Sequence[NoteStore]) -> NoteStore:
    """The stores of the members of a corpus as one."""
    origin = {
        corpus.piece_id(member, name): (store, name)
        for member, store in zip(corpus.members, stores, strict=True)
        for name in (*store.tables, *store.unreadable)
    }

    def joined(of: Callable[[NoteStore], Mapping[str, Value]]) -> LazyMapping[Value]:
        names = [joined for joined, (store, name) in origin.items() if name in of(store)]
        return LazyMapping(names, lambda joined: of(origin[joined][0])[origin[joined][1]])

    return NoteStore(
        fingerprint_of(notes_recipe(corpus)),
        joined(lambda store: store.tables),
        dict(joined(lambda store: store.num_notes)),
        joined(lambda store: store.labels),
        joined(lambda store: store.told),
        dict(joined(lambda store: store.largest_chords)),
        dict(joined(lambda store: store.unreadable)),
    )


def labels_of(board: Board, store: NoteStore, piece_id: str) -> Mapping[str, NDArray[Any]]:
    """The labels of a piece of a board: head -> label of each note, onset or graph.

    Raises:
        InputError: If a piece of the board has no labels, or labels that its task cannot have.
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
        found: Any = board.task.read_labels(store.tables[piece_id])
    elif board.annotation not in (labels := store.labels.get(piece_id, {})):
        lacking = f"{piece_id!r}, which has no annotation {board.annotation!r}"
        msg = f"{table_of_pieces(board.name)} lists {lacking}; exclude it there."
        raise InputError(msg)
    else:
        found = labels[board.annotation].labels
    return labels_as_declared(board.task, found, f"{board.name}, piece {piece_id!r}")


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
