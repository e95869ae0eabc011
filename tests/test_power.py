"""The power of a board, and the coverage of its intervals."""

import numpy as np
import pytest
from scipy import stats

from made_sums import make_board, make_entry, make_works
from musebench.errors import InputError
from musebench.evaluation.statistics import SHARE
from musebench.leaderboard.coverage import WorkModel, draw_sums, simulate_coverage
from musebench.leaderboard.detection import detectable_difference, power, variance_components
from musebench.leaderboard.ranking import Entry, compare, rank


def test_power_counts_what_a_seed_does_to_a_work_twice():
    """Once in what differs from board to board, once more in the error that compare takes."""
    rng = np.random.default_rng(0)
    works = make_works(rng, 20)
    a, b = (make_entry(rng, works, num_seeds=3, both=0.2) for _ in range(2))
    parts = variance_components([a, b], SHARE)
    (found,) = power(a, b, 0.05, SHARE, num_seeds=(2,))
    mixed = parts.both / 40
    variance = parts.works / 20 + parts.seeds / 2 + mixed
    least = stats.norm.ppf(0.975) * (variance + mixed) ** 0.5
    beyond = stats.norm(0.05, variance**0.5)
    assert found.power == pytest.approx(beyond.sf(least) + beyond.cdf(-least))
    assert mixed > variance / 10


def test_variance_components_are_those_of_the_simulation():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(60):
        size, share = np.ones(60), rng.beta(7.2, 0.8, 60)
        spread = {"of_works": 0.03, "of_seeds": 0.01, "both": 0.02, "num_seeds": 5}
        a, b = (make_entry(rng, (size, share), **spread) for _ in range(2))
        found.append(variance_components([a, b], SHARE))
    for name, expected in (("works", 0.03), ("seeds", 0.01), ("both", 0.02)):
        mean = np.mean([getattr(parts, name) for parts in found])
        assert mean == pytest.approx(2 * expected**2, rel=0.15), name


def test_power_by_hand():
    # A rule against a rule, one share better by 0.02 or worse by 0.02 than the other.
    size = np.ones(50)
    a = np.stack([np.tile([0.52, 0.48], 25), size], axis=-1)[np.newaxis]
    b = np.stack([np.full(50, 0.5), size], axis=-1)[np.newaxis]
    deviation = np.std(a[0, :, 0], ddof=1)
    first, second = power(a, b, 0.005, SHARE, num_seeds=(1, 10))
    needed = (deviation * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / 0.005) ** 2
    assert first.num_works == second.num_works == np.ceil(needed)
    expected = stats.norm.sf(stats.norm.ppf(0.975) - 0.005 / deviation * 50**0.5)
    assert first.power == pytest.approx(expected, abs=1e-3)


def test_power_grows_with_seeds_and_may_be_out_of_reach():
    board = make_board()
    rows = power(board["e0"], board["e1"], 0.012, SHARE)
    assert [row.num_seeds for row in rows] == [1, 3, 5, 10]
    assert [row.power for row in rows] == sorted(row.power for row in rows)
    assert rows[0].num_works is None  # the seeds alone differ by 0.007
    assert rows[-1].num_works > 40
    same = power(board["e0"][:1], board["e0"][:1], 0.005, SHARE)
    assert {(row.num_works, row.power) for row in same} == {(2, 1.0)}


def test_power_is_that_of_compare():
    rng = np.random.default_rng(3)
    size = np.ones(40)
    spread = {"of_works": 0.03, "of_seeds": 0.005, "both": 0.02}
    told, delta = 0, 0.02
    foreseen = []
    for seed in range(300):
        share = rng.beta(7.2, 0.8, 40)
        a = make_entry(rng, (size, share), delta, **spread)
        b = make_entry(rng, (size, share), **spread)
        told += compare(Entry(a), Entry(b), SHARE, num_flips=199, seed=seed).p_value <= 0.05
        foreseen.append(power(a, b, delta, SHARE, num_seeds=(5,))[0].power)
    assert -0.12 < told / 300 - np.mean(foreseen) < 0.05  # a normal approximation: optimistic


def test_a_detectable_difference_is_detected_as_often_as_stated():
    rng = np.random.default_rng(5)
    size = np.ones(60)

    def pair(seed, delta):
        share = rng.beta(7.2, 0.8, 60)
        a, b = (make_entry(rng, (size, share), shift, num_seeds=5) for shift in (delta, 0))
        return rank({"a": Entry(a), "b": Entry(b)}, SHARE, num_flips=199, seed=seed).pairs[0]

    delta = detectable_difference([pair(seed, 0) for seed in range(50)])
    told = [pair(seed, delta).p_value <= 0.05 for seed in range(200)]
    assert 0.7 <= np.mean(told) <= 0.9
    assert detectable_difference([]) is None


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_coverage_at_28_works(num_seeds):
    options = {"num_seeds": num_seeds, "num_boards": 400, "num_resamples": 500}
    coverage = simulate_coverage(28, **options)
    assert 0.9 <= coverage <= 0.98
    assert simulate_coverage(28, **options) == coverage


def test_made_up_boards_are_as_stated():
    model = WorkModel()
    sums = draw_sums(model, 20_000, 5, np.random.default_rng(0))
    share = sums[..., 0] / sums[..., 1]
    assert share.mean() == pytest.approx(0.9, abs=0.02)
    assert share.mean(axis=0).std() == pytest.approx(0.1, rel=0.05)
    assert np.log(sums[0, :, 1]).std() == pytest.approx(0.8, rel=0.05)
    assert (share - share[:1]).std(axis=1)[1:] == pytest.approx([0.02 * 2**0.5] * 4, rel=0.05)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: power(x, x, 0, SHARE), "delta 0 and the numbers of seeds"),
        (lambda x: power(x, x, 0.1, SHARE, num_seeds=(0,)), r"seeds \(0,\) must be above 0"),
        (lambda x: power(x[:, :1], x[:, :1], 0.1, SHARE), "there are 1 works with sums"),
        (lambda x: simulate_coverage(1), "num_works 1, num_seeds 1, .* at least two works"),
        (lambda x: WorkModel(deviation=0.4), "deviation 0.4 have no beta distribution"),
        (lambda x: WorkModel(seed_deviation=-1), "is below 0"),
    ],
)
def test_wrong_arguments_are_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(make_board()["e0"])
