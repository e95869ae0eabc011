"""Ceilings: what the main metric gives people, judged as a method is.

Where several people annotated or played the same music, each of them is taken as the truth, and the
others as the prediction: the annotator for another one, the mean of the other pianists for a
pianist. A method cannot be expected to agree with people more than they agree with each other.

Conventions:
    Only music with several opinions counts, of the whole board, with the metric, weights and
    intervals of the board. A class is predicted by the next opinion, in their order; a number by
    the mean of all others. Where the others have no label, nothing is judged.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.boards import BOARDS, Board, find_board
from musebench.errors import InputError
from musebench.evaluation.evaluator import Evaluator
from musebench.evaluation.targets import PieceTarget, targets_of
from musebench.files import is_file, read_text, write_file
from musebench.splits import music_of_pieces, read_pieces
from musebench.store import load_board_notes
from musebench.tasks import Task

FILE = "ceiling.json"

Labels = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Ceiling:
    """The agreement of people on a board.

    Attributes:
        board: Name of the board.
        version: Its version.
        metric: Its first main metric.
        value: What the metric gives the people.
        low: Low end of its 95 % interval over works; None if the spread cannot be estimated.
        high: High end.
        num_pieces: Number of pieces of music with several opinions.
        num_works: Number of their works.
        num_opinions: Number of opinions on all of them together.
    """

    board: str
    version: str
    metric: str
    value: float
    low: float | None
    high: float | None
    num_pieces: int
    num_works: int
    num_opinions: int


def has_ceiling(board: Board) -> bool:
    """Whether several people annotated or played the same music of a board."""
    return bool(board.opinions or music_of_pieces(board.name).duplicated().any())


def ceiling_of(board: str, root: str | Path | None = None) -> Ceiling:
    """Compute the ceiling of a board.

    Raises:
        InputError: If there is no such board, or its labels are of one person each.
        DownloadError: If the scores are neither cached nor downloadable.
    """
    found = find_board(board)
    if not has_ceiling(found):
        there = ", ".join(other.name for other in BOARDS.values() if has_ceiling(other))
        msg = f"{board} has one opinion on each piece; boards with several: {there}."
        raise InputError(msg)
    groups = list(_music(found, root))
    targets, y_pred = [], {}
    for group in groups:
        for number, piece in enumerate(group):
            others = [other.labels for other in group[number + 1 :] + group[:number]]
            judged, predicted = _judge(found.task, piece, others)
            name = f"{piece.piece_id}/{number}"
            targets.append(replace(judged, piece_id=name, weight=1 / len(group)))
            y_pred[name] = predicted
    result = Evaluator.from_targets(found.task, targets, name=f"the people of {board}").eval(
        {"y_pred": y_pred}
    )
    metric = found.task.main_metrics[0]
    low, high = result[f"{metric}_ci95"] or (None, None)
    return Ceiling(
        board=board,
        version=found.version,
        metric=metric,
        value=result[metric],
        low=low,
        high=high,
        num_pieces=len(groups),
        num_works=result["num_works"],
        num_opinions=len(targets),
    )


def _music(board: Board, root: str | Path | None) -> Iterator[list[PieceTarget]]:
    """The opinions on each piece of music that has several, as pieces.

    Raises:
        InputError: If two annotated pieces of one music have different notes.
    """
    pieces = read_pieces(board.name).assign(music=music_of_pieces(board.name))
    is_repeated = pieces["music"].duplicated(keep=False)
    chosen = pieces if board.opinions else pieces[is_repeated]
    chosen = chosen.sort_values(["music", "piece_id"])
    targets = targets_of(board, load_board_notes(board, root), chosen)
    of_music = zip(chosen["music"], targets, strict=True)
    for music, group in groupby(of_music, key=lambda pair: pair[0]):
        opinions = [
            replace(piece, labels=labels, opinions=())
            for _, piece in group
            for labels in piece.opinions or (piece.labels,)
        ]
        if len({piece.order_sha256 for piece in opinions}) > 1:
            msg = f"the pieces of the music {music!r} on {board.name} differ in their notes."
            raise InputError(msg)
        if len(opinions) > 1:
            yield opinions


def _judge(
    task: Task, piece: PieceTarget, others: Sequence[Labels]
) -> tuple[PieceTarget, dict[str, NDArray[Any]]]:
    """The piece with the labels that can be compared, and what the others say of them."""
    labels, predicted = {}, {}
    for head, target in piece.labels.items():
        if task.kind == "regression":
            told = np.array([other[head] for other in others], np.float64)
            known = ~np.isnan(told)
            count = known.sum(axis=0)
            predicted[head] = np.where(known, told, 0.0).sum(axis=0) / np.maximum(count, 1)
            labels[head] = np.where(count > 0, target, np.nan)
        else:
            is_known = others[0][head] != IGNORE_LABEL
            predicted[head] = np.where(is_known, others[0][head], 0)
            labels[head] = np.where(is_known, target, IGNORE_LABEL)
    return replace(piece, labels=labels), predicted


def write_ceiling(ceiling: Ceiling, leaderboards: str | Path) -> Path:
    """Write a ceiling beside the entries of its board, and return the file."""
    file = Path(leaderboards) / ceiling.board / FILE
    write_file(file, (json.dumps(asdict(ceiling), indent=1) + "\n").encode())
    return file


def read_ceiling(board: str, leaderboards: str | Path) -> Ceiling | None:
    """Read the ceiling of a board; None if none is stored, or it is of another version.

    Raises:
        InputError: If the file is damaged.
    """
    file = Path(leaderboards) / board / FILE
    if not is_file(file):
        return None
    try:
        found = Ceiling(**json.loads(read_text(file)))
    except (TypeError, ValueError) as error:
        msg = f"{file} is damaged ({error}); run `musebench ceiling {board}` again."
        raise InputError(msg) from error
    return found if found.version == find_board(board).version else None
