"""The errors of a leaderboard entry in a piece."""

import difflib
import re
from pathlib import Path

from musebench.boards import BOARDS, find_board
from musebench.errors import InputError
from musebench.files import is_folder
from musebench.leaderboard import IDENTIFIER, Submission, read_submission
from musebench.see.piece import piece_of_board
from musebench.see.views import View, predictions_of_file, stage
from musebench.splits import fold_of_pieces, read_pieces


def explain(
    entry: str,
    piece: str,
    *,
    against: str | None = None,
    leaderboards: str | Path = "leaderboards",
    seed: int | None = None,
    measures: str | None = None,
    as_roll: bool = False,
    root: str | Path | None = None,
) -> View:
    """Show the predictions of an entry for a piece next to the labels, with its errors.

    Args:
        entry: Id of a submission, or ``BOARD/ID`` if several boards have it.
        piece: Piece of the board's test split.
        against: Another entry of the same board to compare with.
        leaderboards: Folder of all boards, in a clone of musebench.
        seed: Seed of the run; None for the first one.
        measures: Measures to show, see ``view``.
        as_roll: Draw a piano roll even if the score can be engraved.
        root: The data home.

    Raises:
        InputError: If there is no such entry, piece or run.
        PredictionError: If the predictions were made for other notes.
    """
    folder = find_entry(leaderboards, entry, piece)
    board = folder.parent.name
    folders = [folder]
    if against is not None:
        folders.append(find_entry(leaderboards, f"{board}/{against.rpartition('/')[2]}", piece))
    shown = piece_of_board(find_board(board), piece, root, reveal_test_labels=True)
    fold = _test_folds(board)[piece]
    predictions = {}
    for chosen in folders:
        submission = read_submission(chosen)
        file, used = _file_of_run(chosen, submission, fold, seed)
        (labels,) = predictions_of_file(shown, file, root).values()
        name = submission.method.name
        predictions[f"{name}, seed {used}" if len(submission.seeds) > 1 else name] = labels
    return View(stage(shown, predictions, measures=measures, as_roll=as_roll, explains=True))


def find_entry(leaderboards: str | Path, entry: str, piece: str) -> Path:
    """Find the folder of an entry on the one board that has it and the piece.

    Raises:
        InputError: If no board or several have them.
    """
    leaderboards = Path(leaderboards)
    board, slash, name = entry.rpartition("/")
    if slash:
        find_board(board)
    boards = [board] if slash else list(BOARDS)
    is_id = re.fullmatch(IDENTIFIER, name)
    folders = [leaderboards / b for b in boards if is_folder(leaderboards / b)]
    found = [folder / name for folder in folders if is_id and is_folder(folder / name)]
    if not found:
        known = sorted({p.name for folder in folders for p in folder.glob("*") if p.is_dir()})
        near = difflib.get_close_matches(name, known, n=3) or known
        hint = f"there are {', '.join(near)}" if near else "it is a folder of a clone of musebench"
        msg = f"{leaderboards} has no entry {entry!r}; {hint}."
        raise InputError(msg)
    having = [path for path in found if piece in _test_folds(path.parent.name)]
    if not having:
        raise InputError(_describe_missing(found, piece))
    if len(having) > 1:
        names = ", ".join(f"{path.parent.name}/{name}" for path in having)
        msg = f"{len(having)} boards have {name} and {piece}; choose one of {names}."
        raise InputError(msg)
    return having[0]


def _test_folds(board: str) -> dict[str, int]:
    """Test piece -> its fold."""
    folds = zip(read_pieces(board)["piece_id"], fold_of_pieces(board), strict=True)
    return {str(piece): int(fold) for piece, fold in folds if fold >= 0}


def _describe_missing(found: list[Path], piece: str) -> str:
    known = [name for path in found for name in _test_folds(path.parent.name)]
    parts = [name for name in known if piece and piece.lower() in name.lower()][:3]
    near = parts or difflib.get_close_matches(piece, known, n=3, cutoff=0.4) or known[:3]
    boards = ", ".join(path.parent.name for path in found)
    return f"{piece!r} is not a test piece of {boards}; similar: {', '.join(dict.fromkeys(near))}."


def _file_of_run(
    folder: Path, submission: Submission, fold: int, seed: int | None
) -> tuple[Path, int]:
    """File and seed of a run that predicts a fold."""
    seeds = [run.seed for run in submission.runs if run.fold == fold]
    if not seeds:
        msg = f"{submission.id} predicts fold 0 alone; this piece is tested in fold {fold}."
        raise InputError(msg)
    chosen = seeds[0] if seed is None else seed
    for run in submission.runs:
        if (run.fold, run.seed) == (fold, chosen):
            return folder / run.file, run.seed
    msg = f"{submission.id} has no run with seed {seed}; it has {', '.join(map(str, seeds))}."
    raise InputError(msg)
