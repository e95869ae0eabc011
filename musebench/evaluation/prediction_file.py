"""Predictions of one run on one split, as a file without pickle.

An ``.npz`` with ``piece_id`` in canonical order, ``start`` (where each piece begins in the
columns), a column of classes for each head, and ``about``, a line of JSON: board, version, split,
scheme, seed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.boards import find_board
from musebench.evaluation.predictions import PredictionError

FORMAT = "musebench.predictions/1"


@dataclass(frozen=True, eq=False)
class PredictionFile:
    """What a prediction file holds.

    Attributes:
        board: Name of the board.
        version: Version of the board that was predicted.
        split: Split that was predicted.
        split_scheme: Way in which the pieces were split.
        seed: Seed of the run.
        y_pred: Piece id -> head -> class of each note, as ``Evaluator.eval`` takes it.
    """

    board: str
    version: str
    split: str
    split_scheme: str
    seed: int
    y_pred: Mapping[str, Mapping[str, NDArray[Any]]]


def write_predictions(
    path: str | Path,
    board: str,
    split: str,
    y_pred: Mapping[str, Mapping[str, NDArray[Any]]],
    *,
    split_scheme: str = "official",
    seed: int = 0,
) -> None:
    """Write predictions, whole or not at all.

    Args:
        path: Name of the file, ending in ``.npz``.
        board: Name of the board.
        split: Split of the pieces.
        y_pred: Piece id -> head -> class of each note; at most 256 classes.
        split_scheme: Way in which the pieces are split.
        seed: Seed of the run.
    """
    path = Path(path)
    pieces = sorted(y_pred)
    heads = list(y_pred[pieces[0]])
    lengths = [len(y_pred[piece][heads[0]]) for piece in pieces]
    about = {
        "format": FORMAT,
        "board": board,
        "version": find_board(board).version,
        "split": split,
        "split_scheme": split_scheme,
        "seed": seed,
    }
    columns: dict[str, Any] = {
        head: np.concatenate([y_pred[piece][head] for piece in pieces]).astype(np.uint8)
        for head in heads
    }
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez_compressed(
            file,
            about=np.array(json.dumps(about)),
            piece_id=np.array(pieces),
            start=np.concatenate([[0], np.cumsum(lengths)]),
            **columns,
        )
    unfinished.replace(path)


def read_predictions(path: str | Path) -> PredictionFile:
    """Read predictions.

    Raises:
        PredictionError: If the file is not one that ``write_predictions`` wrote.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            stored = {name: arrays[name] for name in arrays}
        about = json.loads(str(stored.pop("about")))
        if about.pop("format") != FORMAT:
            msg = f"it is not of the format {FORMAT}"
            raise ValueError(msg)
        pieces, start = stored.pop("piece_id").tolist(), stored.pop("start")
        y_pred = {
            piece: {head: column[start[i] : start[i + 1]] for head, column in stored.items()}
            for i, piece in enumerate(pieces)
        }
        return PredictionFile(**about, y_pred=y_pred)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        msg = f"{path} is not a file of predictions ({error}); `musebench predict` writes one."
        raise PredictionError(msg) from error
