"""What changes of a score do to the entries of a board: the table that boards read."""

from pathlib import Path

from musebench.leaderboard import read_submission, record_flips
from musebench.symmetry import sensitivities
from musebench.train import plan_run


def measure_entry(
    board: str, entry: str, runs: Path, leaderboards: Path, max_pieces: int
) -> list[tuple[str, int, float, float]]:
    """Change the first test pieces of fold 0, and record what the method of an entry does.

    Args:
        board: Name of a board.
        entry: Folder of the entry, which has the name of its rule or model.
        runs: Folder of all runs; a learned model is that of fold 0, seed 0.
        leaderboards: Folder of all boards, whose table is written.
        max_pieces: Number of test pieces.

    Returns:
        Change, number of pieces, share of flips, and loss of the main metric.
    """
    read_submission(leaderboards / board / entry)  # no entry: an error before anything is computed
    found = [
        (of.change, of.num_pieces, round(of.flips, 6), round(of.loss, 6))
        for of in sensitivities(plan_run(board, entry, 0, runs), max_pieces=max_pieces)
        if of.flips is not None and of.loss is not None
    ]
    record_flips(leaderboards, board, entry, found)
    return found
