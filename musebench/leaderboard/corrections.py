"""What the errata of a corpus change in the scores of a board's entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musebench.boards import find_board
from musebench.evaluation import Evaluator
from musebench.files import is_folder
from musebench.leaderboard.runs import entries_with_runs
from musebench.shown import Shown


@dataclass(frozen=True, repr=False)
class Correction(Shown):
    """A metric of an entry with the labels as published and with the errata applied.

    Attributes:
        entry: Id of the entry.
        method: Name of its method.
        metric: A main metric of the board.
        official: Value on the board, mean over seeds; None if it is undefined.
        corrected: The same with the label scheme ``errata``.
    """

    entry: str
    method: str
    metric: str
    official: float | None
    corrected: float | None


def corrections_of(
    board: str, leaderboards: str | Path = "leaderboards", root: str | Path | None = None
) -> list[Correction]:
    """Evaluate the complete entries of a board with both label schemes.

    Args:
        board: Name of the board.
        leaderboards: Folder of all boards.
        root: The data home.

    Raises:
        InputError: If a row of the errata does not fit its piece.
        PredictionError: If predictions were made for other notes.
    """
    if not is_folder(Path(leaderboards) / board):
        return []
    official, errata = (
        Evaluator(board, fold="all", label_scheme=scheme, root=root)
        for scheme in ("official", "errata")
    )
    found = []
    for entry in entries_with_runs(leaderboards, official, board):
        results = [
            [evaluator.eval({"y_pred": y_pred}) for y_pred in entry.by_seed.values()]
            for evaluator in (official, errata)
        ]
        for metric in find_board(board).task.main_metrics:
            values = (_mean([result[metric] for result in of_seeds]) for of_seeds in results)
            submission = entry.submission
            found.append(Correction(submission.id, submission.method.name, metric, *values))
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None
