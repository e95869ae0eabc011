"""The rule and the ceiling of each version of a board, frozen when it is rendered first.

``leaderboards/frozen.csv`` has a row per board and version. Rows are only added: a share of the
headroom that was published stays what it was when a better rule is entered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from musebench.leaderboard.standings import Standings
from musebench.tables import read_rows, rows_to_text

FROZEN = "frozen.csv"


@dataclass(frozen=True)
class Frozen:
    """The headroom of a version of a board.

    Attributes:
        board: Name of the board.
        version: Its version.
        metric: Its first main metric.
        rule: Name of the folder of the best rule when the version was rendered first.
        rule_value: Its value.
        ceiling: What people reach where it was measured, else the best possible value.
    """

    board: str
    version: str
    metric: str
    rule: str
    rule_value: float
    ceiling: float


COLUMNS = tuple(column.name for column in fields(Frozen))


def read_frozen(leaderboards: str | Path) -> list[Frozen]:
    """All rows; none if there is no file.

    Raises:
        InputError: If the file is damaged.
    """
    return read_rows(Path(leaderboards) / FROZEN, COLUMNS, _row)


def _row(board: str, version: str, metric: str, rule: str, value: str, ceiling: str) -> Frozen:
    return Frozen(board, version, metric, rule, float(value), float(ceiling))


def freeze(boards: Iterable[Standings], known: Iterable[Frozen]) -> list[Frozen]:
    """The known rows, and one of each version of a board that has none yet but has a rule."""
    rows = {(row.board, row.version): row for row in known}
    for board in boards:
        row = _frozen(board)
        if row is not None:
            rows.setdefault((board.board, board.version), row)
    return sorted(rows.values(), key=lambda row: (row.board, row.version))


def frozen_of(boards: Iterable[Standings], rows: Iterable[Frozen]) -> Mapping[str, Frozen]:
    """Board -> the row of its version."""
    by_key = {(row.board, row.version): row for row in rows}
    found = {board.board: by_key.get((board.board, board.version)) for board in boards}
    return {board: row for board, row in found.items() if row is not None}


def _frozen(board: Standings) -> Frozen | None:
    """The best rule and the ceiling; None without a rule that leaves room."""
    metric = board.main_metrics[0]
    rules = [(e.metrics[metric].mean, e.id) for e in board.entries
             if e.kind == "rule" and e.place is not None]  # fmt: skip
    found = [(mean, name) for mean, name in rules if mean is not None]
    if not found:
        return None
    value, rule = (max if board.higher_is_better else min)(found)
    best = 1.0 if board.higher_is_better else 0.0
    ceiling = best if board.ceiling is None else board.ceiling
    if (ceiling > value) != board.higher_is_better or ceiling == value:
        return None
    return Frozen(board.board, board.version, metric, rule, value, ceiling)


def frozen_to_csv(rows: Iterable[Frozen]) -> str:
    """The text of ``frozen.csv``."""
    return rows_to_text(COLUMNS, (asdict(row).values() for row in rows))
