"""BOARDS: corpora seen through tasks; what musebench offers, one file per board.

A board is all that is needed to know the labels of a dataset and to score predictions on it,
without torch. The datasets are the same boards as graphs.
"""

from musebench.boards.board import BOARDS as BOARDS
from musebench.boards.board import Board as Board
from musebench.boards.board import find_board as find_board
from musebench.boards.board import register_board as register_board
