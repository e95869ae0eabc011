"""Metrics as smooth functions of sums over works, the basis of intervals and rankings.

Each work gives a row of sums, such as its correct notes and its notes; a metric is a function of
the totals of these rows. So works can be resampled without their notes, and the gradient at the
totals says how much each work moves the metric.

Conventions:
    Every function is homogeneous of degree 0: with all works twice, the value is the same. An
    undefined value, such as a share of no notes, is NaN, and so is its gradient.

    ``SHARE`` and ``MEAN`` take (sum, count): correct notes and notes, or squared errors and notes
    for the mean squared error. ``F1`` takes (true positives, predicted, true), for links,
    boundaries or one class; it is undefined if nothing is predicted and nothing is true.
    ``macro_f1`` takes these three for each class in turn. A class that is predicted or true
    somewhere counts, as 0 if it is never correct; a class that occurs in none of the given works is
    left out of the mean. ``PEARSON`` takes (n, Sx, Sy, Sxx, Syy, Sxy); centre x and y near their
    means, since Sxx of values far from 0 loses digits. It is undefined if x or y is constant.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError
from musebench.shown import Shown

FloatArray = NDArray[np.float64]

STEP = 6e-6  # about the cube root of the rounding error, best for central differences
SMALLEST_PART = 1e-3  # assumed size of a sum of 0, as a fraction of the largest sum
NO_SPREAD = 1e-12  # a standard error of a share below this is rounding
NO_SPREAD_OF_DIFFERENCES = 1e-8  # the same, if the gradient comes from differences
PEARSON_ROUNDING = 1e-14  # a variance below this fraction of the mean square is 0


@dataclass(frozen=True, repr=False)
class Statistic(Shown):
    """A smooth function of sums over works, homogeneous of degree 0.

    Attributes:
        name: Its name in messages.
        num_sums: Number of sums that it takes.
        function: Totals ``(..., num_sums)`` -> values ``(...)``, NaN where undefined.
        derivative: Totals ``(..., num_sums)`` -> gradients ``(..., num_sums)``; None for central
            differences.
        low: Lowest possible value.
        high: Highest possible value.
    """

    name: str
    num_sums: int
    function: Callable[[FloatArray], FloatArray]
    derivative: Callable[[FloatArray], FloatArray] | None = None
    low: float = -np.inf
    high: float = np.inf

    def value(self, totals: ArrayLike) -> FloatArray:
        """Return the values at totals of shape ``(..., num_sums)``.

        Raises:
            InputError: If the last axis does not have ``num_sums`` sums.
        """
        sums = self._check(totals)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.asarray(self.function(sums), np.float64)
        return np.where(np.isfinite(value), value, np.nan)

    def gradient(self, totals: ArrayLike) -> FloatArray:
        """Return the gradients at totals, both of shape ``(..., num_sums)``.

        Raises:
            InputError: If the last axis does not have ``num_sums`` sums.
        """
        sums = self._check(totals)
        with np.errstate(divide="ignore", invalid="ignore"):
            gradient = (self.derivative or self._differences)(sums)
        return np.where(np.isnan(self.value(sums))[..., np.newaxis], np.nan, gradient)

    def rounding(self, value: ArrayLike) -> FloatArray:
        """Return the size below which a difference of this statistic is only rounding."""
        size = np.abs(value) if np.isinf(self.high - self.low) else np.ones_like(value, np.float64)
        part = NO_SPREAD if self.derivative is not None else NO_SPREAD_OF_DIFFERENCES
        return np.asarray(part * size, np.float64)

    def _differences(self, sums: FloatArray) -> FloatArray:
        size = np.abs(sums)
        step = STEP * np.maximum(size, SMALLEST_PART * size.max(axis=-1, keepdims=True))
        moves = step[..., np.newaxis, :] * np.eye(self.num_sums)  # (..., num_sums, num_sums)
        here = sums[..., np.newaxis, :]
        change = self.function(here + moves) - self.function(here - moves)
        return np.asarray(change / (2 * step))

    def _check(self, totals: ArrayLike) -> FloatArray:
        sums = np.asarray(totals, np.float64)
        if sums.ndim == 0 or sums.shape[-1] != self.num_sums:
            msg = f"totals have shape {sums.shape}; {self.name} takes {self.num_sums} sums."
            raise InputError(msg)
        return sums


def _ratio(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _ratio_gradient(sums: FloatArray) -> FloatArray:
    total = sums[..., 1]
    return np.stack([1 / total, -sums[..., 0] / total**2], axis=-1)


def _f1(sums: FloatArray) -> FloatArray:
    return np.asarray(2 * sums[..., 0] / (sums[..., 1] + sums[..., 2]))


def _f1_gradient(sums: FloatArray) -> FloatArray:
    size = sums[..., 1] + sums[..., 2]
    less = -_f1(sums) / size
    return np.stack([2 / size, less, less], axis=-1)


def _pearson_moments(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return n times the sums of squares and products about the means."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    spread_x, spread_y = n * xx - x * x, n * yy - y * y
    spread_x = np.where(spread_x > PEARSON_ROUNDING * n * xx, spread_x, np.nan)
    spread_y = np.where(spread_y > PEARSON_ROUNDING * n * yy, spread_y, np.nan)
    return spread_x, spread_y, n * xy - x * y


def _pearson(sums: FloatArray) -> FloatArray:
    spread_x, spread_y, both = _pearson_moments(sums)
    return np.asarray(both / np.sqrt(spread_x * spread_y))


def _pearson_gradient(sums: FloatArray) -> FloatArray:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    spread_x, spread_y, both = _pearson_moments(sums)
    root = np.sqrt(spread_x * spread_y)
    r, zero = both / root, np.zeros_like(n)
    of_x = np.stack([xx, -2 * x, zero, n, zero, zero], axis=-1) / spread_x[..., np.newaxis]
    of_y = np.stack([yy, zero, -2 * y, zero, n, zero], axis=-1) / spread_y[..., np.newaxis]
    of_both = np.stack([xy, -y, -x, zero, zero, n], axis=-1) / root[..., np.newaxis]
    return np.asarray(of_both - r[..., np.newaxis] / 2 * (of_x + of_y))


SHARE = Statistic("share", 2, _ratio, _ratio_gradient, 0.0, 1.0)
MEAN = Statistic("mean", 2, _ratio, _ratio_gradient)
F1 = Statistic("F1", 3, _f1, _f1_gradient, 0.0, 1.0)
PEARSON = Statistic("Pearson r", 6, _pearson, _pearson_gradient, -1.0, 1.0)


def macro_f1(num_classes: int) -> Statistic:
    """Return the mean of F1 over classes, as a statistic of ``3 * num_classes`` sums, three each.

    Raises:
        InputError: If ``num_classes`` is less than 1.

    >>> float(macro_f1(3).value([2, 2, 4, 0, 1, 0, 0, 0, 0]))  # 2/3, 0, and a class left out
    0.3333333333333333
    """
    if num_classes < 1:
        msg = f"num_classes is {num_classes}; at least 1 is needed."
        raise InputError(msg)

    def split(sums: FloatArray) -> tuple[FloatArray, NDArray[np.bool_], FloatArray]:
        """Sums by class; which classes occur; their number, NaN if none."""
        by_class = sums.reshape(*sums.shape[:-1], num_classes, 3)
        occurs = by_class[..., 1] + by_class[..., 2] > 0
        num_occurring = occurs.sum(axis=-1, dtype=np.float64)
        return by_class, occurs, np.where(num_occurring > 0, num_occurring, np.nan)

    def value(sums: FloatArray) -> FloatArray:
        by_class, occurs, num_occurring = split(sums)
        return np.asarray(np.where(occurs, _f1(by_class), 0.0).sum(axis=-1) / num_occurring)

    def gradient(sums: FloatArray) -> FloatArray:
        by_class, occurs, num_occurring = split(sums)
        parts = np.where(occurs[..., np.newaxis], _f1_gradient(by_class), 0.0)
        return np.asarray((parts / num_occurring[..., np.newaxis, np.newaxis]).reshape(sums.shape))

    return Statistic(f"macro F1 of {num_classes} classes", 3 * num_classes, value, gradient, 0, 1)
