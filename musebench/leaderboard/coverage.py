"""How often the 95 % interval of a board contains the true value: a simulation of random boards."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.evaluation import DEFAULT_NUM_RESAMPLES, SHARE, interval_of_seeds

FloatArray = NDArray[np.float64]

TYPICAL_WORK = 2000  # notes; a common factor of all works does not matter


@dataclass(frozen=True)
class WorkModel:
    """How simulated works and seeds vary.

    A work's share of correct notes has a beta distribution; its number of notes is log-normal and
    independent of that. A seed adds normally distributed values to the share of all works and to
    that of each work; sums are not clipped, so that the true share is exactly ``mean``. No works
    fail completely: see ``interval_of_seeds`` for the effect of such works.

    Attributes:
        mean: True share of correct notes.
        deviation: Standard deviation of the share between works.
        log_size_deviation: Standard deviation of the logarithm of the number of notes of a work;
            0.5 to 0.9 in the test works of our first boards.
        seed_deviation: Standard deviation of the effect of a seed on all works.
        seed_work_deviation: Standard deviation of the effect of a seed on a single work.
    """

    mean: float = 0.9
    deviation: float = 0.1
    log_size_deviation: float = 0.8
    seed_deviation: float = 0.01
    seed_work_deviation: float = 0.02

    def __post_init__(self) -> None:
        """Refuse values that define no distribution."""
        spread = self.mean * (1 - self.mean)
        if not (0 < self.mean < 1 and 0 < self.deviation**2 < spread):
            msg = (
                f"shares of mean {self.mean} and deviation {self.deviation} have no beta "
                "distribution; the mean must lie between 0 and 1, the squared deviation between 0 "
                "and mean (1 - mean)."
            )
            raise InputError(msg)
        if min(self.log_size_deviation, self.seed_deviation, self.seed_work_deviation) < 0:
            msg = f"a standard deviation of {self} is below 0; all must be at least 0."
            raise InputError(msg)


def simulate_coverage(
    num_works: int,
    *,
    num_seeds: int = 1,
    model: WorkModel | None = None,
    num_boards: int = 1000,
    num_resamples: int = DEFAULT_NUM_RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> float:
    """Return the share of simulated boards whose interval contains the true share.

    With one seed the method is deterministic, and seeds add nothing. A board without an interval
    counts as one that does not contain the share.

    Args:
        num_works: Works per board.
        num_seeds: Runs per entry.
        model: How works and seeds vary; None for the defaults of ``WorkModel``.
        num_boards: Number of boards; the standard error of the result is at most about
            0.5 / sqrt(num_boards), and 0.008 for a result of 0.93 with 1,000 boards.
        num_resamples: Number of bootstrap draws per interval.
        seed: Seed of the boards and the draws.
        level: Share of intervals that should contain the true value.

    Raises:
        InputError: If there are fewer than two works, or no seed or board.
    """
    if num_works < 2 or num_seeds < 1 or num_boards < 1:
        msg = (
            f"num_works {num_works}, num_seeds {num_seeds}, num_boards {num_boards}: at least "
            "two works, one seed and one board are needed."
        )
        raise InputError(msg)
    model = model or WorkModel()
    rng = np.random.default_rng(seed)
    num_held = 0
    for board in range(num_boards):
        sums = draw_sums(model, num_works, num_seeds, rng)
        found = interval_of_seeds(
            sums, SHARE, num_resamples=num_resamples, seed=seed + board, level=level
        )
        if found.low is not None and found.high is not None:
            num_held += found.low <= model.mean <= found.high
    return num_held / num_boards


def draw_sums(
    model: WorkModel, num_works: int, num_seeds: int, rng: np.random.Generator
) -> FloatArray:
    """Return right notes and notes of made-up works, ``(num_seeds, num_works, 2)``."""
    size = np.ceil(rng.lognormal(np.log(TYPICAL_WORK), model.log_size_deviation, num_works))
    both = model.mean * (1 - model.mean) / model.deviation**2 - 1  # sum of the beta's parameters
    share = rng.beta(model.mean * both, (1 - model.mean) * both, num_works)
    if num_seeds > 1:
        of_seeds = rng.normal(0, model.seed_deviation, (num_seeds, 1))
        share = share + of_seeds + rng.normal(0, model.seed_work_deviation, (num_seeds, num_works))
    share = share.reshape(-1, num_works)
    return np.stack([share * size, np.broadcast_to(size, share.shape)], axis=-1)
