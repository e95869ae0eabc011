"""The weights that ship, used when no model is named. Needs no torch."""

from pathlib import Path

from musebench.boards import BOARDS
from musebench.errors import InputError, NoPretrainedModelError
from musebench.files import NOTHING, is_file, is_folder, kind_of, why_unreadable
from musebench.models.released import find_released
from musebench.registry import what_there_is
from musebench.tasks import TASKS


def pretrained(task_or_board: str) -> Path:
    """Find the weights of a task or a board, which are installed with musebench.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, or of a board. Of the boards of a
            task, see ``musebench.models.released.find_released``.

    Returns:
        The path of the file, whose SHA-256 is that of the registry.

    Raises:
        NoPretrainedModelError: If there are none, if they are in the package musebench-models and
            it is not installed, or if their board has another version now.
        IntegrityError: If the installed file is missing or another one.
        InputError: If nothing has that name.
    """
    found = find_released(task_or_board)
    if found is None:
        board = _board_of(task_or_board)
        msg = f"there is no pretrained model for {task_or_board} yet; {_advice(board)}"
        raise NoPretrainedModelError(msg)
    if not found.is_current:
        now = BOARDS[found.board].version if found.board in BOARDS else "none"
        msg = (
            f"the weights of {found.board} were trained on its version {found.version}, which is "
            f"now {now}; {_advice(found.board)}"
        )
        raise NoPretrainedModelError(msg)
    return found.path()


def find_weights(model: str | Path) -> Path:
    """Find weights by their file, the folder of their run, or their name.

    Args:
        model: A file, a folder with ``best.pt``, or a name that ``pretrained`` accepts.

    Raises:
        InputError: If no file, folder or released weights have that name.
        NoPretrainedModelError, IntegrityError: As for ``pretrained``.
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
    return pretrained(str(model))


def _board_of(name: str) -> str:
    """The board of this name, or the first board of the task of this name."""
    boards = [
        board.name
        for board in BOARDS.values()
        if name in (board.name, board.task.name, *board.task.aliases)
    ]
    if boards:
        return boards[0]
    hint = what_there_is(name, dict.fromkeys([*TASKS, *BOARDS]), TASKS)
    msg = f"{name!r} is not a task, board or file; {hint}"
    raise InputError(msg)


def _advice(board: str) -> str:
    return (
        f"train one with `musebench train {board}` and give its folder: --model "
        f"runs/{board}/note-gnn-fold0-seed0."
    )
