"""STORE: note tables on disk, once per corpus and parser version, without torch.

A corpus is stored as one folder ``notes/<corpus>-<fingerprint>`` in the data home: ``notes.npz``
holds the columns of all pieces end to end, ``labels.npz`` the labels of annotations that are not in
the scores themselves, ``manifest.json`` says what is in the folder and from what it was made. The
fingerprint covers the corpus' files, the parser and the form of the note table, so that a change of
any of them makes another folder and nothing stale is read. A folder is written beside its place,
under a lock, and moved there whole.
"""

import glob
import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from numpy.typing import NDArray
from tqdm import tqdm

from musebench.annotations import (
    ANNOTATIONS_VERSION,
    COUNTS,
    OnsetLabels,
    performance_labels,
    read_annotations,
    read_augmentednet_labels,
    read_fermata_labels,
)
from musebench.boards import Board
from musebench.corpora import (
    AugmentedNetCorpus,
    CombinedCorpus,
    Corpus,
    DCMLCorpus,
    PackagedCorpus,
    PerformanceCorpus,
    Piece,
    data_home,
    fetch,
    locked,
    storing_in,
)
from musebench.errors import DownloadError, IntegrityError, ScoreWarning, StorageError
from musebench.features import FEATURES_VERSION, feature_names
from musebench.score import (
    AUGMENTEDNET_PARSER_VERSION,
    DCML_PARSER_VERSION,
    FERMATAS_VERSION,
    MATCH_PARSER_VERSION,
    PARSER_VERSION,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
    read_augmentednet,
    read_dcml,
    read_performances,
    read_score,
)
from musebench.splits import read_pieces

logger = logging.getLogger(__name__)

STORE_VERSION = "1"  # raise it when the form of the files changes
PARTS_OF_NOTE_TABLE = {
    "parts": PartTable,
    "measures": MeasureTable,
    "time_signatures": TimeSignatureTable,
    "key_signatures": KeySignatureTable,
}
FINGERPRINT_LENGTH = 16
MANIFEST = "manifest.json"

Arrays = dict[str, NDArray[Any]]
Content = TypeVar("Content")


def fingerprint_of(recipe: Mapping[str, Any]) -> str:
    """SHA-256 of a recipe, in canonical JSON, cut to ``FINGERPRINT_LENGTH`` digits."""
    text = json.dumps(recipe, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]


@dataclass(frozen=True)
class NoteStore:
    """The note tables of a corpus.

    Attributes:
        fingerprint: Names the content.
        tables: Note table of each piece, by piece id, in canonical order.
        labels: Labels of each annotated piece, by piece id and kind of annotation.
    """

    fingerprint: str
    tables: Mapping[str, NoteTable]
    labels: Mapping[str, Mapping[str, OnsetLabels]] = field(default_factory=dict)


def notes_recipe(corpus: Corpus | CombinedCorpus) -> dict[str, Any]:
    """All that the note tables of a corpus depend on."""
    if isinstance(corpus, CombinedCorpus):
        members = [fingerprint_of(notes_recipe(member)) for member in corpus.members]
        return {"corpus": corpus.name, "members": members}
    recipe = {"corpus": corpus.name, "files": corpus.digest, "store": STORE_VERSION}
    if isinstance(corpus, DCMLCorpus):
        versions = {"dcml_parser": DCML_PARSER_VERSION, "annotations": ANNOTATIONS_VERSION}
        return recipe | versions | {"layout": corpus.layout}
    if isinstance(corpus, AugmentedNetCorpus):
        return recipe | {"parser": AUGMENTEDNET_PARSER_VERSION, "annotations": ANNOTATIONS_VERSION}
    partitura = importlib.metadata.version("partitura")
    if isinstance(corpus, PerformanceCorpus):
        versions = {"parser": MATCH_PARSER_VERSION, "annotations": ANNOTATIONS_VERSION}
        return recipe | versions | {"partitura": partitura}
    recipe |= {"parser": PARSER_VERSION, "partitura": partitura}
    return recipe | ({"fermatas": FERMATAS_VERSION} if _has_fermatas(corpus) else {})


def _has_fermatas(corpus: Corpus) -> bool:
    return isinstance(corpus, PackagedCorpus) and corpus.has_fermatas


def _read(folder: Path) -> NoteStore:
    return _read_once(folder, (folder / MANIFEST).stat().st_mtime_ns)


def board_recipe(board: Board) -> dict[str, Any]:
    """All that the graphs of a board depend on, but for graph, core and the user's transforms."""
    pieces = read_pieces(board.name)[["piece_id", "work_id", "composer"]]
    return {
        "board": board.name,
        "version": board.version,
        "notes": fingerprint_of(notes_recipe(board.corpus)),
        "pieces": pieces.to_numpy().tolist(),
        "heads": {head: list(classes) for head, classes in board.task.heads.items()},
        "features": [FEATURES_VERSION, *feature_names(board.task.inputs)],
    }


@lru_cache(maxsize=16)  # more than the corpora of one board
def _read_once(folder: Path, modified_ns: int) -> NoteStore:  # noqa: ARG001 (part of the key)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    tables = _split_pieces(_arrays(folder / "notes.npz"))
    has_labels = "labels.npz" in manifest["files"]
    labels = _split_labels(_arrays(folder / "labels.npz")) if has_labels else {}
    return NoteStore(manifest["fingerprint"], tables, labels)


def _arrays(file: Path) -> Arrays:
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}


def load_notes(
    corpus: Corpus | CombinedCorpus, root: str | Path | None = None, n_jobs: int | None = None
) -> NoteStore:
    """Load the note tables of a corpus, building them on first access.

    Args:
        corpus: The corpus. Of a combined one, the tables of each member are stored for themselves.
        root: The data home, see ``musebench.corpora.data_home``.
        n_jobs: Scores parsed at a time; None: all cores (or what a joblib backend chosen outside
            says).

    Raises:
        DownloadError, IntegrityError: If a file cannot be had.
        ScoreError: If a score cannot be read.
        StorageError: If the data home cannot be written or is full.
    """
    if isinstance(corpus, CombinedCorpus):
        return _combine(corpus, [load_notes(member, root, n_jobs) for member in corpus.members])

    def build(target: Path) -> None:
        files = fetch(corpus, corpus.paths, root)
        parse = Parallel(n_jobs=_jobs(n_jobs), return_as="generator")
        parsed = parse(delayed(_read_piece)(corpus, piece, files) for piece in corpus.pieces)
        bar = tqdm(parsed, f"{corpus.name}: scores", len(corpus.pieces), disable=None, leave=False)
        pieces = dict(zip((piece.piece_id for piece in corpus.pieces), bar, strict=True))
        columns: dict[str, Any] = _join_pieces({name: notes for name, (notes, _) in pieces.items()})
        np.savez(target / "notes.npz", **columns)
        if labels := {name: labels for name, (_, labels) in pieces.items() if labels}:
            columns = _join_labels(labels)
            np.savez(target / "labels.npz", **columns)

    return load_folder(notes_folder(corpus, root), notes_recipe(corpus), build, _read)


def _read_piece(
    corpus: Corpus, piece: Piece, files: Mapping[str, Path]
) -> tuple[NoteTable, dict[str, OnsetLabels]]:
    if isinstance(corpus, AugmentedNetCorpus):
        notes = read_augmentednet(files[piece.score])
        return notes, {corpus.name: read_augmentednet_labels(files[piece.score], notes)}
    if isinstance(corpus, PerformanceCorpus):
        notes, played = read_performances([files[path] for path in piece.files])
        return notes, {"performance": performance_labels(played)}
    if not isinstance(corpus, DCMLCorpus):
        has_labels = _has_fermatas(corpus)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScoreWarning)  # its files are pinned, with their faults
            notes = read_score(files[piece.score])
            return notes, read_fermata_labels(files[piece.score], notes) if has_labels else {}
    notes = read_dcml(files[piece.score], files[piece.measures], **corpus.layout)
    return notes, read_annotations(files[piece.harmonies], notes) if piece.harmonies else {}


def _combine(corpus: CombinedCorpus, stores: Sequence[NoteStore]) -> NoteStore:
    tables: dict[str, NoteTable] = {}
    labels: dict[str, Mapping[str, OnsetLabels]] = {}
    for member, store in zip(corpus.members, stores, strict=True):
        tables |= {corpus.piece_id(member, name): table for name, table in store.tables.items()}
        labels |= {corpus.piece_id(member, name): found for name, found in store.labels.items()}
    return NoteStore(fingerprint_of(notes_recipe(corpus)), tables, labels)


def labels_of(board: Board, store: NoteStore, piece_id: str) -> Mapping[str, NDArray[Any]]:
    """The labels of a piece of a board: head -> label of each note, onset or graph."""
    if board.piece_column:
        pieces = read_pieces(board.name)
        (value,) = pieces.loc[pieces["piece_id"] == piece_id, board.piece_column]
        head = board.task.main_head
        return {head: np.array([board.task.heads[head].index(value)], dtype=np.int64)}
    if board.read_labels is not None:
        return board.read_labels(store.tables[piece_id])
    return store.labels[piece_id][board.annotation].labels


def notes_folder(corpus: Corpus, root: str | Path | None = None) -> Path:
    """Where the note tables of a corpus belong."""
    return data_home(root) / "notes" / f"{corpus.name}-{fingerprint_of(notes_recipe(corpus))}"


def _jobs(n_jobs: int | None) -> int:
    """Scores parsed at a time: as told, as a joblib backend chosen outside has it, all cores."""
    if n_jobs is not None:
        return n_jobs
    backend, chosen = get_active_backend()
    if chosen is not None:
        return int(chosen)
    # Backends of one machine name 1 where nothing was chosen, clusters all they have.
    return _cores() if backend.default_n_jobs == 1 else int(backend.default_n_jobs)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ensure_folder(
    folder: Path,
    recipe: Mapping[str, Any],
    build: Callable[[Path], None],
    *,
    anew: bool = False,
) -> None:
    """Make sure that a folder of the cache is there, whole, undamaged and made from this recipe.

    A folder that is all that is read, not written to: no lock is taken. Otherwise it is built
    beside its place and moved there whole, so that others read the old one as long as they need it.

    Args:
        folder: Where it belongs.
        recipe: What it is made from.
        build: Writes the files into a new folder beside it.
        anew: Build it even if nothing is wrong with it.

    Raises:
        StorageError: If the data home cannot be written or is full.
        DownloadError, IntegrityError: If ``build`` needs a file that cannot be had.
    """
    damage = damage_of(folder, recipe)
    if not damage and not anew:
        return
    with storing_in(folder), locked(folder):
        damage = damage_of(folder, recipe)  # another process may have built it meanwhile
        if not damage and not anew:
            return
        damaged = bool(damage) and folder.exists()
        if damaged:
            logger.warning("%s: %s; it is built anew.", folder, damage)
        try:
            _build_and_swap(folder, recipe, build)
        except (DownloadError, IntegrityError) as error:
            if not damaged:
                raise
            msg = f"{folder}: {damage}, and it cannot be built anew: {error}"
            raise type(error)(msg) from error


def load_folder(
    folder: Path,
    recipe: Mapping[str, Any],
    build: Callable[[Path], None],
    read: Callable[[Path], Content],
    *,
    anew: bool = False,
) -> Content:
    """Return what ``read`` makes of a folder of the cache; the rest as in ``ensure_folder``."""
    ensure_folder(folder, recipe, build, anew=anew)
    try:
        return read(folder)
    except FileNotFoundError:  # another process is just moving a new one to its place
        ensure_folder(folder, recipe, build)
        return read(folder)


def _build_and_swap(folder: Path, recipe: Mapping[str, Any], build: Callable[[Path], None]) -> None:
    """Build a folder beside its place and move it there; its lock is held."""
    for left_over in folder.parent.glob(f".{glob.escape(folder.name)}-*"):
        shutil.rmtree(left_over, ignore_errors=True)  # its builder died: we have the lock
    with tempfile.TemporaryDirectory(
        dir=folder.parent, prefix=f".{folder.name}-", ignore_cleanup_errors=True
    ) as beside:
        new = Path(beside) / "new"
        new.mkdir()
        build(new)
        write_manifest(new, recipe)
        _swap(new, folder, Path(beside) / "old")


def _swap(new: Path, folder: Path, aside: Path) -> None:
    try:
        if folder.exists():
            folder.replace(aside)
        new.replace(folder)
    except PermissionError as error:  # Windows does not move what is mapped into memory
        msg = (
            f"{folder} could not be replaced ({error.strerror}): another process uses it. "
            "End that process and try again."
        )
        raise StorageError(msg) from error


def discard(folder: Path) -> None:
    """Remove a folder of the cache, once no other process is changing it.

    Raises:
        StorageError: If the disk does not let it.
    """
    with storing_in(folder), locked(folder):
        if folder.exists():
            shutil.rmtree(folder)


def write_manifest(folder: Path, recipe: Mapping[str, Any]) -> None:
    """Write ``manifest.json``: the recipe, its fingerprint, size and SHA-256 of every file."""
    manifest = {
        "fingerprint": fingerprint_of(recipe),
        "recipe": recipe,
        "files": {
            file.name: {"size": file.stat().st_size, "sha256": _sha256(file)}
            for file in sorted(folder.iterdir())
        },
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")


def damage_of(folder: Path, recipe: Mapping[str, Any] | None = None) -> str:
    """What is wrong with a folder of the cache; empty if nothing.

    It should be made from a recipe; None: from the one that its own manifest tells. Every byte is
    read. Files whose name starts with a dot are the file manager's and not looked at.
    """
    if not folder.exists():
        return "it is not there"
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        fingerprint, files = manifest["fingerprint"], manifest["files"]
        known = {name: (file["size"], file["sha256"]) for name, file in files.items()}
        expected = manifest["recipe"] if recipe is None else _as_json(recipe)
        if (fingerprint_of(expected), manifest["recipe"]) != (fingerprint, expected):
            return f"it is not what belongs here, but was made from another recipe ({fingerprint})"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "it has no readable manifest"
    try:
        return _damage_of_files(folder, known)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def _damage_of_files(folder: Path, known: Mapping[str, tuple[int, str]]) -> str:
    found = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    if superfluous := sorted(found - known.keys() - {MANIFEST}):
        return f"{superfluous[0]} does not belong to it"
    for name, (size, sha256) in known.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size:
            return f"{name} is missing or of another size"
        if _sha256(file) != sha256:
            return f"{name} was changed (its SHA-256 differs)"
    return ""


def _as_json(recipe: Mapping[str, Any]) -> Any:
    """What a recipe is when it comes back from a file: tuples are lists there."""
    return json.loads(json.dumps(recipe))


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _join_pieces(tables: Mapping[str, NoteTable]) -> Arrays:
    """The columns of all pieces end to end, and where each piece starts in them."""
    joined: Arrays = {
        "piece_id": np.array(list(tables), dtype=np.str_),
        "divs_pq": np.array([table.divs_pq for table in tables.values()], dtype=np.int64),
    }
    for prefix in ("notes", *PARTS_OF_NOTE_TABLE):
        parts = [t if prefix == "notes" else getattr(t, prefix) for t in tables.values()]
        lengths = [len(part) for part in parts]
        joined[f"{prefix}.start"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        for name in parts[0].columns():
            joined[f"{prefix}.{name}"] = np.concatenate([part.columns()[name] for part in parts])
    return joined


def _split_pieces(joined: Arrays) -> dict[str, NoteTable]:
    """Inverse of ``_join_pieces``."""
    tables: dict[str, NoteTable] = {}
    for i, piece_id in enumerate(joined["piece_id"].tolist()):
        parts = {
            name: kind(**_columns_of(joined, name, i, kind))
            for name, kind in PARTS_OF_NOTE_TABLE.items()
        }
        columns = _columns_of(joined, "notes", i, NoteTable)
        tables[piece_id] = NoteTable(divs_pq=int(joined["divs_pq"][i]), **columns, **parts)
    return tables


def _columns_of(joined: Arrays, prefix: str, piece: int, kind: type) -> dict[str, Any]:
    begin, end = joined[f"{prefix}.start"][piece : piece + 2]
    names = [field.name for field in fields(kind) if f"{prefix}.{field.name}" in joined]
    return {name: joined[f"{prefix}.{name}"][begin:end] for name in names}


def _join_labels(labels: Mapping[str, Mapping[str, OnsetLabels]]) -> dict[str, Any]:
    """The labels of all annotated pieces end to end, and where each piece starts in them."""
    first = next(iter(labels.values()))
    joined = {"piece_id": np.array(list(labels), dtype=np.str_)}
    for kind, example in first.items():
        found = [of_piece[kind] for of_piece in labels.values()]
        lengths = [len(next(iter(one.labels.values()))) for one in found]
        joined["start"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        joined[f"counts/{kind}"] = np.array([[one.counts[c] for c in COUNTS] for one in found])
        for head in example.labels:
            joined[f"labels/{kind}/{head}"] = np.concatenate([one.labels[head] for one in found])
    return joined


def _split_labels(joined: Arrays) -> dict[str, Mapping[str, OnsetLabels]]:
    """Inverse of ``_join_labels``."""
    heads: dict[str, list[str]] = {}
    for _, kind, head in (name.split("/") for name in joined if name.startswith("labels/")):
        heads.setdefault(kind, []).append(head)
    ranges = zip(joined["start"][:-1], joined["start"][1:], strict=True)
    return {
        piece_id: {
            kind: OnsetLabels(
                {head: joined[f"labels/{kind}/{head}"][begin:end] for head in names},
                dict(zip(COUNTS, joined[f"counts/{kind}"][i].tolist(), strict=True)),
            )
            for kind, names in heads.items()
        }
        for i, (piece_id, (begin, end)) in enumerate(
            zip(joined["piece_id"].tolist(), ranges, strict=True)
        )
    }
