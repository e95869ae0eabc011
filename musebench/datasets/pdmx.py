"""PDMX as a dataset to train on: without conflicts of licence, twins, and music of any board."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from musebench.boards import BOARDS, Board
from musebench.corpora import PdmxScore, data_home, read_pdmx, unpack_pdmx
from musebench.datasets.score_folder import ScoreFolder
from musebench.duplicates import (
    SMALLEST_SHARE,
    Hashes,
    Likeness,
    find_duplicates,
    grams,
    line_grams,
)
from musebench.errors import InputError
from musebench.files import write_file
from musebench.score import NoteTable
from musebench.shown import Shown
from musebench.store import OWN, load_notes

if TYPE_CHECKING:
    import pandas as pd

NAME = "pdmx"
KINDS: Mapping[str, Callable[[NoteTable], Hashes]] = {
    "outer voices": grams,
    "highest line": lambda notes: line_grams(notes)[0],
    "lowest line": lambda notes: line_grams(notes)[1],
}
MAX_PIECES = 200  # a song may be there so many times
TWIN = 0.6  # share of common grams from which one of two scores of PDMX is left out
BOARD = " board "  # before the names of pieces of boards, which so come before all others


@dataclass(frozen=True)
class PdmxBuild(Shown):
    """What the recipe made.

    Attributes:
        dataset: The scores that are left.
        pieces: Every score of the table: ``piece_id``, ``license``, ``composer``, ``title``, and
            ``left_out``: why it is not in the dataset, empty if it is.
        table: The same as a CSV file.
    """

    dataset: ScoreFolder
    pieces: "pd.DataFrame"
    table: Path


def build_pdmx(
    source: str | Path,
    root: str | Path | None = None,
    *,
    boards: Iterable[Board] | None = None,
    n_jobs: int | None = None,
) -> PdmxBuild:
    """Build PDMX for training: no licence conflict, no twins, no music of any board.

    Every work of a board is tested in some fold, so none may be trained on.

    Args:
        source: PDMX as it is published: the folder with ``PDMX.csv`` and ``mxl`` (or
            ``mxl.tar.gz``), or an archive of both.
        root: The data home, in which the boards' scores are, or to which they are downloaded.
        boards: The boards whose music is left out; None: all.
        n_jobs: See ``ScoreFolder``.

    Raises:
        InputError: If the source is not PDMX, or nothing is left.
        DownloadError: If scores of boards are neither stored nor downloadable.
    """
    source = Path(source)
    scores = {score.piece_id: score for score in read_pdmx(source)}
    left_out = {n: "conflict of licences" for n, score in scores.items() if score.has_conflict}
    free = {name: score for name, score in scores.items() if name not in left_out}
    files = unpack_pdmx(source, free, data_home(root) / "raw" / NAME)
    left_out |= {name: "its file is missing" for name in free if name not in files}
    if not files:
        msg = f"{source}: of the {len(scores)} scores of its table no file is there to be read."
        raise InputError(msg)
    whole = ScoreFolder(files, root=root, name=f"{NAME}-all", n_jobs=n_jobs)
    left_out |= dict(whole.exclusions.itertuples(index=False))
    tables = whole.note_store().tables
    left_out |= find_twins(
        tables, board_tables(BOARDS.values() if boards is None else boards, root)
    )
    kept = {name: file for name, file in files.items() if name not in left_out}
    if not kept:
        msg = f"{source}: every score is left out, such as {next(iter(left_out.items()))}."
        raise InputError(msg)
    licenses = sorted({scores[name].license or "unknown" for name in kept})
    dataset = ScoreFolder(kept, root=root, name=NAME, license=", ".join(licenses), n_jobs=n_jobs)
    return _written(dataset, scores, left_out)


def _written(
    dataset: ScoreFolder, scores: Mapping[str, PdmxScore], left_out: Mapping[str, str]
) -> PdmxBuild:
    import pandas as pd

    rows = [
        (name, of.license, of.composer, of.title, left_out.get(name, ""))
        for name, of in scores.items()
    ]
    pieces = pd.DataFrame(rows, columns=["piece_id", "license", "composer", "title", "left_out"])
    table = Path(dataset.root) / OWN / f"{NAME}.csv"
    write_file(table, pieces.to_csv(index=False).encode())
    return PdmxBuild(dataset, pieces, table)


def board_tables(
    boards: Iterable[Board], root: str | Path | None
) -> dict[str, Mapping[str, NoteTable]]:
    """Corpus -> note tables, of all corpora of boards."""
    corpora = {member.name: member for board in boards for member in board.corpus.members}
    return {name: load_notes(corpus, root).tables for name, corpus in corpora.items()}


def find_twins(
    tables: Mapping[str, NoteTable], of_boards: Mapping[str, Mapping[str, NoteTable]]
) -> dict[str, str]:
    """Why scores are left out: like a piece of a board, or like another score that stays.

    Args:
        tables: Name -> note table of the scores.
        of_boards: Corpus -> note tables of its pieces.
    """
    reasons: dict[str, str] = {}
    pairs: dict[tuple[str, str], float] = {}
    for found in _likenesses(tables, of_boards):
        pair = (found.first, found.second)
        pairs[pair] = max(found.share, pairs.get(pair, 0.0))
    ordered = sorted(pairs.items(), key=lambda item: (not item[0][0].startswith(BOARD), item[0]))
    for (first, second), share in ordered:  # pieces of boards sort before all others
        if first.startswith(BOARD):
            reasons.setdefault(second, f"like {first.removeprefix(BOARD)} of a board ({share:.2f})")
        elif share >= TWIN and first not in reasons:
            reasons.setdefault(second, f"like {first} ({share:.2f})")
    return reasons


def _likenesses(
    tables: Mapping[str, NoteTable], of_boards: Mapping[str, Mapping[str, NoteTable]]
) -> Iterable[Likeness]:
    """All pairs with a score of ours, by each kind of grams in turn: only one is in memory."""
    named = {f"{BOARD}{corpus}: {n}": (t, n) for corpus, t in of_boards.items() for n in t}
    named |= {name: (tables, name) for name in tables}
    for kind, make in KINDS.items():
        bar = tqdm(named.items(), f"{NAME}: {kind}", disable=None, leave=False)
        hashes = {name: make(of[key]) for name, (of, key) in bar}
        yield from find_duplicates(
            hashes, SMALLEST_SHARE, max_pieces=MAX_PIECES, is_wanted=_is_of_ours
        )


def _is_of_ours(_: str, second: str) -> bool:
    """Not two pieces of boards, whose names come first."""
    return not second.startswith(BOARD)
