"""The table of all boards: how much each can tell apart, and how much is left to win."""

from musebench.leaderboard.detection import detectable_difference
from musebench.leaderboard.render.numbers import MISSING, Measure, measure_of
from musebench.leaderboard.render.words import leader_words
from musebench.leaderboard.standings import Standings

COLUMNS = (
    "works",
    "best entry",
    "main metric [95 % interval]",
    "width",
    "headroom over rules",
    "headroom over trees",
    "detectable",
)
WORDS = (
    "Width: of the 95 % interval of the best entry. Headroom: from the best rule, and from the "
    "trees, to the ceiling (people where they were measured, else the best possible value). "
    "Detectable: the difference between two entries that is significant in 80 % of cases (one pair "
    "alone, median standard error of all pairs)."
)
SMOKE_TESTS = (
    "Smoke tests: rules solve these boards nearly, so they show whether a method works, not which "
    "one is better."
)


def front_cells(board: Standings) -> tuple[str, ...]:
    """The cells of a board, in the order of ``COLUMNS``; their texts are not escaped."""
    measure = measure_of(board, board.main_metrics[0])
    best = next((entry.metrics.get(measure.name) for entry in board.entries), None)
    value, width = MISSING, MISSING
    if best is not None:
        value = f"{measure.text(best.mean)} {measure.interval(best.low, best.high)}".strip()
        if best.low is not None and best.high is not None:
            width = measure.text(best.high - best.low)
    return (
        str(board.num_works),
        leader_words(board),
        f"{measure.title}: {value}",
        width,
        _headroom(board, measure, "rule"),
        _headroom(board, measure, "trees"),
        measure.text(detectable_difference(board.pairs)),
    )


def _headroom(board: Standings, measure: Measure, kind: str) -> str:
    """Distance from the best entry of a kind to the ceiling."""
    found = [entry.metrics.get(measure.name) for entry in board.entries if entry.kind == kind]
    means = [estimate.mean for estimate in found if estimate and estimate.mean is not None]
    if not means:
        return MISSING
    highest = 1.0 if measure.higher_is_better else 0.0
    ceiling = highest if board.ceiling is None else board.ceiling
    best = max(means) if measure.higher_is_better else min(means)
    return measure.text(abs(ceiling - best))
