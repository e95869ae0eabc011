"""The interval of a share over works: the studentised bootstrap."""

import numpy as np
import pytest

from musebench.evaluation import SHARE, interval_of_seeds


def interval(right, total, **options):
    """Ends of the interval of a share over works, of one seed."""
    sums = np.stack([right, total], axis=-1)[np.newaxis]
    found = interval_of_seeds(sums, SHARE, **options)
    return None if found.low is None else (found.low, found.high)


def simulate_works(rng, num_works):
    """Right notes and notes of works of very unequal size, of which 95 % of notes are right."""
    total = np.ceil(rng.lognormal(7.5, 0.8, num_works))
    return rng.binomial(total.astype(int), rng.beta(19, 1, num_works)), total


def test_interval_by_hand():
    # R = 0.5, residuals -1 and 1, s = sqrt(2/1 * 2) / 4 = 0.5. A draw of both works has t* = 0, a
    # draw of one work twice has no spread: t* is infinite, so the interval is all of 0..1.
    assert interval([0, 2], [2, 2], num_resamples=99, seed=0) == (0.0, 1.0)


def test_interval_matches_a_slow_reference():
    rng = np.random.default_rng(1)
    total = rng.integers(50, 500, size=12).astype(float)
    right = np.floor(total * rng.uniform(0.7, 0.95, size=12))

    def share_and_error(top, bottom):
        ratio = sum(top) / sum(bottom)
        squares = sum((y - ratio * x) ** 2 for y, x in zip(top, bottom, strict=True))
        return ratio, (12 / 11 * squares) ** 0.5 / sum(bottom)

    ratio, error = share_and_error(right, total)
    t = []
    for drawn in np.random.default_rng(7).integers(12, size=(199, 12)):
        drawn_ratio, drawn_error = share_and_error(right[drawn], total[drawn])
        t.append((drawn_ratio - ratio) / drawn_error)
    t.sort()  # of 199 values the 5th and the 195th have 2.5 % outside
    expected = ratio - error * t[194], ratio - error * t[4]
    found = interval(right, total, num_resamples=199, seed=7)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("right", "total"),
    [
        ([3], [4]),  # one work
        ([3, 0, 0], [4, 0, 0]),  # one work with notes
        ([4, 7, 9], [4, 7, 9]),  # all right
        ([1, 2, 3], [3, 6, 9]),  # works that do not differ
        ([], []),
    ],
)
def test_no_interval_without_spread(right, total):
    assert interval(right, total, num_resamples=50) is None


def test_works_without_notes_say_nothing():
    right, total = simulate_works(np.random.default_rng(0), 28)
    assert interval([*right, 0], [*total, 0]) == interval(right, total)


def test_interval_depends_on_the_seed_alone():
    right, total = simulate_works(np.random.default_rng(0), 28)
    assert interval(right, total, seed=1) == interval(right, total, seed=1)
    assert interval(right, total, seed=1) != interval(right, total, seed=2)


def test_a_lower_level_is_narrower():
    right, total = np.arange(20, 40), np.arange(40, 80, 2) + 3 * (np.arange(20) % 3)
    low, high = interval(right, total, level=0.95)
    low_80, high_80 = interval(right, total, level=0.8)
    assert low < low_80 < high_80 < high


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (([1, float("nan")], [1, 2]), {}, "finite numbers"),
        (([1, 2], [2, 3]), {"num_resamples": 0}, "num_resamples is 0; at least 1"),
        (([1, 2], [2, 3]), {"level": 95}, "level is 95; it must lie between 0 and 1"),
    ],
)
def test_interval_refuses(arguments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        interval(*arguments, **options)


def test_coverage_with_28_works():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        low, high = interval(*simulate_works(rng, 28), num_resamples=500)
        covered += low <= 0.95 <= high
    assert covered / 300 >= 0.88
