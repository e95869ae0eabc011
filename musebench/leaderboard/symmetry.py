"""What changes of a score do to entries, in ``leaderboards/symmetry.csv``: shown, never ranked."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from musebench.files import sha256_of, write_file
from musebench.leaderboard.standings import Standings
from musebench.leaderboard.submission import FILE_NAME
from musebench.tables import read_rows, rows_to_text

SYMMETRY = "symmetry.csv"


@dataclass(frozen=True)
class Flips:
    """What a change of the scores does to an entry, on the first test pieces of fold 0.

    Attributes:
        board: Name of the board.
        entry: Name of the folder of the entry.
        sha256: SHA-256 of its ``submission.json``: those of another submission are not shown.
        change: Name of the change, see ``musebench symmetry``.
        num_pieces: Number of pieces that were changed.
        flips: Share of the predictions that differ from those before.
        loss: What the first main metric loses.
    """

    board: str
    entry: str
    sha256: str
    change: str
    num_pieces: int
    flips: float
    loss: float


COLUMNS = tuple(column.name for column in fields(Flips))


def read_symmetry(leaderboards: str | Path) -> list[Flips]:
    """All rows; none if there is no file.

    Raises:
        InputError: If the file is damaged.
    """
    return read_rows(Path(leaderboards) / SYMMETRY, COLUMNS, _row)


def _row(board: str, entry: str, sha256: str, change: str, *numbers: str) -> Flips:
    num_pieces, flips, loss = numbers
    return Flips(board, entry, sha256, change, int(num_pieces), float(flips), float(loss))


def flips_of(board: Standings, rows: Iterable[Flips]) -> Mapping[str, Mapping[str, float]]:
    """Entry -> change -> share of the predictions that flip, of the submissions that stand."""
    standing = {(entry.id, entry.sha256) for entry in board.entries}
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.board == board.board and (row.entry, row.sha256) in standing:
            found.setdefault(row.entry, {})[row.change] = row.flips
    return found


def record_flips(
    leaderboards: str | Path,
    board: str,
    entry: str,
    found: Iterable[tuple[str, int, float, float]],
) -> None:
    """Write what was measured of an entry into the table, in the place of its rows there.

    Args:
        leaderboards: Folder of all boards.
        board: Name of the board.
        entry: Name of the folder of the entry.
        found: Change, number of pieces, share of flips, and loss.

    Raises:
        InputError: If there is no such entry, or the table is damaged.
    """
    home = Path(leaderboards)
    sha256 = sha256_of(home / board / entry / FILE_NAME)
    rows = [row for row in read_symmetry(home) if (row.board, row.entry) != (board, entry)]
    rows += [Flips(board, entry, sha256, *of) for of in found]
    rows.sort(key=lambda row: (row.board, row.entry))
    write_file(home / SYMMETRY, rows_to_text(COLUMNS, map(astuple, rows)).encode())
