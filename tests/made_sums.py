"""Made-up sums of entries whose works are equally hard for all."""

import numpy as np


def make_works(rng, num_works=40):
    """Sizes and shares of works that all entries find equally hard."""
    return np.ceil(rng.lognormal(7.5, 0.8, num_works)), rng.beta(7.2, 0.8, num_works)


def make_entry(rng, works, shift=0.0, *, num_seeds=5, of_works=0.03, of_seeds=0.005, both=0.01):
    """Sums of an entry whose share is that of the works, moved."""
    size, share = works
    found = share + shift + rng.normal(0, of_works, len(size))
    if num_seeds > 1:
        found = found + rng.normal(0, of_seeds, (num_seeds, 1))
        found = found + rng.normal(0, both, (num_seeds, len(size)))
    found = found.reshape(num_seeds, -1)
    return np.stack([found * size, np.broadcast_to(size, found.shape)], axis=-1)


def make_board(seed=0, shifts=(0, 0.002, -0.01, -0.03, -0.1), num_works=40):
    """Entries whose true share is that of the works, moved by these."""
    rng = np.random.default_rng(seed)
    works = make_works(rng, num_works)
    return {f"e{i}": make_entry(rng, works, shift) for i, shift in enumerate(shifts)}
