"""The best path through states over time (Viterbi)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best_path(gain: NDArray[Any], cost: NDArray[Any]) -> NDArray[np.int64]:
    """Return the states of the path with the largest sum of gains minus costs.

    Args:
        gain: Gain of each state at each time. Shape ``(num_times, num_states)``, ``num_times > 0``.
        cost: Cost of each transition, from row to column. Shape ``(num_states, num_states)``.

    Returns:
        State at each time. Shape ``(num_times,)``, int64.

    >>> best_path(np.array([[2, 0], [0, 1], [2, 0]]), np.array([[0, 1], [1, 0]])).tolist()
    [0, 0, 0]
    """
    came_from = np.zeros(gain.shape, dtype=np.int64)
    total = gain[0]
    for time in range(1, len(gain)):
        reached = total[:, None] - cost
        came_from[time] = reached.argmax(axis=0)
        total = reached.max(axis=0) + gain[time]
    path = np.empty(len(gain), dtype=np.int64)
    path[-1] = total.argmax()
    for time in range(len(gain) - 1, 0, -1):
        path[time - 1] = came_from[time, path[time]]
    return path
