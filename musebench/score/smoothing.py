"""The cheapest sequence of states when changes cost something."""

import numpy as np
from numpy.typing import NDArray


def cheapest_path(cost: NDArray[np.float64], change_cost: float) -> NDArray[np.int64]:
    """Choose a state at each step so that the sum of costs and changes is least (Viterbi).

    Args:
        cost: Cost of each state at each step. Shape ``(num_steps, num_states)``.
        change_cost: Cost of a state that differs from the one before.

    Returns:
        The states. Shape ``(num_steps,)``, int64.
    """
    num_steps, num_states = cost.shape
    came_from = np.zeros((num_steps, num_states), dtype=np.int64)
    total = np.zeros(num_states)
    for step in range(num_steps):
        cheapest = int(total.argmin())
        stays = total <= total[cheapest] + change_cost
        came_from[step] = np.where(stays, np.arange(num_states), cheapest)
        total = np.minimum(total, total[cheapest] + change_cost) + cost[step]
    path = np.zeros(num_steps, dtype=np.int64)
    if num_steps:
        path[-1] = total.argmin()
        for step in range(num_steps - 1, 0, -1):
            path[step - 1] = came_from[step, path[step]]
    return path
