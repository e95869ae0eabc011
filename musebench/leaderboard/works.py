"""Entries work by work: ``leaderboards/<board>/works.csv``, generated beside the standings.

A row per entry and work: the first main metric on the work alone, and how much the work moves the
metric of the board. From these, entries are compared over works without predictions or labels.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from musebench.evaluation import Statistic, original
from musebench.leaderboard.work_by_work import FloatArray, values_by_work
from musebench.tables import read_rows, rows_to_text

WORKS = "works.csv"
COLUMNS = ("entry", "work_id", "fold", "value", "influence")
DIGITS = 6  # that are kept
ROUNDING = 2e-5  # what another machine may change: twice the last digit


class WorkScore(NamedTuple):
    """An entry on a work.

    Attributes:
        work_id: The work.
        fold: Its fold.
        value: The metric on it alone, mean over seeds; None if it is undefined there.
        influence: How much one more occurrence of it moves the metric of the board, to first order;
            all works together add up to 0.
    """

    work_id: str
    fold: int
    value: float | None
    influence: float


Works = Mapping[str, tuple[WorkScore, ...]]


def work_scores(
    works: Mapping[str, int], sums: FloatArray, statistic: Statistic
) -> tuple[WorkScore, ...]:
    """Return an entry work by work.

    Args:
        works: Work id -> its fold, in the order of the sums.
        sums: ``(num_seeds, num_works, num_sums)``.
        statistic: Function of the totals over works.
    """
    values = values_by_work(sums, statistic)
    influence = original(sums, statistic).by_work[0]
    return tuple(
        WorkScore(work, fold, _rounded(value), _rounded(moved) or 0.0)
        for (work, fold), value, moved in zip(works.items(), values, influence, strict=True)
    )


def _rounded(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def works_to_csv(works: Works) -> str:
    """The text of ``works.csv``, the same for the same works."""
    rows = (
        (entry, score.work_id, score.fold, _text(score.value), _text(score.influence))
        for entry in sorted(works)
        for score in works[entry]
    )
    return rows_to_text(COLUMNS, rows)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.{DIGITS}g}"


def read_works(file: str | Path) -> dict[str, tuple[WorkScore, ...]]:
    """Read ``works.csv``; nothing if it is not there.

    Raises:
        InputError: If it is damaged.
    """
    found: dict[str, list[WorkScore]] = {}
    for entry, score in read_rows(file, COLUMNS, _row):
        found.setdefault(entry, []).append(score)
    return {entry: tuple(scores) for entry, scores in found.items()}


def _row(entry: str, work: str, fold: str, value: str, influence: str) -> tuple[str, WorkScore]:
    number = float(value) if value else None
    return entry, WorkScore(work, int(fold), number, float(influence))


def settle_works(works: Works, stored: Works) -> Works:
    """Works with the stored numbers of the entries that differ by rounding only."""
    return {
        entry: stored[entry] if _alike(scores, stored.get(entry, ())) else scores
        for entry, scores in works.items()
    }


def _alike(scores: Sequence[WorkScore], stored: Sequence[WorkScore]) -> bool:
    return len(scores) == len(stored) and all(
        (a.work_id, a.fold, a.value is None) == (b.work_id, b.fold, b.value is None)
        and math.isclose(a.value or 0.0, b.value or 0.0, rel_tol=ROUNDING, abs_tol=1e-9)
        and math.isclose(a.influence, b.influence, rel_tol=ROUNDING, abs_tol=1e-9)
        for a, b in zip(scores, stored, strict=True)
    )
