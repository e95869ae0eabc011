"""Checking a submission: its reported numbers are compared with those of its predictions.

Nothing in a submission is executed or trusted: sizes are checked before files are read, and every
metric is recomputed from the predictions and the labels of the store.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.boards import BOARDS, find_board
from musebench.errors import PredictionError, SubmissionError
from musebench.evaluation import (
    MAX_FILE_BYTES,
    EvaluationResult,
    Evaluator,
    PredictionFile,
    WorkSums,
    check_origin,
    read_predictions,
)
from musebench.files import is_folder, resolved, sha256_of
from musebench.leaderboard.newcomers import judge, standings_beside
from musebench.leaderboard.submission import (
    FILE_NAME,
    PredictionOfRun,
    Submission,
    read_submission,
)
from musebench.splits import num_folds

TOLERANCE = 1e-6  # of a reported metric
NEARLY_IDENTICAL = 0.999  # share of equal predictions that makes two entries duplicates
MAX_ENTRY_BYTES: int = 20 * MAX_FILE_BYTES
MAX_FOLDER_ENTRIES = 128
ACCEPTED = frozenset({FILE_NAME, "predictions"})

Predictions = Mapping[str, Mapping[str, NDArray[Any]]]


@dataclass(frozen=True, eq=False)
class CheckedRun:
    """Predictions of one seed that were evaluated together.

    Attributes:
        seed: The seed.
        result: As ``Evaluator.eval`` returns it.
        sums: Metric -> its sums by work.
        works: Work id -> its fold, in the order of the sums.
        predictions: All predictions, in order of heads and pieces.
        agreement: Head -> share of the predictions that equal their label.
        fingerprints: Fingerprints of the predicted data, from the files.
        scores: Piece id -> column -> a score per class, of the columns that the files have.
    """

    seed: int
    result: EvaluationResult
    sums: Mapping[str, WorkSums]
    works: Mapping[str, int]
    predictions: NDArray[Any]
    agreement: Mapping[str, float]
    fingerprints: Set[str]
    scores: Predictions


@dataclass
class Report:
    """The result of a check.

    Attributes:
        folder: The submission.
        submission: Its content; None if it cannot be read.
        runs: One for each seed, over all folds that are predicted, once every file passed.
        official: The same over fold 0 alone.
        passed: Passed checks, in sentences.
        warnings: Points for a person to look at.
        errors: Reasons to refuse it.
    """

    folder: Path
    submission: Submission | None = None
    runs: list[CheckedRun] = field(default_factory=list)
    official: list[CheckedRun] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether it may be on the board."""
        return not self.errors


def check_submission(
    folder: str | Path,
    evaluator: Evaluator | None = None,
    *,
    root: str | Path | None = None,
    newcomer: bool | None = None,
) -> Report:
    """Check the folder of a submission, without comparing it to other entries.

    Args:
        folder: ``leaderboards/<board>/<id>``.
        evaluator: Evaluator of the test splits of all folds of the board; None to make it.
        root: The data home, if the evaluator is made.
        newcomer: Whether the entry is new, which requires more checks; None for whether it is
            missing in the stored standings of its board.

    Returns:
        The report, which lists the faults of the submission instead of raising them.

    Raises:
        DownloadError: If the labels are neither cached nor downloadable.
    """
    report = Report(Path(folder))
    try:
        check_folder(report.folder)
        submission = read_submission(report.folder)
        _check_names(report.folder, submission)
    except SubmissionError as error:
        report.errors.extend(error.faults)
        return report
    report.submission = submission
    report.passed.append("the folder is complete, and submission.json is well-formed")
    evaluator = evaluator or Evaluator(submission.board.name, fold="all", root=root)
    _check_runs(report, submission, evaluator)
    if newcomer is not False:  # else standings of an older format could not be replaced
        standings = standings_beside(report.folder)
        if newcomer or submission.id not in {entry.id for entry in standings}:
            judge(report, standings)
    return report


def check_folder(folder: Path) -> None:
    """Refuse a folder with anything but a submission in it, before any file is opened.

    Raises:
        SubmissionError: If it is a link or contains links or unknown, too many or too large files.
    """
    if not is_folder(folder) or folder.is_symlink():
        msg = f"{folder} is not a folder; a submission is `leaderboards/<board>/<id>`."
        raise SubmissionError(msg)
    total = 0
    for number, path in enumerate(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        shown = "".join(c if c.isprintable() else "?" for c in name)[:100]
        if number >= MAX_FOLDER_ENTRIES:
            msg = f"{folder} contains more than {MAX_FOLDER_ENTRIES} files."
            raise SubmissionError(msg)
        inside = name.startswith("predictions/") and name.count("/") == 1
        if path.is_symlink() or not (path.is_file() or name == "predictions"):
            msg = f"{folder}: {shown} is not a regular file."
            raise SubmissionError(msg)
        if name not in ACCEPTED and not (inside and name.endswith(".npz")):
            msg = (
                f"{folder}: {shown} does not belong to a submission, which consists of {FILE_NAME} "
                "and predictions/*.npz."
            )
            raise SubmissionError(msg)
        size = path.stat().st_size if path.is_file() else 0
        if size > MAX_FILE_BYTES:
            msg = f"{folder}: {shown} has {size:,} bytes, which is too large."
            raise SubmissionError(msg)
        total += size
    if total > MAX_ENTRY_BYTES:
        msg = f"{folder} has {total:,} bytes; a submission has at most {MAX_ENTRY_BYTES:,}."
        raise SubmissionError(msg)


def _check_names(folder: Path, submission: Submission) -> None:
    if submission.id != folder.name:
        msg = f"{folder}: $.id is {submission.id!r}, but the folder is named {folder.name!r}."
        raise SubmissionError(msg)
    name, version = submission.board.name, submission.board.version
    if name not in BOARDS:
        msg = f"{folder}: $.board.name is {name!r}; there are {', '.join(BOARDS)}."
        raise SubmissionError(msg)
    if name != resolved(folder).parent.name:
        msg = f"{folder}: $.board.name is {name!r}, but the folder is in that of another board."
        raise SubmissionError(msg)
    if version != find_board(name).version:
        msg = (
            f"{folder}: $.board.version is {version}, but the board has {find_board(name).version};"
            " predict again with this version of musebench."
        )
        raise SubmissionError(msg)
    named = {run.file for run in submission.runs}
    there = {f"predictions/{path.name}" for path in (folder / "predictions").glob("*")}
    if there != named:
        lost, extra = sorted(named - there), sorted(there - named)
        msg = f"{folder}: prediction files missing: {lost}; not listed in $.runs: {extra}."
        raise SubmissionError(msg)


def _check_runs(report: Report, submission: Submission, evaluator: Evaluator) -> None:
    """Evaluate every file by itself, then the folds of each seed together."""
    if submission.folds not in ((0,), evaluator.folds):
        report.errors.append(
            f"$.runs: the folds are {', '.join(map(str, submission.folds))}; an entry predicts all "
            f"{len(evaluator.folds)} folds, or fold 0 alone."
        )
        return
    by_fold = {fold: evaluator.of_fold(fold) for fold in submission.folds}
    files: dict[int, list[PredictionFile]] = {seed: [] for seed in submission.seeds}
    for index, run in enumerate(submission.runs):
        try:
            file, checked = _check_file(report.folder, submission, index, by_fold[run.fold])
        except PredictionError as error:
            report.errors.append(f"$.runs[{index}] (fold {run.fold}, seed {run.seed}): {error}")
            continue
        files[run.seed].append(file)
        if run.fold == 0:
            report.official.append(checked)
    if not report.errors:
        number = len(submission.runs)
        report.passed.append(f"{number} prediction files: hashes, order, coverage and classes")
        report.passed.append(f"every reported metric is the recomputed one to {TOLERANCE:g}")
        whole = len(submission.folds) > 1
        joined = [_judged(seed, of_seed, evaluator) for seed, of_seed in files.items() if whole]
        report.runs = joined or report.official
    _check_seeds(report, submission)


def _check_file(
    folder: Path, submission: Submission, index: int, evaluator: Evaluator
) -> tuple[PredictionFile, CheckedRun]:
    run = submission.runs[index]
    path = folder / run.file
    if sha256_of(path) != run.sha256:
        msg = f"{run.file} has another SHA-256 than stated; `musebench submit add` updates it."
        raise PredictionError(msg)
    file = read_predictions(path)
    _check_about(file, submission, run)
    check_origin(file, evaluator)
    checked = _judged(run.seed, [file], evaluator)
    _compare_reported(run.reported, checked.result)
    return file, checked


def _judged(seed: int, files: Sequence[PredictionFile], evaluator: Evaluator) -> CheckedRun:
    """The files of a seed, evaluated together."""
    predictions = {piece: values for file in files for piece, values in file.y_pred.items()}
    return judge_run(seed, predictions, evaluator, {file.fingerprint for file in files})


def judge_run(
    seed: int, predictions: Predictions, evaluator: Evaluator, fingerprints: Set[str] = frozenset()
) -> CheckedRun:
    """Evaluate the predictions of a seed.

    Args:
        seed: The seed.
        predictions: Piece id -> head -> values, as for ``Evaluator.eval``.
        evaluator: Evaluator of these pieces.
        fingerprints: Fingerprints of the predicted data.

    Raises:
        PredictionError: If predictions are missing, unexpected or out of range.
    """
    scores = evaluator.score({"y_pred": predictions})
    return CheckedRun(
        seed=seed,
        result=scores.result,
        sums=scores.sums,
        works=scores.works,
        predictions=np.concatenate([scores.pooled.prediction[h] for h in scores.pooled.target]),
        agreement=scores.agreement,
        fingerprints=fingerprints,
        scores={
            piece: {name: values[name] for name in evaluator.task.scores if name in values}
            for piece, values in predictions.items()
        },
    )


def _check_about(file: PredictionFile, submission: Submission, run: PredictionOfRun) -> None:
    expected = {
        "board": submission.board.name,
        "split": "test",
        "split_scheme": "official",
        "fold": run.fold,
        "seed": run.seed,
    }
    for name, value in expected.items():
        if getattr(file, name) != value:
            msg = f"the file says {name} = {getattr(file, name)!r}, the submission {value!r}."
            raise PredictionError(msg[:300])


def metrics_of(result: EvaluationResult) -> dict[str, float]:
    """The metrics of a result that are numbers, without intervals and counts."""
    return {
        name: float(value)
        for name, value in result.items()
        if isinstance(value, float) and not name.startswith("num_")
    }


def _compare_reported(reported: Mapping[str, float], result: EvaluationResult) -> None:
    recomputed = metrics_of(result)
    for name, value in reported.items():
        if name not in recomputed:
            msg = f"reported {name!r} is not a metric of this board or has no value here."
            raise PredictionError(msg)
        if abs(value - recomputed[name]) > TOLERANCE:
            msg = (
                f"reported {name} is {value:.7g}, recomputed {recomputed[name]:.7g}; they may "
                f"differ by {TOLERANCE:g}."
            )
            raise PredictionError(msg)


def _check_seeds(report: Report, submission: Submission) -> None:
    main = find_board(submission.board.name).task.main_metrics[0]
    for index, run in enumerate(submission.runs):
        if main not in run.reported:
            report.errors.append(f"$.runs[{index}].reported: {main} is missing.")
    for i, first in enumerate(report.runs):
        for second in report.runs[i + 1 :]:
            if np.array_equal(first.predictions, second.predictions):
                report.errors.append(
                    "two runs have the same predictions: each seed needs its own run; a method "
                    "without randomness is `deterministic` and has one run."
                )
    boards = {split.partition(":")[0] for run in submission.runs for split in run.trained_on}
    if unknown := sorted(boards - set(BOARDS)):
        report.errors.append(f"$.runs: no board is named {', '.join(unknown)} (trained_on).")
    if submission.folds == (0,) and num_folds(submission.board.name) > 1:
        report.warnings.append(
            "it predicts fold 0 alone: it is shown in the official view, without a rank."
        )
    elif len(submission.seeds) == 1 and not submission.method.deterministic:
        report.warnings.append(
            "it has a single seed: its range of ranks uses the median variance between runs of the "
            "other entries, and the table says so."
        )


def find_duplicates(report: Report, others: Sequence[Report]) -> None:
    """Add a warning for every entry whose predictions are nearly the same.

    Fold 0 is compared by itself, too, so that a copy of it alone is found.
    """
    for other in others:
        shares = [
            float(np.mean(mine.predictions == theirs.predictions))
            for mine in (*report.runs, *report.official)
            for theirs in (*other.runs, *other.official)
            if len(mine.predictions) == len(theirs.predictions)
        ]
        if shares and max(shares) >= NEARLY_IDENTICAL:
            report.warnings.append(
                f"{100 * max(shares):.2f} % of its predictions equal those of {other.folder.name}."
            )
