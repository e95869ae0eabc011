"""Metrics before they are numbers: sums of each piece.

Sums of pieces add up to those of works, composers and splits; a statistic turns them into a number.
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
        facts: Further counts to report of each piece, name -> integers ``(num_pieces,)``.
    """

    sums: FloatArray
    statistic: Statistic
    num_counted: FloatArray
    facts: Mapping[str, IntArray] = field(default_factory=dict)

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
    """The share of the counted predictions that are correct.

    Args:
        notes: Labels and predictions.
        correct: Whether each prediction is correct, ``(num_predictions,)``.
        counted: Whether it counts.
    """
    sums = sums_by_piece(notes, (correct & counted, counted))
    return Measure(sums, SHARE, sums[:, 1])


def mean_of_pieces(
    notes: Pooled,
    value: Callable[[NDArray[Any], NDArray[Any]], float],
    low: float = -np.inf,
    high: float = np.inf,
) -> Measure:
    """The mean over the pieces of a function of their labels and predictions in the main head.

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
    return Measure(sums, replace(MEAN, low=low, high=high), num_counted * exists)


def sums_by_piece(notes: Pooled, columns: Sequence[NDArray[Any]]) -> FloatArray:
    """Sums of columns ``(num_predictions,)`` over each piece, ``(num_pieces, num_columns)``."""
    size = len(notes.pieces)
    sums = [np.bincount(notes.piece, weights=column, minlength=size) for column in columns]
    return np.stack(sums, axis=1).astype(np.float64)
