"""The predictions of the entries of a board, for what looks at several entries at once."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from musebench.evaluation import Evaluator, check_origin, read_predictions
from musebench.files import is_folder
from musebench.leaderboard.check import Predictions
from musebench.leaderboard.submission import FILE_NAME, Submission, read_submission
from musebench.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class EntryRuns(Shown):
    """What an entry predicts for all works.

    Attributes:
        submission: The entry.
        by_run: (Fold, seed) -> piece id -> head -> values, as for ``Evaluator.eval``.
    """

    submission: Submission
    by_run: Mapping[tuple[int, int], Predictions]

    @property
    def by_seed(self) -> dict[int, Predictions]:
        """Seed -> what its runs predict together."""
        return {
            seed: ChainMap(*(dict(run) for (_, of), run in self.by_run.items() if of == seed))
            for seed in self.submission.seeds
        }


def entries_with_runs(
    leaderboards: str | Path, evaluator: Evaluator, board: str
) -> list[EntryRuns]:
    """Read the entries of a board that predict every work, in order of their ids; none without it.

    Args:
        leaderboards: Folder of all boards.
        evaluator: Evaluator of the test splits of all folds.
        board: Name of the board.

    Raises:
        PredictionError: If predictions were made for other notes.
        SubmissionError: If an entry cannot be read.
    """
    whole = Path(leaderboards) / board
    if not is_folder(whole):
        return []
    by_fold = {fold: evaluator.of_fold(fold) for fold in evaluator.folds}
    found = []
    for folder in sorted(whole.glob("*")):
        if not is_folder(folder) or not (folder / FILE_NAME).is_file():
            continue
        submission = read_submission(folder)
        if submission.withdrawn or submission.folds != evaluator.folds:
            continue
        by_run = {}
        for run in submission.runs:
            file = read_predictions(folder / run.file)
            check_origin(file, by_fold[run.fold])
            by_run[run.fold, run.seed] = file.y_pred
        found.append(EntryRuns(submission, by_run))
    return found
