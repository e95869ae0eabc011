"""Numbers of parameters from the configurations, without any data."""

from functools import cache

from musebench.boards import BOARDS
from musebench.models import read_config
from musebench.models.sizes import count_parameters


@cache
def num_parameters(model, board, **changes):
    return count_parameters(model, BOARDS[board].task, read_config(model, board, **changes))
