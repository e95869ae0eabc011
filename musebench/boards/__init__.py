"""BOARDS: corpora seen through tasks; the one list of what musebench offers.

A board is all that is needed to know the labels of a dataset and to score predictions on it,
without torch. The datasets are the same boards as graphs.
"""

import difflib

from musebench.boards.augmentednet import AUGMENTEDNET_BOARDS
from musebench.boards.board import Board
from musebench.boards.composer import COMPOSER_BOARDS
from musebench.boards.melody import MELODY_BOARDS
from musebench.boards.onsets import ONSET_BOARDS
from musebench.boards.performance import PERFORMANCE_BOARDS
from musebench.boards.pitch_spelling import PITCH_SPELLING_BOARDS
from musebench.boards.staff_separation import STAFF_SEPARATION_BOARDS
from musebench.boards.voice_separation import VOICE_SEPARATION_BOARDS
from musebench.errors import InputError

BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        *PITCH_SPELLING_BOARDS,
        *VOICE_SEPARATION_BOARDS,
        *STAFF_SEPARATION_BOARDS,
        *ONSET_BOARDS,
        *COMPOSER_BOARDS,
        *MELODY_BOARDS,
        *AUGMENTEDNET_BOARDS,
        *PERFORMANCE_BOARDS,
    )
}


def find_board(name: str) -> Board:
    """Return the board of this name.

    Raises:
        InputError: If there is none; names what was probably meant.
    """
    if name not in BOARDS:
        near = difflib.get_close_matches(name, BOARDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(BOARDS)}."
        msg = f"there is no board {name!r}; {hint}"
        raise InputError(msg)
    return BOARDS[name]


__all__ = ["BOARDS", "Board", "find_board"]
