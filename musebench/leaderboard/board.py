"""A board from its submissions: every entry is checked, compared and ranked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from musebench.boards import Board, find_board
from musebench.errors import SubmissionError
from musebench.evaluation import Estimate, Evaluator, Statistic, interval_of_seeds, main_metric
from musebench.files import sha256_of
from musebench.leaderboard.check import CheckedRun, Report, check_submission, find_duplicates
from musebench.leaderboard.coverage import simulate_coverage
from musebench.leaderboard.ensembles import Ensemble, make_ensemble
from musebench.leaderboard.names import skeleton
from musebench.leaderboard.ranking import Entry, Ranked, Ranking, rank
from musebench.leaderboard.standings import Standing, Standings
from musebench.leaderboard.submission import FILE_NAME, Submission
from musebench.leaderboard.works import WorkScore, work_scores
from musebench.splits import num_folds

MAX_FILES = 1000  # entries per board
SIMULATED_BOARDS = 400
OTHER_DATA = "other data"  # of which the licence is not known


def find_submissions(leaderboards: str | Path, board: str) -> list[Path]:
    """The folders of a board's submissions, in order of their names."""
    folder = Path(leaderboards) / find_board(board).name
    found = sorted(path for path in folder.glob("*") if path.is_dir() or path.is_symlink())
    if len(found) > MAX_FILES:
        msg = f"{folder} contains {len(found)} folders, more than the limit of {MAX_FILES}."
        raise SubmissionError(msg)
    return found


def check_board(
    leaderboards: str | Path,
    board: str,
    root: str | Path | None = None,
    newcomers: Collection[str] = (),
) -> list[Report]:
    """Check every submission of a board.

    Args:
        leaderboards: Folder of all boards.
        board: Name of the board.
        root: The data home.
        newcomers: Ids of new entries.

    Raises:
        DownloadError: If the labels are neither cached nor downloadable.
    """
    folders = find_submissions(leaderboards, board)
    evaluator = Evaluator(board, fold="all", root=root) if folders else None
    bar = tqdm(folders, board, disable=None, leave=False)
    reports = [
        check_submission(folder, evaluator, newcomer=folder.name in newcomers) for folder in bar
    ]
    for report in reports:  # in both directions, since an id can be chosen to sort first
        find_duplicates(report, [other for other in reports if other is not report])
    return reports


def make_standings(
    board: str, reports: Sequence[Report], root: str | Path | None = None
) -> Standings:
    """Put the entries of a board in order.

    Args:
        board: Name of the board.
        reports: Reports of its submissions; withdrawn ones are left out.
        root: The data home, for the labels that the thresholds of an ensemble are chosen by.

    Raises:
        DownloadError: If labels are neither cached nor downloadable.
        SubmissionError: If a submission has an error, or two methods have names that look alike.
    """
    found = find_board(board)
    entries = {}
    for report in reports:
        if report.errors or report.submission is None:
            raise SubmissionError("\n".join([f"{report.folder}:", *report.errors]))
        if not report.submission.withdrawn:
            entries[report.submission.id] = report
    _check_names(board, entries)
    ranking = rank_entries(found, entries)
    places = {entry.id: entry for entry in ranking.entries}
    in_order = [*places, *sorted(entries.keys() - places.keys())]
    standings = {name: _standing(found, entries[name], places.get(name)) for name in in_order}
    ensemble = make_ensemble(found, {name: entries[name] for name in places}, root)
    results = [report.runs[0].result for report in entries.values()]
    num_works = max((result["num_works"] for result in results), default=0)
    return Standings(
        board=found.name,
        version=found.version,
        about=found.about,
        license=found.corpus.license,
        main_metrics=found.task.main_metrics,
        higher_is_better=main_metric(found.task).higher_is_better,
        metrics=tuple(dict.fromkeys(m for entry in standings.values() for m in entry.metrics)),
        num_pieces=max((result["num_pieces"] for result in results), default=0),
        num_works=num_works,
        is_smoke_test=found.is_smoke_test,
        ceiling=None,
        coverage=_coverage(num_works) if num_works > 1 else None,
        entries=tuple(standings.values()),
        ensembles=(_row_of(found, ensemble, standings),) if ensemble else (),
        pairs=ranking.pairs,
        works={name: _work_scores(found, report) for name, report in entries.items()},
    )


def _row_of(board: Board, made: Ensemble, entries: Mapping[str, Standing]) -> Standing:
    """The row of an ensemble: costs are sums over its members."""
    members = [entries[name] for name in made.members]
    times = [entry.predict_seconds for entry in members]
    known = [seconds for seconds in times if seconds is not None]
    nothing: dict[str, Any] = dict.fromkeys(
        ("code_license", "contact", "hardware", "code_url", "code_commit", "command"), ""
    )
    return replace(
        members[0],
        **nothing,
        id="+".join(made.members),  # no entry can have this name
        method=f"Ensemble of {', '.join(entry.method for entry in members)}",
        family="ensemble",
        kind="ensemble",
        place=None,
        best_rank=None,
        worst_rank=None,
        borrows_variance=False,
        trust="recomputed",
        metrics=_estimates([made.run]),
        official=_estimates([made.official]),
        by_composer=_by_composer(board, [made.run]),
        num_seeds=min(entry.num_seeds for entry in members),
        num_parameters=sum(entry.num_parameters for entry in members),
        train_seconds=sum(entry.train_seconds for entry in members),
        predict_seconds=sum(known) if len(known) == len(times) else None,
        division="system",
        data_licenses=tuple(sorted({name for entry in members for name in entry.data_licenses})),
        description=f"Mean of the probabilities of {len(members)} entries.",
        search_trials=sum(entry.search_trials for entry in members),
        external_data="; ".join(e.external_data for e in members if e.external_data),
        paper_url="",
        submitted=max(entry.submitted for entry in members),
        sha256="",
    )


def _work_scores(board: Board, report: Report) -> tuple[WorkScore, ...]:
    main = board.task.main_metrics[0]
    return work_scores(report.runs[0].works, *sums_of_entry(report.runs, main))


def _check_names(board: str, entries: Mapping[str, Report]) -> None:
    known: dict[str, Submission] = {}
    for report in entries.values():
        assert report.submission is not None
        other = known.setdefault(skeleton(report.submission.method.name), report.submission)
        if other is not report.submission:
            msg = (
                f"{board}: the methods of {other.id} and {report.submission.id} have names that "
                f"look alike ({other.method.name!r}, {report.submission.method.name!r}); "
                "$.method.name must be distinct on a board."
            )
            raise SubmissionError(msg)


@lru_cache
def _coverage(num_works: int) -> float:
    """Coverage of the interval of a method with three seeds, in the simulation."""
    return simulate_coverage(num_works, num_seeds=3, num_boards=SIMULATED_BOARDS)


def sums_of_entry(runs: Sequence[CheckedRun], metric: str) -> tuple[NDArray[np.float64], Statistic]:
    """Sums of the runs of an entry, ``(num_seeds, num_works, num_sums)``, and their statistic."""
    sums = np.stack([run.sums[metric].sums for run in runs])
    return sums, runs[0].sums[metric].statistic


def is_complete(submission: Submission) -> bool:
    """Whether it predicts every work, so that it can have a rank."""
    return len(submission.folds) == num_folds(submission.board.name)


def entries_to_rank(
    board: Board, entries: Mapping[str, Report]
) -> tuple[dict[str, Entry], Statistic | None]:
    """Complete entries with a value of the first main metric, and its statistic, if any."""
    metric = board.task.main_metrics[0]
    found, statistic = {}, None
    for name, report in entries.items():
        assert report.submission is not None
        has_value = all(run.result[metric] is not None for run in report.runs)
        if has_value and is_complete(report.submission):
            sums, statistic = sums_of_entry(report.runs, metric)
            found[name] = Entry(sums, report.submission.method.deterministic)
    return found, statistic


def rank_entries(board: Board, entries: Mapping[str, Report]) -> Ranking:
    """Rank the complete entries that have a value by the first main metric."""
    found, statistic = entries_to_rank(board, entries)
    if statistic is None:
        return Ranking((), ())
    higher_is_better = main_metric(board.task).higher_is_better
    fold = np.array([*entries[next(iter(found))].runs[0].works.values()])
    return rank(found, statistic, fold, higher_is_better=higher_is_better)


def _standing(board: Board, report: Report, found: Ranked | None) -> Standing:
    submission = report.submission
    assert submission is not None
    method, code = submission.method, submission.code
    return Standing(
        id=submission.id,
        method=method.name,
        family=method.family,
        kind=submission.kind,
        place=found.place if found else None,
        best_rank=found.best_rank if found else None,
        worst_rank=found.worst_rank if found else None,
        borrows_variance=found is not None and found.borrows_variance,
        trust=submission.trust,
        folds=submission.folds,
        metrics=_estimates(report.runs),
        official=_estimates(report.official),
        by_composer=_by_composer(board, report.runs),
        num_seeds=len(submission.seeds),
        num_parameters=method.num_parameters,
        train_seconds=float(np.mean([run.train_seconds for run in submission.runs])),
        predict_seconds=_predict_seconds(submission),
        division=submission.division,
        data_licenses=_data_licenses(submission),
        description=method.description,
        search_trials=method.search_trials,
        code_license=code.license,
        contact=submission.contact,
        hardware=submission.hardware,
        external_data=method.external_data,
        code_url=code.url,
        code_commit=code.commit,
        command=code.command,
        paper_url=method.paper_url,
        submitted=submission.submitted,
        sha256=sha256_of(report.folder / FILE_NAME),
    )


def _predict_seconds(submission: Submission) -> float | None:
    """Time to predict all works once, mean over seeds; None if it was not always measured."""
    found = [run.predict_seconds for run in submission.runs]
    times = [seconds for seconds in found if seconds is not None]
    return sum(times) / len(submission.seeds) if len(times) == len(found) else None


def _data_licenses(submission: Submission) -> tuple[str, ...]:
    """Licences of the boards that it was trained on, and a word for other data."""
    found = {find_board(name).corpus.license for name in submission.boards_learned}
    return (*sorted(found), *([OTHER_DATA] if submission.method.external_data else []))


def _estimates(runs: Sequence[CheckedRun]) -> dict[str, Estimate]:
    return {metric: interval_of_seeds(*sums_of_entry(runs, metric)) for metric in runs[0].sums}


def _by_composer(board: Board, runs: Sequence[CheckedRun]) -> dict[str, float | None]:
    main = board.task.main_metrics[0]
    values: dict[str, float | None] = {}
    for composer in runs[0].result["by_composer"]:
        found = [run.result["by_composer"][composer][main] for run in runs]
        values[composer] = None if None in found else float(np.mean(found))
    return values
