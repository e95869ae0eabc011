"""Boards of made-up sums, for the tests of ranks."""

import numpy as np

from musebench.leaderboard.ranking import Entry


def entries_of(board):
    return {name: Entry(sums) for name, sums in board.items()}


def fixed(*values, size=None):
    """Entries without chance whose works have these values."""
    return {
        f"e{i}": Entry(
            np.stack([np.array(row, float), np.ones(len(row))], axis=-1)[np.newaxis],
            is_deterministic=True,
        )
        for i, row in enumerate(values)
    }


def by_names(pairs):
    return {(pair.first, pair.second): pair for pair in pairs}


def ranges(found):
    return [(entry.id, entry.place, entry.best_rank, entry.worst_rank) for entry in found.entries]
