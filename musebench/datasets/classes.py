"""The classes of the datasets, one per board, made when they are first named.

``classes.pyi`` declares the same classes for editors and type checkers; ``tools/write_derived.py``
writes it.
"""

from musebench.boards import BOARDS, Board
from musebench.datasets.base import ScoreGraphDataset

_made: dict[str, type[ScoreGraphDataset]] = {}


def dataset_class(board: Board) -> type[ScoreGraphDataset]:
    """The class of a board's dataset: a ``ScoreGraphDataset`` with the board's name and texts."""
    found = _made.get(board.dataset)
    if found is None or found.board is not board:
        texts = {"__doc__": board.docstring, "__module__": __name__, "board": board}
        found = _made[board.dataset] = type(board.dataset, (ScoreGraphDataset,), texts)
    return found


def __getattr__(name: str) -> type[ScoreGraphDataset]:
    """The class of this name."""
    for board in BOARDS.values():
        if board.dataset == name:
            return dataset_class(board)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
