"""Released checkpoints: which one a task is solved with when no model is named."""

from pathlib import Path

from musebench.boards import BOARDS


class NoPretrainedModelError(ValueError):
    """There is no released checkpoint of a task: says how to come by a model."""


def pretrained(task: str) -> Path:
    """Return the released checkpoint of a task.

    Args:
        task: Name of a task, such as ``pitch-spelling``.

    Raises:
        NoPretrainedModelError: If there is none.
    """
    board = next((name for name, board in BOARDS.items() if board.task.name == task), "BOARD")
    msg = (
        f"there is no pretrained model of {task} yet; train one with `musebench train {board}` and "
        f"give its folder: --model runs/{board}/note-gnn-seed0."
    )
    raise NoPretrainedModelError(msg)
