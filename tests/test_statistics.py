"""Metrics as functions of sums, and their intervals over works and seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from musebench.evaluation.intervals import Estimate, interval_of_seeds
from musebench.evaluation.resampling import (
    block_size,
    draw_counts,
    linearise,
    original,
    work_variance,
)
from musebench.evaluation.statistics import F1, MEAN, PEARSON, SHARE, Statistic, macro_f1

MACRO = macro_f1(3)
STATISTICS = (SHARE, MEAN, F1, PEARSON, MACRO)


def draw_sums(statistic, rng, num_seeds=3, num_works=12):
    """Sums that can occur, for works of unequal size."""
    if statistic is PEARSON:
        x, y = rng.normal(size=(2, num_seeds, num_works, 20))
        y = 0.7 * x + y + 0.3
        parts = (np.ones_like(x), x, y, x * x, y * y, x * y)
        return np.stack([part.sum(axis=-1) for part in parts], axis=-1)
    if statistic.num_sums == 2:
        total = np.broadcast_to(rng.integers(20, 200, num_works), (num_seeds, num_works))
        return np.stack([rng.binomial(total, 0.8), total], axis=-1).astype(float)
    right = rng.integers(10, 90, (num_seeds, num_works, statistic.num_sums // 3))
    extra = rng.integers(0, 30, (2, *right.shape))
    parts = np.stack([right, right + extra[0], right + extra[1]], axis=-1)
    return parts.reshape(num_seeds, num_works, -1).astype(float)


def test_values_by_hand():
    assert SHARE.value([3, 4]) == 0.75
    assert MEAN.value([[6, 4], [1, 2]]).tolist() == [1.5, 0.5]
    assert F1.value([6, 8, 12]) == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))
    # F1 of 2/3, of 0 (predicted, never true), of 0 (true, never predicted)
    assert MACRO.value([2, 2, 4, 0, 5, 0, 0, 0, 7]) == pytest.approx(2 / 9)


def test_macro_f1_of_labels_by_hand():
    target, prediction = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    sums = [[(target == c) & (prediction == c), prediction == c, target == c] for c in range(3)]
    value = MACRO.value(np.sum(sums, axis=-1).ravel())
    assert value == pytest.approx((4 / 5 + 2 / 4 + 2 / 3) / 3)


def test_a_class_that_occurs_nowhere_is_left_out():
    assert MACRO.value([2, 2, 4, 0, 5, 0, 0, 0, 0]) == pytest.approx(1 / 3)
    gradient = MACRO.gradient([2, 2, 4, 0, 5, 0, 0, 0, 0])
    assert np.isfinite(gradient).all()
    assert gradient[6:].tolist() == [0, 0, 0]
    assert gradient[:3] == pytest.approx(F1.gradient([2, 2, 4]) / 2)


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda statistic: statistic.name)
def test_no_value_of_nothing(statistic):
    nothing = np.zeros(statistic.num_sums)
    assert np.isnan(statistic.value(nothing))
    assert np.isnan(statistic.gradient(nothing)).all()


def test_no_share_of_no_notes():
    assert np.isnan(SHARE.value([1, 0]))
    assert np.isnan(SHARE.gradient([[1, 0], [1, 2]])).tolist() == [[True, True], [False, False]]


def test_pearson_against_scipy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = rng.normal(size=(2, 30)) + rng.normal(size=(2, 1))
        y = y + rng.normal() * x
        sums = [30, x.sum(), y.sum(), x @ x, y @ y, x @ y]
        assert PEARSON.value(sums) == pytest.approx(stats.pearsonr(x, y)[0])


def test_no_pearson_of_a_constant():
    x, y = np.full(5, 0.1), np.arange(5.0)
    assert np.isnan(PEARSON.value([5, x.sum(), y.sum(), x @ x, y @ y, x @ y]))


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda statistic: statistic.name)
@given(seed=st.integers(0, 1000))
def test_gradients(statistic, seed):
    """Closed form and differences agree; homogeneous of degree 0, so gradient . sums = 0."""
    totals = draw_sums(statistic, np.random.default_rng(seed)).sum(axis=1)
    numerical = Statistic("", statistic.num_sums, statistic.function)
    gradient = statistic.gradient(totals)
    scale = np.abs(gradient).max()
    assert gradient.shape == totals.shape
    np.testing.assert_allclose(numerical.gradient(totals), gradient, rtol=1e-6, atol=1e-7 * scale)
    np.testing.assert_allclose((gradient * totals).sum(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(statistic.value(3 * totals), statistic.value(totals), rtol=1e-12)


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda statistic: statistic.name)
def test_standard_error_is_that_of_the_plain_bootstrap(statistic):
    rng = np.random.default_rng(1)
    sums = draw_sums(statistic, rng, num_seeds=2, num_works=200)
    error = np.sqrt(work_variance(original(sums, statistic).by_work))[0]
    drawn = rng.integers(200, size=(2000, 200))
    values = statistic.value(sums[:, drawn].sum(axis=2)).mean(axis=0)
    assert values.std() == pytest.approx(error, rel=0.08)


def test_standard_error_against_the_closed_form():
    # A mean of equal works: the standard error of the mean; seeds: that of their mean.
    values = np.random.default_rng(2).normal(size=(4, 30)) + np.arange(4)[:, np.newaxis]
    sums = np.stack([values, np.ones_like(values)], axis=-1)
    here = original(sums, MEAN)
    assert here.value == pytest.approx(values.mean())
    assert work_variance(here.by_work) == pytest.approx(stats.sem(values.mean(axis=0)) ** 2)
    assert here.seed_variance == pytest.approx(stats.sem(values.mean(axis=1)) ** 2)


def test_a_draw_is_the_entry_with_these_works_and_seeds():
    sums = draw_sums(MACRO, np.random.default_rng(3))
    works, seeds = np.array([0, 0, 5, 7, 7, 7, 8, 9, 10, 11, 11, 2]), np.array([2, 2, 1])
    counts = np.bincount(works, minlength=12)[np.newaxis], np.bincount(seeds)[np.newaxis]
    drawn = linearise(sums, MACRO, *(np.asarray(x, float) for x in counts))
    again = original(sums[seeds][:, works], MACRO)
    assert drawn.value == pytest.approx(again.value)
    assert drawn.seed_variance == pytest.approx(again.seed_variance)
    assert work_variance(drawn.by_work, counts[0]) == pytest.approx(work_variance(again.by_work))


def test_draws_do_not_depend_on_blocks():
    whole = np.concatenate(list(draw_counts(7, 100, np.random.default_rng(0), 100)))
    parts = np.concatenate(list(draw_counts(7, 100, np.random.default_rng(0), 9)))
    assert (whole == parts).all()
    assert (whole.sum(axis=1) == 7).all()
    drawn = np.random.default_rng(0).integers(7, size=(100, 7))
    assert (whole[:, 3] == (drawn == 3).sum(axis=1)).all()


def test_blocks_are_small():
    assert block_size(np.zeros((5, 60, 15))) * (60 + 75) <= 1 << 21
    assert block_size(np.broadcast_to(0.0, (5, 10**7, 600))) == 1


def test_interval_of_seeds_matches_a_slow_reference():
    sums = draw_sums(F1, np.random.default_rng(4))

    def value_and_error(runs):
        values, moves = [], []
        for run in runs:
            true, predicted, real = run.sum(axis=0)
            value = 2 * true / (predicted + real)
            moves.append([(2 * t - value * (p + r)) / (predicted + real) for t, p, r in run])
            values.append(value)
        variance = sum(12 / 11 * np.mean(moves, axis=0) ** 2) + np.var(values, ddof=1) / 3
        return np.mean(values), variance**0.5

    mean, error = value_and_error(sums)
    works = np.random.default_rng(5).integers(12, size=(199, 12))
    seeds = np.random.default_rng([5, 1]).integers(3, size=(199, 3))
    t = []
    for work, seed in zip(works, seeds, strict=True):
        drawn_mean, drawn_error = value_and_error(sums[seed][:, work])
        t.append((drawn_mean - mean) / drawn_error)
    t.sort()
    found = interval_of_seeds(sums, F1, num_resamples=199, seed=5)
    assert (found.low, found.high) == pytest.approx((mean - error * t[194], mean - error * t[4]))
    assert found.mean == pytest.approx(mean)
    assert found.deviation == pytest.approx(F1.value(sums.sum(axis=1)).std(ddof=1))


def test_draws_without_a_value_are_left_out_of_an_interval():
    """As a slow reference has it: Pearson's r of one note a work, none where all are one work."""
    x, y = np.array([0.0, 1, 2, 4]), np.array([1.0, 0, 3, 2])

    def value_and_error(draw):
        at_x, at_y = ((v[draw] - v[draw].mean()) / v[draw].std() for v in (x, y))
        r = (at_x * at_y).mean()
        moves = (at_x * at_y - r / 2 * (at_x**2 + at_y**2)) / len(draw)
        return r, (4 / 3 * (moves**2).sum()) ** 0.5

    mean, error = value_and_error(np.arange(4))
    draws = np.random.default_rng(3).integers(4, size=(999, 4))
    valid = [draw for draw in draws if len(set(draw.tolist())) > 1]
    assert len(valid) < 995
    t = []
    for drawn, drawn_error in map(value_and_error, valid):
        beyond = np.copysign(np.inf, drawn - mean)
        t.append((drawn - mean) / drawn_error if drawn_error > 1e-6 else beyond)
    t.sort()
    sums = np.stack([np.ones(4), x, y, x * x, y * y, x * y], axis=-1)[np.newaxis]
    for level in np.arange(0.01, 0.25, 0.01):  # there are few draws that differ
        tail = int((len(t) + 1) * (1 - level) / 2)
        found = interval_of_seeds(sums, PEARSON, num_resamples=999, seed=3, level=level)
        low, high = mean - error * t[-tail], min(1, mean - error * t[tail - 1])
        assert (found.low, found.high) == pytest.approx((low, high))
        assert low > -1


def test_seeds_that_differ_widen_the_interval():
    sums = draw_sums(SHARE, np.random.default_rng(0), num_seeds=1, num_works=40)
    alike, unlike = np.repeat(sums, 5, axis=0), np.repeat(sums, 5, axis=0)
    unlike[..., 0] *= np.array([0.8, 0.9, 1, 1.1, 1.2])[:, np.newaxis]
    one, five, wide = (interval_of_seeds(x, SHARE) for x in (sums, alike, unlike))
    assert (five.low, five.high) == pytest.approx((one.low, one.high))
    assert five.deviation == pytest.approx(0)
    assert wide.high - wide.low > 1.5 * (one.high - one.low)


def test_estimates_that_are_missing():
    assert interval_of_seeds(np.zeros((2, 3, 2)), SHARE) == Estimate(None)
    right = [[[4, 4], [7, 7]]]
    assert interval_of_seeds(right, SHARE) == Estimate(1.0)
    one_work = [[[3, 4], [0, 0]], [[4, 4], [0, 0]]]
    expected = Estimate(0.875, deviation=pytest.approx(0.125 * 2**0.5))
    assert interval_of_seeds(one_work, SHARE) == expected


def test_works_without_sums_say_nothing_of_any_statistic():
    sums = draw_sums(F1, np.random.default_rng(0))
    longer = np.concatenate([sums, np.zeros((3, 2, 3))], axis=1)
    assert interval_of_seeds(longer, F1) == interval_of_seeds(sums, F1)


def test_draws_without_a_value_are_left_out():
    # Each work is a point, so a draw of one work alone has no correlation.
    x, y = np.array([0.0, 1, 2, 4]), np.array([0.0, 2, 1, 3])
    sums = np.stack([np.ones(4), x, y, x * x, y * y, x * y], axis=-1)[np.newaxis]
    found = interval_of_seeds(sums, PEARSON, num_resamples=500)
    assert -1 <= found.low < found.mean < found.high <= 1


def test_an_interval_without_bounds_and_without_end_is_none():
    sums = [[[0.0, 1], [1.0, 1]]]  # two works: half of the draws have no spread
    assert interval_of_seeds(sums, MEAN) == Estimate(0.5)


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((np.ones((2, 3)), SHARE), {}, r"shape \(2, 3\); share takes \(num_seeds, num_works, 2\)"),
        ((np.ones((0, 3, 2)), SHARE), {}, "at least one seed"),
        ((np.ones((1, 3, 2)), F1), {}, r"F1 takes \(num_seeds, num_works, 3\)"),
        ((np.full((1, 3, 2), np.nan), SHARE), {}, "some are NaN or infinite"),
        ((np.ones((1, 3, 2)), SHARE), {"num_resamples": 0}, "num_resamples is 0"),
        ((np.ones((1, 3, 2)), SHARE), {"level": 1}, "level is 1; it must lie"),
    ],
)
def test_interval_of_seeds_refuses(arguments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        interval_of_seeds(*arguments, **options)


def test_statistics_refuse():
    with pytest.raises(ValueError, match=r"totals have shape \(3,\); share takes 2 sums"):
        SHARE.value([1, 2, 3])
    with pytest.raises(ValueError, match=r"totals have shape \(\); F1 takes 3 sums"):
        F1.gradient(1.0)
    with pytest.raises(ValueError, match="num_classes is 0; at least 1"):
        macro_f1(0)
