"""Make the published files of all boards: standings and tables, and the web site beside them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from musebench.boards import BOARDS, find_board
from musebench.corpora import terms_of
from musebench.errors import InputError
from musebench.evaluation import Estimate, read_ceiling
from musebench.files import is_file, is_folder, make_folder, sha256_of
from musebench.leaderboard.archive import read_archive
from musebench.leaderboard.board import check_board, find_submissions, make_standings
from musebench.leaderboard.frozen import FROZEN, freeze, frozen_to_csv, read_frozen
from musebench.leaderboard.published import read_published
from musebench.leaderboard.ranking import Pair
from musebench.leaderboard.render import render_pages, render_site, stale_files, write_files
from musebench.leaderboard.standings import (
    STANDINGS,
    Standing,
    Standings,
    read_standings,
    to_json,
)
from musebench.leaderboard.submission import FILE_NAME as SUBMISSION_FILE
from musebench.leaderboard.submission import read_submission
from musebench.leaderboard.symmetry import Flips, flips_of, read_symmetry
from musebench.leaderboard.works import WORKS, settle_works, works_to_csv

T = TypeVar("T", Pair, Estimate)

LICENSE_FILE = "LICENSE.md"
ROUNDING = 1e-9  # sums may differ by this much on another machine


def boards_in(leaderboards: str | Path) -> list[str]:
    """Names of the boards that have a folder; boards of other packages are elsewhere.

    Raises:
        InputError: If there is none.
    """
    found = [name for name in BOARDS if is_folder(Path(leaderboards) / name)]
    if not found:
        msg = f"{leaderboards} contains no folder of a board, such as {next(iter(BOARDS))}."
        raise InputError(msg)
    return found


def recompute_boards(
    leaderboards: str | Path, root: str | Path | None = None, boards: Sequence[str] | None = None
) -> list[Standings]:
    """Recompute the standings of boards from predictions and labels.

    Args:
        leaderboards: Folder of all boards.
        root: The data home.
        boards: Names of boards; None for all that have a folder.

    Raises:
        SubmissionError: If a submission does not pass.
        DownloadError: If labels are neither cached nor downloadable.
    """
    names = boards_in(leaderboards) if boards is None else boards
    return [make_standings(board, check_board(leaderboards, board, root), root) for board in names]


def stored_standings(
    leaderboards: str | Path, boards: Sequence[str] | None = None
) -> list[Standings]:
    """The stored standings.

    Args:
        leaderboards: Folder of all boards.
        boards: Names of boards; None for all that have a folder.

    Raises:
        InputError: If those of a board are missing or cannot be read.
    """
    names = boards_in(leaderboards) if boards is None else boards
    return [read_standings(Path(leaderboards) / board / STANDINGS) for board in names]


def outputs(leaderboards: str | Path, standings: Sequence[Standings]) -> dict[Path, str]:
    """Everything that is generated and committed: path -> text.

    Stored numbers are kept if they differ only by the rounding of another machine.

    Args:
        leaderboards: Folder of all boards, with the stored standings.
        standings: All boards.

    Raises:
        InputError: If ``README.md`` has no place for the index.
    """
    home = Path(leaderboards)
    measured = read_symmetry(home)
    settled = [
        _with_others(settle(board, home / board.board / STANDINGS), home, measured)
        for board in standings
    ]
    files = {}
    for board in settled:
        files[home / board.board / STANDINGS] = to_json(board)
        files[home / board.board / WORKS] = works_to_csv(board.works)
        files[home / board.board / LICENSE_FILE] = license_text(board)
    files[home / FROZEN] = frozen_to_csv(freeze(settled, read_frozen(home)))
    return files | render_pages(settled, read_archive(home), home)


def _with_others(board: Standings, leaderboards: Path, measured: Sequence[Flips]) -> Standings:
    """The board with what is not computed from predictions: its ceiling, and what flips."""
    flips = flips_of(board, measured)
    entries = tuple(replace(entry, flips=flips.get(entry.id, {})) for entry in board.entries)
    return replace(board, ceiling=_ceiling(board, leaderboards), entries=entries)


def _ceiling(board: Standings, leaderboards: Path) -> float | None:
    """What people reach in the first main metric, where it was measured."""
    found = read_ceiling(board.board, leaderboards)
    return found.value if found and found.metric == board.main_metrics[0] else None


def publish_boards(leaderboards: str | Path, standings: Sequence[Standings]) -> None:
    """Write standings and tables; files that are up to date are not touched."""
    write_files(outputs(leaderboards, standings))


def write_site(leaderboards: str | Path, folder: str | Path) -> list[Path]:
    """Write the web site of the stored standings.

    Args:
        leaderboards: Folder of all boards.
        folder: Where to write it; other files there stay.

    Returns:
        The files of the site.

    Raises:
        InputError: If standings are missing, or the folder cannot be written.
    """
    pages = render_site(
        stored_standings(leaderboards),
        read_archive(leaderboards),
        read_frozen(leaderboards),
        read_published(leaderboards),
    )
    files = {make_folder(folder) / path: text for path, text in pages.items()}
    write_files(files)
    return list(files)


def license_text(board: Standings) -> str:
    """The licence file next to the predictions of a board."""
    terms = terms_of(board.license)
    return (
        f"# Licence of the predictions in this folder\n\n"
        f"They derive from {find_board(board.board).corpus.title} and have the licence of that "
        f"corpus, not that of the code:\n{terms.name}, {terms.url}\n\n"
        "They contain no notes, only one class or number per prediction, in canonical order.\n"
    )


def find_stale(leaderboards: str | Path, standings: Sequence[Standings]) -> list[str]:
    """Paths of generated files that differ from these standings."""
    return [str(path) for path in stale_files(outputs(leaderboards, standings))]


def changed_submissions(leaderboards: str | Path, standings: Sequence[Standings]) -> list[str]:
    """Submissions whose files have changed since the stored standings were computed."""
    changed = []
    for board in standings:
        known = {entry.id: entry.sha256 for entry in board.entries}
        for folder in find_submissions(leaderboards, board.board):
            submission = read_submission(folder)
            if submission.withdrawn:
                continue
            fits = known.pop(submission.id, None) == sha256_of(folder / SUBMISSION_FILE)
            if not fits or any(sha256_of(folder / r.file) != r.sha256 for r in submission.runs):
                changed.append(str(folder))
        changed += [f"{board.board}/{name}" for name in known]
    return changed


def settle(standings: Standings, file: Path) -> Standings:
    """Standings with the numbers of a stored file where these differ by rounding only.

    The last digits of a sum depend on the machine: without this, every machine would change all
    files.
    """
    if not is_file(file):
        return standings
    try:
        stored = read_standings(file)
    except InputError:  # damaged, or of an older format: it is written again
        return standings
    known = {entry.id: entry for entry in stored.rows}
    entries, ensembles = (
        tuple(_settle_entry(e, known[e.id]) if e.id in known else e for e in rows)
        for rows in (standings.entries, standings.ensembles)
    )
    known_pairs = {(pair.first, pair.second): pair for pair in stored.pairs}
    pairs = [_settle_numbers(p, known_pairs.get((p.first, p.second))) for p in standings.pairs]
    coverage = _settle_number(standings.coverage, stored.coverage)
    works = settle_works(standings.works, stored.works)
    return replace(
        standings,
        entries=entries,
        ensembles=ensembles,
        pairs=tuple(pairs),
        coverage=coverage,
        works=works,
    )


def _settle_entry(entry: Standing, stored: Standing) -> Standing:
    metrics = {
        name: _settle_numbers(value, stored.metrics.get(name))
        for name, value in entry.metrics.items()
    }
    by_composer = {
        name: _settle_number(value, stored.by_composer.get(name))
        for name, value in entry.by_composer.items()
    }
    return replace(entry, metrics=metrics, by_composer=by_composer)


def _settle_numbers(value: T, stored: T | None) -> T:
    """A pair or an estimate with the stored numbers that differ by rounding only."""
    if stored is None:
        return value
    numbers: dict[str, Any] = {
        name: _settle_number(number, getattr(stored, name))
        for name, number in vars(value).items()
        if isinstance(number, float)
    }
    return replace(value, **numbers)


def _settle_number(number: float | None, stored: float | None) -> float | None:
    if number is None or stored is None:
        return number
    return stored if math.isclose(number, stored, rel_tol=ROUNDING, abs_tol=ROUNDING) else number
