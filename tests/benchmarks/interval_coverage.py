"""How often the 95 % intervals of the boards hold the true value, at their numbers of works.

Made-up boards by ``musebench.leaderboard.coverage``, whose model it states: shares by work beta
with standard deviation 0.1, sizes log-normal, 1, 3 or 5 seeds. The default numbers of works are
those of the test splits of all boards, and 28. 1,000 boards take a few seconds a line.
Run: ``python tests/benchmarks/interval_coverage.py [NUM_WORKS ...] [--boards 1000] [--means 0.9]``.
"""

import argparse
import sys

from musebench.boards import BOARDS
from musebench.leaderboard.coverage import WorkModel, simulate_coverage
from musebench.splits import read_pieces, split_of_pieces, split_schemes

SMALL = 28


def test_works():
    """Number of works of the test split of each board and scheme."""
    return {
        f"{board} ({scheme})": read_pieces(board)
        .loc[split_of_pieces(board, scheme) == "test", "work_id"]
        .nunique()
        for board in BOARDS
        for scheme in split_schemes(board)
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("num_works", type=int, nargs="*", help="default: those of the boards, 28")
    parser.add_argument("--boards", type=int, default=1000, help="made-up boards a number")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3, 5])
    parser.add_argument("--means", type=float, nargs="+", default=[0.9], help="true shares")
    arguments = parser.parse_args()
    named = {f"{number} works": number for number in arguments.num_works}
    sys.stdout.write("board | works | true share | seeds | coverage\n")
    for name, num_works in (named or {**test_works(), "small": SMALL}).items():
        for mean in arguments.means:
            for num_seeds in arguments.seeds:
                share = simulate_coverage(
                    num_works,
                    num_seeds=num_seeds,
                    model=WorkModel(mean=mean),
                    num_boards=arguments.boards,
                    num_resamples=arguments.resamples,
                )
                line = f"{name} | {num_works} | {mean} | {num_seeds} | {share:.3f}\n"
                sys.stdout.write(line)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
