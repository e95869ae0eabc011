"""The best path through states over time (Viterbi): the one such search there is."""

from collections.abc import Callable
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


def best_path_in_groups(
    gain: Callable[[int], NDArray[Any]], cost: NDArray[Any], cost_of_group: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the best path through states that are members of groups; see ``best_path``.

    Of equal ways to change, that within the group is taken. Its time grows with the number of
    states, not with its square.

    Args:
        gain: Gives the gain of each state at a time, shape ``(num_groups, num_members)``; called
            once per time, in order.
        cost: Cost of a change to each time, not negative. Shape ``(num_times,)``.
        cost_of_group: What a change into another group costs besides, not negative.

    Returns:
        Group and member at each time, two arrays of shape ``(num_times,)``, int64.

    >>> gains = np.array([[[2, 0], [0, 0]], [[0, 3], [0, 4]]])  # (num_times, 2 groups, 2 members)
    >>> group, member = best_path_in_groups(lambda time: gains[time], np.ones(2), 2)
    >>> group.tolist(), member.tolist()
    ([0, 0], [0, 1])
    """
    path = np.zeros((2, len(cost)), dtype=np.int64)
    if not len(cost):
        return path[0], path[1]
    total = gain(0)
    own, came_from = np.arange(len(total)), []
    for time in range(1, len(cost)):
        member = total.argmax(axis=1)
        best = total[own, member]
        other = int(best.argmax())
        moves = best[other] - cost_of_group > best
        best = np.maximum(best, best[other] - cost_of_group) - cost[time]
        stays = total >= best[:, None]
        came_from.append((np.packbits(stays, axis=1), np.where(moves, other, own), member))
        total = np.where(stays, total, best[:, None]) + gain(time)
    path[:, -1] = np.unravel_index(total.argmax(), total.shape)
    for time in range(len(cost) - 1, 0, -1):
        stays, source, member = came_from[time - 1]
        group, place = path[:, time]
        if not stays[group, place // 8] >> (7 - place % 8) & 1:
            group = source[group]
            place = member[group]
        path[:, time - 1] = group, place
    return path[0], path[1]
