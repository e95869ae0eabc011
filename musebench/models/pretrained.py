"""Released checkpoints, used when no model is named. Needs no torch."""

from pathlib import Path

from musebench.boards import BOARDS
from musebench.corpora import fetch
from musebench.errors import InputError, NoPretrainedModelError
from musebench.files import NOTHING, is_file, is_folder, kind_of, why_unreadable
from musebench.models.released import find_checkpoint, read_checkpoints, released_files
from musebench.registry import what_there_is
from musebench.tasks import TASKS


def pretrained(task_or_board: str, root: str | Path | None = None) -> Path:
    """Fetch a released checkpoint, unless it is in the data home already.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, of a board, or of a checkpoint,
            such as ``asap-pitch-spelling-note-gnn``.
        root: The data home.

    Returns:
        The path of the file, whose SHA-256 is that of the registry.

    Raises:
        NoPretrainedModelError: If there is none, or its board has another version now.
        DownloadError: If it cannot be downloaded; OfflineError if ``MUSEBENCH_OFFLINE`` is set.
        InputError: If nothing has that name.
    """
    found = find_checkpoint(task_or_board)
    if found is None:
        board = _board_of(task_or_board)
        msg = f"there is no pretrained model for {task_or_board} yet; {_advice(board)}"
        raise NoPretrainedModelError(msg)
    if not found.is_current:
        now = BOARDS[found.board].version if found.board in BOARDS else "none"
        msg = (
            f"the released checkpoint {found.name} was trained on version {found.version} of "
            f"{found.board}, which is now at version {now}; {_advice(found.board)}"
        )
        raise NoPretrainedModelError(msg)
    return fetch(released_files(), [found.file], root)[found.file]


def find_weights(model: str | Path, root: str | Path | None = None) -> Path:
    """Find a checkpoint by its file, the folder of its run, or its name.

    Args:
        model: A file, a folder with ``best.pt``, or a name that ``pretrained`` accepts.
        root: The data home.

    Raises:
        InputError: If no file, folder or released checkpoint has that name.
        DownloadError: If a released checkpoint cannot be downloaded.
    """
    path = Path(model)
    if is_file(path):
        return path
    if is_folder(path):
        if is_file(path / "best.pt"):
            return path / "best.pt"
        msg = f"{path} has no checkpoint best.pt; give the folder of a trained run."
        raise InputError(msg)
    if kind_of(path) != NOTHING:
        msg = f"{path}: {why_unreadable(path)}; give a checkpoint, or the folder of a run."
        raise InputError(msg)
    return pretrained(str(model), root)


def _board_of(name: str) -> str:
    """The board of this name, or the first board of the task of this name."""
    boards = [board.name for board in BOARDS.values() if name in (board.name, board.task.name)]
    if boards:
        return boards[0]
    released = [found.name for found in read_checkpoints()]
    known = dict.fromkeys([*released, *TASKS, *BOARDS])
    hint = what_there_is(name, known, TASKS)
    msg = f"{name!r} is not a released checkpoint, task, board or file; {hint}"
    raise InputError(msg)


def _advice(board: str) -> str:
    return (
        f"train one with `musebench train {board}` and give its folder: --model "
        f"runs/{board}/note-gnn-seed0."
    )
