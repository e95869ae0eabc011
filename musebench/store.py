"""STORE: note tables on disk, once per corpus and parser version, without torch.

A corpus is stored as one folder ``notes/<corpus>-<fingerprint>`` in the data home: ``notes.npz``
holds the columns of all pieces end to end, ``manifest.json`` says what is in it and from what it
was made. The fingerprint covers the corpus' files, the parser and the form of the note table, so
that a change of any of them makes another folder and nothing stale is read. A folder is written
beside its place, under a lock, and moved there whole.
"""

import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from musebench.corpora import Corpus, data_home, fetch, locked, storing_in
from musebench.score import (
    PARSER_VERSION,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
    read_score,
)

logger = logging.getLogger(__name__)

STORE_VERSION = "1"  # raise it when the form of the files changes
PARTS_OF_NOTE_TABLE = {
    "parts": PartTable,
    "measures": MeasureTable,
    "time_signatures": TimeSignatureTable,
    "key_signatures": KeySignatureTable,
}
FINGERPRINT_LENGTH = 16

Arrays = dict[str, NDArray[Any]]


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
    """

    fingerprint: str
    tables: Mapping[str, NoteTable]


def notes_recipe(corpus: Corpus) -> dict[str, str]:
    """All that the note tables of a corpus depend on."""
    return {
        "corpus": corpus.name,
        "files": corpus.digest,
        "parser": PARSER_VERSION,
        "partitura": importlib.metadata.version("partitura"),
        "store": STORE_VERSION,
    }


@lru_cache(maxsize=4)
def _read_once(folder: Path, modified_ns: int) -> NoteStore:  # noqa: ARG001 (part of the key)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    with np.load(folder / "notes.npz", allow_pickle=False) as arrays:
        return NoteStore(manifest["fingerprint"], _split_pieces({k: arrays[k] for k in arrays}))


def load_notes(
    corpus: Corpus, root: str | Path | None = None, n_jobs: int | None = None
) -> NoteStore:
    """Load the note tables of a corpus, building them on first access.

    Args:
        corpus: The corpus.
        root: The data home, see ``musebench.corpora.data_home``.
        n_jobs: Scores parsed at a time; None: all cores (or what a joblib backend chosen outside
            says).

    Raises:
        DownloadError, IntegrityError: If a file cannot be had.
        ScoreError: If a score cannot be read.
    """
    recipe = notes_recipe(corpus)
    fingerprint = fingerprint_of(recipe)
    folder = data_home(root) / "notes" / f"{corpus.name}-{fingerprint}"

    def build(target: Path) -> None:
        files = fetch(corpus, [piece.score for piece in corpus.pieces], root)
        parse = Parallel(n_jobs=n_jobs if n_jobs is not None else _cores(), return_as="generator")
        parsed = parse(delayed(read_score)(files[piece.score]) for piece in corpus.pieces)
        bar = tqdm(parsed, f"{corpus.name}: scores", len(corpus.pieces), disable=None, leave=False)
        tables = dict(zip((piece.piece_id for piece in corpus.pieces), bar, strict=True))
        columns: dict[str, Any] = _join_pieces(tables)
        np.savez(target / "notes.npz", **columns)

    ensure_folder(folder, recipe, build)
    return _read_once(folder, (folder / "manifest.json").stat().st_mtime_ns)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ensure_folder(folder: Path, recipe: Mapping[str, Any], build: Callable[[Path], None]) -> None:
    """Make sure that a folder of the cache is there, whole and undamaged.

    Args:
        folder: Where it belongs.
        recipe: What it was made from, for the manifest.
        build: Writes the files into a new folder beside it.

    Raises:
        StorageError: If the disk is full or the folder cannot be written to.
    """
    if not damage_of(folder):
        return
    with storing_in(folder), locked(folder):
        damage = damage_of(folder)  # another process may have built it meanwhile
        if not damage:
            return
        if folder.exists():
            logger.warning("%s: %s; it is built anew.", folder, damage)
            shutil.rmtree(folder)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
            target = Path(name) / "new"
            target.mkdir()
            build(target)
            write_manifest(target, recipe)
            target.replace(folder)


def discard(folder: Path) -> None:
    """Remove a folder of the cache, so that it is built anew.

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
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")


def damage_of(folder: Path) -> str:
    """What is wrong with a folder of the cache; empty if nothing is."""
    try:
        files = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return "it has no readable manifest"
    for name, known in files.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != known["size"]:
            return f"{name} is missing or of another size"
        if _sha256(file) != known["sha256"]:
            return f"{name} was changed (its SHA-256 differs)"
    return ""


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
