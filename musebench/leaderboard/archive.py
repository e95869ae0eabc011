"""The archive: entries of earlier versions of the boards, with the numbers that they had.

``leaderboards/archive.csv`` has a row per entry and metric. Its numbers are of other pieces, labels
or metrics than those of today's boards, so they are shown apart and ranked against nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from musebench.errors import InputError
from musebench.files import is_file, read_text, write_file
from musebench.leaderboard.standings import Standings

if TYPE_CHECKING:
    import pandas as pd

ARCHIVE = "archive.csv"


@dataclass(frozen=True)
class ArchivedResult:
    """A metric of an entry of an earlier version of a board.

    Attributes:
        board: Name of the board.
        version: Version of the board.
        id: Name of the entry's folder.
        method: Name of the method.
        family: Kind of model.
        num_seeds: Number of runs.
        num_parameters: Number of trained parameters.
        train_seconds: Mean over runs.
        code_commit: Commit of the code, 40 hexadecimal digits.
        submitted: Date, ``YYYY-MM-DD``.
        metric: Name of the metric; the first of an entry ranked.
        mean: Its value, mean over runs; NaN if undefined.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    board: str
    version: str
    id: str
    method: str
    family: str
    num_seeds: int
    num_parameters: int
    train_seconds: float
    code_commit: str
    submitted: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None


COLUMNS = tuple(column.name for column in fields(ArchivedResult))


def archived_results(standings: Standings) -> list[ArchivedResult]:
    """The results of all entries of a board, as the archive keeps them; the main metrics first."""
    return [
        ArchivedResult(
            board=standings.board,
            version=standings.version,
            id=entry.id,
            method=entry.method,
            family=entry.family,
            num_seeds=entry.num_seeds,
            num_parameters=entry.num_parameters,
            train_seconds=entry.train_seconds,
            code_commit=entry.code_commit,
            submitted=entry.submitted,
            metric=metric,
            mean=estimate.mean,
            low=estimate.low,
            high=estimate.high,
        )
        for entry in standings.entries
        for metric in dict.fromkeys((*standings.main_metrics, *standings.metrics))
        if (estimate := entry.metrics.get(metric)) is not None
    ]


def read_archive(leaderboards: str | Path) -> "pd.DataFrame":
    """The archive as a table with the fields of ``ArchivedResult``; without rows if there is none.

    Raises:
        InputError: If the file has other columns.
    """
    from io import StringIO

    import pandas as pd

    file = Path(leaderboards) / ARCHIVE
    if not is_file(file):
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.read_csv(
        StringIO(read_text(file)),
        dtype={"version": str},
        keep_default_na=False,
        na_values={name: [""] for name in ("mean", "low", "high")},
    )
    if tuple(table.columns) != COLUMNS:
        msg = f"{file} has the columns {', '.join(table.columns)}; it needs {', '.join(COLUMNS)}."
        raise InputError(msg)
    return table


def add_to_archive(leaderboards: str | Path, standings: Iterable[Standings]) -> Path:
    """Append the results of boards; those of a version that is there already are replaced.

    Returns:
        The file.
    """
    import pandas as pd

    rows: Sequence[ArchivedResult] = [row for board in standings for row in archived_results(board)]
    new = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))
    old = read_archive(leaderboards)
    key = ["board", "version"]
    kept = old[~old[key].apply(tuple, axis=1).isin(set(map(tuple, new[key].to_numpy())))]
    joined = pd.concat([kept, new]) if len(kept) else new
    file = Path(leaderboards) / ARCHIVE
    write_file(file, joined.to_csv(index=False, lineterminator="\n").encode())
    return file
