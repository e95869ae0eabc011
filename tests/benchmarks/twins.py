"""How long the search for twins takes, by number of scores; and how many planted ones it finds.

Scores are sets of made n-grams: 95 % of their own, 5 % formulas that many share. One in twenty is
a twin of another: an excerpt or an edition that keeps half to all of its n-grams.

Run: ``python tests/benchmarks/twins.py [--scores 1000 10000 100000]``
"""

import argparse
import sys
import time

import numpy as np

from musebench.datasets.pdmx import MAX_PIECES
from musebench.duplicates import find_duplicates

GRAMS, FORMULAS = 600, 2000


def made_scores(num_scores):
    """Name -> n-grams, and the pairs of twins."""
    random = np.random.default_rng(0)
    formulas = random.integers(2**63, size=FORMULAS, dtype=np.uint64)
    scores, twins = {}, set()
    for i in range(num_scores):
        own = random.integers(2**63, size=int(random.integers(50, 2 * GRAMS)), dtype=np.uint64)
        if i % 20 == 19:
            other = scores[f"s{i - 10:06d}"]
            kept = random.permutation(other)[: int(len(other) * random.uniform(0.5, 1.0))]
            own = np.concatenate([kept, own[: len(kept) // 3]])
            twins.add((f"s{i - 10:06d}", f"s{i:06d}"))
        shared = random.choice(formulas, len(own) // 20)
        scores[f"s{i:06d}"] = np.unique(np.concatenate([own, shared]))
    return scores, twins


def main():
    """Search collections of several sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=int, nargs="+", default=[1000, 10_000, 100_000])
    for size in parser.parse_args().scores:
        scores, twins = made_scores(size)
        used = time.process_time()
        pairs = find_duplicates(scores, max_pieces=MAX_PIECES)
        used = time.process_time() - used
        found = {(pair.first, pair.second) for pair in pairs}
        recall, wrong = len(found & twins) / len(twins), len(found - twins)
        sys.stdout.write(
            f"{size:,} scores: {used:.1f} CPU s, recall {recall:.3f}, {wrong} false pairs\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
