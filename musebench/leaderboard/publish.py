"""From the folder of all boards to what is published there: standings, tables, the web site."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from musebench.boards import BOARDS, find_board
from musebench.corpora import LICENSES
from musebench.files import is_file, make_folder, read_text, write_file
from musebench.leaderboard.board import check_board, find_submissions, make_standings
from musebench.leaderboard.check import hash_file
from musebench.leaderboard.render import stale_pages, write_pages
from musebench.leaderboard.standings import FILE_NAME, Standings, read_standings, to_json
from musebench.leaderboard.submission import FILE_NAME as SUBMISSION_FILE
from musebench.leaderboard.submission import read_submission

SITE = "site"
LICENSE_FILE = "LICENSE.md"


def recompute(
    leaderboards: str | Path, root: str | Path | None = None, boards: Sequence[str] | None = None
) -> list[Standings]:
    """Recompute the standings of boards from predictions and labels.

    Args:
        leaderboards: Folder of all boards.
        root: The data home.
        boards: Names of boards; None for all.

    Raises:
        SubmissionError: If a submission does not pass.
        DownloadError: If labels are neither stored nor to be had.
    """
    names = BOARDS if boards is None else boards
    return [make_standings(board, check_board(leaderboards, board, root)) for board in names]


def stored_standings(
    leaderboards: str | Path, boards: Sequence[str] | None = None
) -> list[Standings]:
    """The standings as they were computed last.

    Args:
        leaderboards: Folder of all boards.
        boards: Names of boards; None for all.

    Raises:
        InputError: If those of a board are missing or cannot be read.
    """
    names = BOARDS if boards is None else boards
    return [read_standings(Path(leaderboards) / board / FILE_NAME) for board in names]


def publish(leaderboards: str | Path, standings: Sequence[Standings]) -> None:
    """Write standings, tables and web site; what is right already is not touched."""
    for board in standings:
        folder = Path(leaderboards) / board.board
        make_folder(folder)
        if not _holds(folder, board):
            _write(folder / FILE_NAME, to_json(board))
        _write(folder / LICENSE_FILE, license_text(board))
    write_pages(stored_standings(leaderboards), leaderboards, Path(leaderboards) / SITE)


def _holds(folder: Path, board: Standings) -> bool:
    file = folder / FILE_NAME
    return is_file(file) and same_standings(read_standings(file), board)


def _write(file: Path, text: str) -> None:
    if not is_file(file) or read_text(file) != text:
        write_file(file, text.encode())


def license_text(board: Standings) -> str:
    """What stands beside the predictions of a board: under which licence they are."""
    terms = LICENSES[board.license]
    return (
        f"# Licence of the predictions in this folder\n\n"
        f"They derive from {find_board(board.board).corpus.title} and are under the licence of "
        f"that corpus, not under that of the code:\n{terms.name}, {terms.url}\n\n"
        "No notes are in them: one class or number for each prediction, in canonical order.\n"
    )


def find_stale(leaderboards: str | Path, standings: Sequence[Standings]) -> list[str]:
    """Paths of the generated files that are not what these standings give."""
    stale = []
    for board in standings:
        folder = Path(leaderboards) / board.board
        if not _holds(folder, board):
            stale.append(str(folder / FILE_NAME))
        notice = folder / LICENSE_FILE
        if not is_file(notice) or read_text(notice) != license_text(board):
            stale.append(str(notice))
    # Pages are made from the stored numbers: the last digit of a sum is the machine's.
    shown = standings if stale else stored_standings(leaderboards)
    return stale + stale_pages(shown, leaderboards, Path(leaderboards) / SITE)


def changed_submissions(leaderboards: str | Path, standings: Sequence[Standings]) -> list[str]:
    """Submissions whose files are not those that the stored standings were computed from."""
    changed = []
    for board in standings:
        known = {entry.id: entry.sha256 for entry in board.entries}
        for folder in find_submissions(leaderboards, board.board):
            submission = read_submission(folder)
            if submission.withdrawn:
                continue
            fits = known.pop(submission.id, None) == hash_file(folder / SUBMISSION_FILE)
            if not fits or any(hash_file(folder / r.file) != r.sha256 for r in submission.runs):
                changed.append(str(folder))
        changed += [f"{board.board}/{name}" for name in known]
    return changed


def same_standings(stored: Standings, recomputed: Standings, tolerance: float = 1e-6) -> bool:
    """Whether standings are equal, numbers up to what another machine may round differently."""
    return _rounded(stored, tolerance) == _rounded(recomputed, tolerance)


def _rounded(standings: Standings, tolerance: float) -> Standings:
    digits = len(f"{1 / tolerance:.0f}") - 2  # one digit less: a tie may be rounded either way
    entries = []
    for entry in standings.entries:
        metrics = {
            name: replace(
                value, **{k: v if v is None else round(v, digits) for k, v in vars(value).items()}
            )
            for name, value in entry.metrics.items()
        }
        by_composer = {
            name: value if value is None else round(value, digits)
            for name, value in entry.by_composer.items()
        }
        entries.append(replace(entry, metrics=metrics, by_composer=by_composer))
    return replace(standings, entries=tuple(entries))
