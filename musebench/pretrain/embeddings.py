"""Files of frozen note embeddings, of anybody's model.

An ``.npz`` like a prediction file: ``about`` (a line of JSON: format, board, version, fold,
``order_sha256``), ``piece_id`` and ``start``, and ``embedding``, a row per note of every piece of
the board's fold, float16. Notes are in the order of the graphs of the board. Such a file is large
and stays outside git: its size and SHA-256 are what is told.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.boards import find_board
from musebench.errors import InputError, PredictionError
from musebench.evaluation import check_predictions_file, hash_of_order, load_targets, read_npz
from musebench.files import writing_whole
from musebench.splits import SPLITS

FORMAT = "musebench.embeddings/1"
MAX_BYTES = 2**31
FIELDS = {"format", "board", "version", "fold", "order_sha256"}


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Embeddings of the notes of a board.

    Attributes:
        board: Name of the board.
        version: Its version.
        fold: The fold that they were made for: the model knows none of its held-out works.
        order_sha256: Hash of the pieces and of the order of their notes.
        notes: Piece id -> embedding of each note, ``(num_notes, size)``.
    """

    board: str
    version: str
    fold: int
    order_sha256: str
    notes: Mapping[str, NDArray[Any]]


def embeddings_of(
    board: str, fold: int, notes: Mapping[str, NDArray[Any]], root: str | Path | None = None
) -> Embeddings:
    """Embeddings of all pieces of a board, with the hash of their order."""
    found = find_board(board)
    return Embeddings(board, found.version, fold, order_of(board, fold, root), notes)


def order_of(board: str, fold: int, root: str | Path | None = None) -> str:
    """SHA-256 of the canonical order of all pieces of a fold and their notes."""
    found, digest = find_board(board), hashlib.sha256()
    for split in SPLITS:
        targets = sorted(
            load_targets(found, split, "official", root, fold=fold), key=lambda of: of.piece_id
        )
        digest.update(hash_of_order(targets).encode())
    return digest.hexdigest()


def write_embeddings(path: str | Path, found: Embeddings) -> None:
    """Write embeddings, whole or not at all.

    Raises:
        InputError: If the file cannot be written.
        PredictionError: If a number is not finite in half precision.
    """
    path = check_predictions_file(path)
    ids = sorted(found.notes)
    with np.errstate(over="ignore"):
        rows = np.concatenate([found.notes[i] for i in ids]).astype(np.float16)
    if not np.isfinite(rows).all():
        msg = "an embedding has a number that is not finite in half precision (float16)."
        raise PredictionError(msg)
    about = {
        "format": FORMAT,
        "board": found.board,
        "version": found.version,
        "fold": found.fold,
        "order_sha256": found.order_sha256,
    }
    with writing_whole(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(
            file,
            about=np.array(json.dumps(about)),
            piece_id=np.array(ids),
            start=np.cumsum([0, *(len(found.notes[i]) for i in ids)]),
            embedding=rows,
        )


def read_embeddings(path: str | Path, root: str | Path | None = None) -> Embeddings:
    """Read embeddings from an untrusted file, and check that they are of the notes of a board.

    Raises:
        PredictionError: If the file is damaged, or its order is not that of the board.
    """
    try:
        stored = read_npz(path, max_bytes=MAX_BYTES, max_unpacked=MAX_BYTES)
        about = json.loads(str(stored["about"]))
        if not isinstance(about, dict) or about.keys() != FIELDS or about["format"] != FORMAT:
            msg = f"its format is not {FORMAT}"
            raise ValueError(msg)
        rows, start, ids = stored["embedding"], stored["start"], stored["piece_id"].tolist()
        ascending = start.dtype.kind in "iu" and start.ndim == 1 and np.all(np.diff(start) >= 0)
        ends = [0, len(rows)] if rows.ndim == 2 and rows.dtype.kind == "f" else None
        if not ascending or len(start) != len(ids) + 1 or [start[0], start[-1]] != ends:
            msg = "start must say where the rows of each piece begin"
            raise ValueError(msg)
        if not np.isfinite(rows).all():
            msg = "a number is not finite"
            raise ValueError(msg)
        notes = {name: rows[start[i] : start[i + 1]] for i, name in enumerate(ids)}
        found = Embeddings(
            str(about["board"]),
            str(about["version"]),
            int(about["fold"]),
            str(about["order_sha256"]),
            notes,
        )
        wanted = order_of(found.board, found.fold, root)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, InputError) as error:
        msg = f"{path} is not a file of embeddings ({error}); `musebench embed` writes one."
        raise PredictionError(msg) from error
    if (found.order_sha256, found.version) != (wanted, find_board(found.board).version):
        msg = (
            f"{path} has the order_sha256 {found.order_sha256[:16]}..., {found.board} has "
            f"{wanted[:16]}...: its rows belong to other notes. Embed again."
        )
        raise PredictionError(msg)
    return found
