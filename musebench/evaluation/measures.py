"""Metrics before they are numbers: sums of each piece.

Sums of pieces add up to those of works, composers and splits; a statistic turns them into a number.

Conventions:
    A share, or any other ratio of two sums, is by default the *mean over works*: the sums of a work
    are divided by its second sum, so that they are (share, 1) and the ratio of the totals is the
    mean. A long work then decides no more than a short one. The *pooled* ratio of the undivided
    sums stands beside it. F1, and precision and recall which belong to it, are ratios of counts
    over all works.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.evaluation.statistics import MEAN, SHARE, Statistic
from musebench.evaluation.targets import Pooled
from musebench.shown import Shown

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


def is_labelled(target: IntArray) -> BoolArray:
    """Return which values have a class."""
    labelled: BoolArray = target != IGNORE_LABEL
    return labelled


@dataclass(frozen=True, eq=False, repr=False)
class Measure(Shown):
    """A metric of a split before it is a number.

    Attributes:
        sums: Sums of each piece, ``(num_pieces, num_sums)``.
        statistic: Function of their totals.
        num_counted: Number of predictions of each piece that count, ``(num_pieces,)``.
        over_works: Whether the value is the mean over works of the ratio of both sums.
        facts: Further counts to report of each piece, name -> integers ``(num_pieces,)``.
    """

    sums: FloatArray
    statistic: Statistic
    num_counted: FloatArray
    over_works: bool = False
    facts: Mapping[str, IntArray] = field(default_factory=dict)

    def weighed(self, weight: FloatArray) -> "Measure":
        """The same with a weight for each piece, ``(num_pieces,)``."""
        return replace(self, sums=self.sums * weight[:, np.newaxis])

    def mean_of_works(self, work: IntArray) -> "Measure":
        """The same with sums that make each work count once; ``work`` is that of each piece."""
        of_work = np.bincount(work, weights=self.sums[:, 1])[work][:, np.newaxis]
        sums = np.divide(self.sums, of_work, out=np.zeros_like(self.sums), where=of_work > 0)
        return replace(self, sums=sums)

    def value(self, chosen: BoolArray | slice = slice(None)) -> float | None:
        """The metric over some pieces; None if it is undefined."""
        value = float(self.statistic.value(self.sums[chosen].sum(axis=0)))
        return None if np.isnan(value) else value

    def by_work(self, work: IntArray) -> FloatArray:
        """Sums of each work, ``(num_works, num_sums)``; ``work`` is that of each piece."""
        sums = np.zeros((int(work.max()) + 1, self.sums.shape[1]))
        np.add.at(sums, work, self.sums)
        return sums

    def piece_means(self) -> "Measure":
        """The mean over the pieces in which the metric is defined."""
        values = self.statistic.value(self.sums)
        exists = ~np.isnan(values)
        sums = np.stack([np.where(exists, values, 0.0), exists.astype(np.float64)], axis=1)
        statistic = SHARE if (self.statistic.low, self.statistic.high) == (0.0, 1.0) else MEAN
        return Measure(sums, statistic, sums[:, 1])


def share_of(notes: Pooled, correct: BoolArray, counted: BoolArray) -> Measure:
    """The share of the counted predictions that are correct, as the mean over works.

    Args:
        notes: Labels and predictions.
        correct: Whether each prediction is correct, ``(num_predictions,)``.
        counted: Whether it counts.
    """
    sums = sums_by_piece(notes, (correct & counted, counted))
    return Measure(sums, SHARE, sums[:, 1], over_works=True)


def mean_of_pieces(
    notes: Pooled,
    value: Callable[[NDArray[Any], NDArray[Any]], float],
    low: float = -np.inf,
    high: float = np.inf,
) -> Measure:
    """The mean over works, of the mean over their pieces, of a function of the main head.

    Args:
        notes: Labels and predictions.
        value: Labels and predictions of a piece, ``(num_predictions,)`` -> value; NaN if undefined.
        low: Lowest possible value.
        high: Highest possible value.
    """
    head, starts = notes.task.main_head, np.arange(1, len(notes.pieces))
    columns = (notes.target[head], notes.prediction[head])
    parts = (np.split(column, np.searchsorted(notes.piece, starts)) for column in columns)
    values = np.array([value(*of_piece) for of_piece in zip(*parts, strict=True)], np.float64)
    exists = ~np.isnan(values)
    sums = np.stack([np.where(exists, values, 0.0), exists.astype(np.float64)], axis=1)
    num_counted = np.bincount(notes.piece, minlength=len(notes.pieces)).astype(np.float64)
    statistic = replace(MEAN, low=low, high=high)
    return Measure(sums, statistic, num_counted * exists, over_works=True)


def sums_by_piece(notes: Pooled, columns: Sequence[NDArray[Any]]) -> FloatArray:
    """Sums of columns ``(num_predictions,)`` over each piece, ``(num_pieces, num_columns)``."""
    size = len(notes.pieces)
    sums = [np.bincount(notes.piece, weights=column, minlength=size) for column in columns]
    return np.stack(sums, axis=1).astype(np.float64)
