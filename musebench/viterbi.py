"""The best path through states over time (Viterbi): the one such search there is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best_path(gain: NDArray[Any], cost: NDArray[Any] | float) -> NDArray[np.int64]:
    """Return the states of the path with the largest sum of gains minus costs.

    Of equal paths to a state, the one that was in it before is taken, else that of the first state.

    Args:
        gain: Gain of each state at each time. Shape ``(num_times, num_states)``.
        cost: Cost of each transition, from row to column, shape ``(num_states, num_states)``; or,
            where all changes cost the same and staying nothing, the cost of a change to each time,
            not negative, shape ``(num_times,)``, or one number for all times.

    Returns:
        State at each time. Shape ``(num_times,)``, int64.

    >>> best_path(np.array([[2, 0], [0, 1], [2, 0]]), 1).tolist()
    [0, 0, 0]
    """
    path = np.zeros(len(gain), dtype=np.int64)
    if not len(gain):
        return path
    came_from = np.zeros(gain.shape, dtype=np.int64)
    costs = np.asarray(cost) if np.ndim(cost) > 1 else np.broadcast_to(cost, len(gain))
    total = gain[0]
    for time in range(1, len(gain)):
        came_from[time], best = _reach(total, costs if costs.ndim > 1 else costs[time])
        total = best + gain[time]
    path[-1] = total.argmax()
    for time in range(len(gain) - 1, 0, -1):
        path[time - 1] = came_from[time, path[time]]
    return path


def _reach(total: NDArray[Any], cost: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The state from which each is best reached, and what the path then has."""
    if cost.ndim:
        reached = total[:, None] - cost
        stays, source, best = reached.diagonal(), reached.argmax(axis=0), reached.max(axis=0)
    else:
        stays, source = total, total.argmax()
        best = np.maximum(total, total[source] - cost)
    return np.where(stays == best, np.arange(len(total)), source), best
