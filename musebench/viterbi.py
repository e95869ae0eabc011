"""The best path through states over time (Viterbi): the one such search there is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best_path(gain: NDArray[Any], cost: NDArray[Any]) -> NDArray[np.int64]:
    """Return the states of the path with the largest sum of gains minus costs.

    Of equal paths to a state, the one that was in it before is taken, else that of the first state.

    Args:
        gain: Gain of each state at each time. Shape ``(num_times, num_states)``.
        cost: Cost of each transition, from row to column. Shape ``(num_states, num_states)``.

    Returns:
        State at each time. Shape ``(num_times,)``, int64.

    >>> best_path(np.array([[2, 0], [0, 1], [2, 0]]), np.array([[0, 1], [1, 0]])).tolist()
    [0, 0, 0]
    """
    path = np.zeros(len(gain), dtype=np.int64)
    if not len(gain):
        return path
    states = np.arange(gain.shape[1])
    came_from = np.zeros(gain.shape, dtype=np.int64)
    total = gain[0]
    for time in range(1, len(gain)):
        reached = total[:, None] - cost
        best = reached.max(axis=0)
        came_from[time] = np.where(reached.diagonal() == best, states, reached.argmax(axis=0))
        total = best + gain[time]
    path[-1] = total.argmax()
    for time in range(len(gain) - 1, 0, -1):
        path[time - 1] = came_from[time, path[time]]
    return path


def cost_of_change(num_states: int, cost: float) -> NDArray[np.float64]:
    """The costs of ``best_path`` where every change costs the same."""
    return cost * (1 - np.eye(num_states))
