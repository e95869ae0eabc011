"""BOARDS: corpora seen through tasks; what musebench offers, one file per board.

A board is all that is needed to know the labels of a dataset and to score predictions on it,
without torch. The datasets are the same boards as graphs.
"""

from musebench.boards.board import BOARDS, Board, find_board, register_board

__all__ = ["BOARDS", "Board", "find_board", "register_board"]
