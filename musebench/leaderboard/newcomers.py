"""Additional checks of a new entry.

A program can refuse values that only a maintainer may write, and impossible values. A maintainer
decides whether a result is too good to be true: the report says what to look at.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musebench.boards import Board, find_board
from musebench.evaluation import main_metric
from musebench.files import is_file
from musebench.leaderboard.render import is_share
from musebench.leaderboard.standings import STANDINGS, Standing, read_standings
from musebench.store import board_recipe, fingerprint_of

if TYPE_CHECKING:
    from musebench.leaderboard.check import Report
    from musebench.leaderboard.submission import Submission

SUSPICIOUS_SHARE = 0.995  # of the main metric
FAR_ABOVE = 0.5  # suspicious if a newcomer avoids more than this share of the leader's errors


def standings_beside(folder: str | Path) -> Sequence[Standing]:
    """The current entries on the board of a submission; none if it has no standings.

    Args:
        folder: The submission, ``leaderboards/<board>/<id>``.

    Raises:
        InputError: If the standings cannot be read.
    """
    file = Path(folder).resolve().parent / STANDINGS
    return read_standings(file).entries if is_file(file) else ()


def judge(report: "Report", standings: Sequence[Standing], today: date | None = None) -> None:
    """Add errors and points for a maintainer to the report of a newcomer.

    Args:
        report: Its report, with the runs that could be evaluated.
        standings: The current entries of the board.
        today: The day of the check; None for today.
    """
    submission = report.submission
    assert submission is not None
    board = find_board(submission.board.name)
    report.errors += _reserved_fields(submission, today or datetime.now(UTC).date())
    known = {fingerprint_of(board_recipe(board)), *board.earlier_fingerprints}
    for run in report.runs:
        for fingerprint in sorted(run.fingerprints - known):
            report.errors.append(
                f"a prediction file was made from data with the fingerprint "
                f"{fingerprint[:64]!r}; the data of {board.name} {board.version} have "
                f"{' or '.join(sorted(known))}. Predict again with this version of musebench."
            )
    report.warnings += _method_warnings(submission)
    if report.runs:
        report.warnings += _result_warnings(report, board, standings)


def _reserved_fields(submission: "Submission", today: date) -> list[str]:
    errors = []
    if submission.trust != "recomputed":
        errors.append(
            f"$.trust is {submission.trust!r}, which only a maintainer writes after running the "
            "code; a new submission has 'recomputed'."
        )
    if submission.withdrawn:
        errors.append("$.withdrawn is not empty; a new submission cannot be withdrawn.")
    if date.fromisoformat(submission.submitted) > today + timedelta(days=1):
        errors.append(f"$.submitted is {submission.submitted}, which is in the future.")
    return errors


def _method_warnings(submission: "Submission") -> list[str]:
    method = submission.method
    if submission.kind == "learned" and method.deterministic:
        return [
            f"for a maintainer: the method has the learned family {method.family!r} and claims to "
            "be deterministic, so that one run is enough for a rank; ask how it was trained."
        ]
    return []


def _result_warnings(report: "Report", board: Board, standings: Sequence[Standing]) -> list[str]:
    """Reasons to suspect a result, in sentences."""
    main = main_metric(board.task)
    metric, higher = main.name, main.higher_is_better
    found = []
    for run in report.runs:
        equal = [head for head, share in run.agreement.items() if share == 1.0]
        if equal:
            found.append(
                f"for a maintainer: every prediction of {', '.join(equal)} of seed {run.seed} "
                "equals its label; ask whether the labels were copied."
            )
    values = [run.result[metric] for run in report.runs if run.result[metric] is not None]
    if not values:
        return found
    mean = float(np.mean(values))
    if is_share(metric) and higher and mean > SUSPICIOUS_SHARE:
        found.append(
            f"for a maintainer: {metric} is {100 * mean:.2f} %, above {100 * SUSPICIOUS_SHARE:g} "
            "%; ask for the code and run it."
        )
    others = [
        entry for entry in standings if report.submission and entry.id != report.submission.id
    ]
    folds = report.submission.folds if report.submission else ()
    views = (e.metrics if e.folds == folds else e.official for e in others)  # of the same works
    best = [v.mean for view in views if (v := view.get(metric)) and v.mean is not None]
    if best:
        leader = max(best) if higher else min(best)
        left, left_to_leader = (1 - mean, 1 - leader) if higher else (mean, leader)
        if left < FAR_ABOVE * left_to_leader:
            found.append(
                f"for a maintainer: {metric} is {mean:.4f}, far from the best entry so far "
                f"({leader:.4f}): it has less than half of its remaining error; ask for the code "
                "and run it."
            )
    return found
