"""Which method is best over all boards: the share of the headroom that it closes.

On a board, the share is (score - best rule) / (ceiling - best rule), clipped to [-1, 1]. Rule and
ceiling are frozen when a version of a board is rendered for the first time, in ``frozen.csv``, so
that a share does not move when a better rule is entered. Shares are averaged over the boards of a
family of tasks, then over the families. A method is known by its name, which its authors give it on
every board.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.boards import BOARDS
from musebench.leaderboard.frozen import Frozen
from musebench.leaderboard.names import skeleton
from musebench.leaderboard.standings import Standing, Standings

NUM_DRAWS = 2000
LEVEL = 0.95

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Overall:
    """A method over several boards.

    Attributes:
        method: Its name.
        entries: Board -> its entry there.
        shares: Board -> share of the headroom that it closes.
        by_family: Family of tasks -> mean share of its boards.
        score: Mean over the families.
        low: Low end of the 95 % interval over works and runs.
        high: High end.
        mean_rank: Mean over boards of its place among the methods of the table.
    """

    method: str
    entries: Mapping[str, Standing]
    shares: Mapping[str, float]
    by_family: Mapping[str, float]
    score: float
    low: float
    high: float
    mean_rank: float


@dataclass(frozen=True)
class _Cell:
    """An entry on a board, on the scale of the headroom."""

    entry: Standing
    share: float
    influence: Mapping[str, float]
    error_of_runs: float


def family_of(board: str) -> str:
    """The family of tasks of a board; of one that is not known, its own name."""
    task = BOARDS[board].task if board in BOARDS else None
    return (task.family or task.name) if task else board


def share_of(value: float, frozen: Frozen) -> float:
    """Share of the headroom that a value closes, between -1 and 1."""
    share = (value - frozen.rule_value) / (frozen.ceiling - frozen.rule_value)
    return float(np.clip(share, -1.0, 1.0))


def overall(
    boards: Sequence[Standings],
    frozen: Mapping[str, Frozen],
    *,
    num_draws: int = NUM_DRAWS,
    seed: int = 0,
) -> list[Overall]:
    """The methods that have a place on all of these boards, best first.

    In a draw of the interval, works are drawn with replacement from those of all boards together,
    so a work that stands on several boards counts as often on each; what a board's score becomes is
    taken to first order, and what other runs would change is added.

    Args:
        boards: Boards; those without a frozen rule are left out.
        frozen: Board -> its rule and ceiling.
        num_draws: Number of draws.
        seed: Seed of the draws.
    """
    used = [board for board in boards if board.board in frozen]
    cells = {board.board: _cells(board, frozen[board.board]) for board in used}
    names = [set(by_method) for by_method in cells.values()]
    common = sorted(set.intersection(*names)) if names else []
    if not common:
        return []
    families = sorted({family_of(board.board) for board in used})
    weights = _weights([board.board for board in used], families)
    draws = _draws(common, cells, num_draws, seed)  # (num_draws, num_methods, num_boards)
    drawn = draws @ weights  # (num_draws, num_methods)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    ranks = _mean_ranks(common, used)
    found = [
        _overall(method, cells, families, low[k], high[k], ranks[k])
        for k, method in enumerate(common)
    ]
    return sorted(found, key=lambda row: (-row.score, row.method))


def _cells(board: Standings, frozen: Frozen) -> dict[str, _Cell]:
    """Method, by the skeleton of its name -> its cell, of those with a place."""
    metric, span = board.main_metrics[0], frozen.ceiling - frozen.rule_value
    found = {}
    for entry in board.entries:
        estimate = entry.metrics.get(metric)
        if entry.place is None or estimate is None or estimate.mean is None:
            continue
        works = {score.work_id: score.influence / span for score in board.works.get(entry.id, ())}
        of_runs = (estimate.deviation or 0.0) / (abs(span) * entry.num_seeds**0.5)
        share = (estimate.mean - frozen.rule_value) / span  # clipped after it is drawn
        found[skeleton(entry.method)] = _Cell(entry, share, works, of_runs)
    return found


def _weights(boards: Sequence[str], families: Iterable[str]) -> FloatArray:
    """What each board contributes to the score, ``(num_boards,)``."""
    family = [family_of(board) for board in boards]
    number = len(set(families))
    return np.array([1 / (number * family.count(own)) for own in family])


def _draws(
    methods: Sequence[str], cells: Mapping[str, Mapping[str, _Cell]], num_draws: int, seed: int
) -> FloatArray:
    """Shares in each draw, ``(num_draws, num_methods, num_boards)``."""
    works = sorted({w for of in cells.values() for m in methods for w in of[m].influence})
    rng = np.random.default_rng(seed)
    chances = np.full(len(works), 1 / len(works)) if works else np.ones(1)
    counts = rng.multinomial(len(works), chances, size=num_draws).astype(np.float64)
    drawn = np.empty((num_draws, len(methods), len(cells)))
    for j, of_board in enumerate(cells.values()):
        for i, method in enumerate(methods):
            cell = of_board[method]
            moved = np.array([cell.influence.get(work, 0.0) for work in works] or [0.0])
            runs = cell.error_of_runs * rng.standard_normal(num_draws)
            drawn[:, i, j] = np.clip(cell.share + counts @ moved + runs, -1.0, 1.0)
    return drawn


def _mean_ranks(methods: Sequence[str], boards: Sequence[Standings]) -> FloatArray:
    """Mean place of each method among these methods, ``(num_methods,)``; ties share a place."""
    places = []
    for board in boards:
        place = {skeleton(entry.method): entry.place or 0 for entry in board.entries}
        own = np.array([place[method] for method in methods])
        places.append([1 + (own < p).sum() + ((own == p).sum() - 1) / 2 for p in own])
    return np.asarray(np.mean(places, axis=0))


def _overall(
    method: str,
    cells: Mapping[str, Mapping[str, _Cell]],
    families: Sequence[str],
    low: float,
    high: float,
    mean_rank: float,
) -> Overall:
    shares = {board: float(np.clip(of[method].share, -1, 1)) for board, of in cells.items()}
    by_family = {
        family: float(np.mean([x for board, x in shares.items() if family_of(board) == family]))
        for family in families
    }
    entries = {board: of[method].entry for board, of in cells.items()}
    return Overall(
        method=next(iter(entries.values())).method,
        entries=entries,
        shares=shares,
        by_family=by_family,
        score=float(np.mean([*by_family.values()])),
        low=float(low),
        high=float(high),
        mean_rank=float(mean_rank),
    )
