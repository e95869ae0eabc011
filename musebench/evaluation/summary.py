"""From sums by piece to a result: pooled, by piece, by composer, with intervals over works."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation.intervals import Estimate
from musebench.evaluation.statistics import MEAN, SHARE, Statistic
from musebench.evaluation.targets import PieceTarget

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

Interval = Callable[[FloatArray, Statistic], Estimate]


@dataclass(frozen=True, eq=False)
class Measure:
    """A metric of a split before it is a number.

    Attributes:
        sums: Sums of each piece, ``(num_pieces, num_sums)``.
        statistic: What is made of their totals.
        num_counted: How many predictions of each piece count, ``(num_pieces,)``.
    """

    sums: FloatArray
    statistic: Statistic
    num_counted: FloatArray

    def value(self, chosen: BoolArray | slice = slice(None)) -> float | None:
        """The metric over some pieces; None where it does not exist."""
        value = float(self.statistic.value(self.sums[chosen].sum(axis=0)))
        return None if np.isnan(value) else value

    def by_work(self, work: IntArray) -> FloatArray:
        """Sums of each work, ``(num_works, num_sums)``; ``work`` is that of each piece."""
        sums = np.zeros((int(work.max()) + 1, self.sums.shape[1]))
        np.add.at(sums, work, self.sums)
        return sums

    def piece_means(self) -> "Measure":
        """The mean over the pieces in which the metric exists."""
        values = self.statistic.value(self.sums)
        exists = ~np.isnan(values)
        sums = np.stack([np.where(exists, values, 0.0), exists.astype(np.float64)], axis=1)
        statistic = SHARE if (self.statistic.low, self.statistic.high) == (0.0, 1.0) else MEAN
        return Measure(sums, statistic, sums[:, 1])


def share_of(correct: BoolArray, counted: BoolArray, piece: IntArray, num_pieces: int) -> Measure:
    """The share of the counted predictions that are correct.

    Args:
        correct: Whether each prediction is right, ``(num_predictions,)``.
        counted: Whether it counts.
        piece: Index of its piece.
        num_pieces: Number of pieces.
    """
    sums = sums_by_piece((correct & counted, counted), piece, num_pieces)
    return Measure(sums, SHARE, sums[:, 1])


def sums_by_piece(columns: Sequence[NDArray[Any]], piece: IntArray, num_pieces: int) -> FloatArray:
    """Sums of columns ``(num_predictions,)`` over each piece, ``(num_pieces, num_columns)``."""
    sums = [np.bincount(piece, weights=column, minlength=num_pieces) for column in columns]
    return np.stack(sums, axis=1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What a task makes of its predictions.

    Attributes:
        by_metric: Metric -> its sums.
        by_piece: Further facts, name -> one number a piece, ``(num_pieces,)``.
    """

    by_metric: Mapping[str, Measure]
    by_piece: Mapping[str, IntArray]


def work_index(pieces: Sequence[PieceTarget]) -> IntArray:
    """Index of the work of each piece, in order of the works' ids, ``(num_pieces,)``."""
    return np.unique([piece.work_id for piece in pieces], return_inverse=True)[1]


def summarise(
    pieces: Sequence[PieceTarget],
    outcomes: Outcomes,
    main_metrics: Sequence[str],
    unit: str,
    interval: Interval,
) -> dict[str, Any]:
    """Return the result of an evaluation.

    Args:
        pieces: The pieces of the split.
        outcomes: Metrics, the main ones among them.
        main_metrics: Metrics that are also given as mean of pieces, by composer and by piece.
        unit: What a prediction belongs to, such as ``note``.
        interval: Sums by work and their statistic -> estimate.

    Returns:
        A dict of numbers, strings, lists and dicts; None for what is not a number.
    """
    work = work_index(pieces)
    main = {name: outcomes.by_metric[name] for name in main_metrics if name in outcomes.by_metric}
    result: dict[str, Any] = {
        f"num_{unit}s": int(main[main_metrics[0]].num_counted.sum()),
        "num_pieces": len(pieces),
        "num_works": int(work.max()) + 1,
    }
    for name, measure in outcomes.by_metric.items():
        result[name] = measure.value()
        result[f"{name}_ci95"] = _ends(measure, work, interval)
        if name == "accuracy":
            result["error_rate"] = None if result[name] is None else 100 * (1 - result[name])
        if name in main:
            means = measure.piece_means()
            result[f"{name}_piece_mean"] = means.value()
            result[f"{name}_piece_mean_ci95"] = _ends(means, work, interval)
    result["by_composer"] = _by_composer(pieces, main, unit)
    result["worst_composer"] = _worst_composer(result["by_composer"], main_metrics[0])
    result["by_piece"] = _by_piece(pieces, main, unit, outcomes.by_piece)
    return result


def _ends(measure: Measure, work: IntArray, interval: Interval) -> list[float] | None:
    """Return the interval of a metric."""
    found = interval(measure.by_work(work)[np.newaxis], measure.statistic)
    return None if found.low is None or found.high is None else [found.low, found.high]


def _by_composer(
    pieces: Sequence[PieceTarget], main: Mapping[str, Measure], unit: str
) -> dict[str, dict[str, Any]]:
    composer_of = np.array([piece.composer for piece in pieces])
    return {
        str(composer): _row(main, composer_of == composer, unit)
        for composer in np.unique(composer_of)
    }


def _worst_composer(
    by_composer: Mapping[str, Mapping[str, Any]], metric: str
) -> dict[str, Any] | None:
    """Return the composer of the lowest value, the first by name if there are several."""
    rated = {name: row[metric] for name, row in by_composer.items() if row[metric] is not None}
    if not rated:
        return None
    worst = min(rated, key=rated.__getitem__)
    return {"composer": worst, metric: rated[worst]}


def _by_piece(
    pieces: Sequence[PieceTarget],
    main: Mapping[str, Measure],
    unit: str,
    facts: Mapping[str, IntArray],
) -> dict[str, dict[str, Any]]:
    index = np.arange(len(pieces))
    return {
        piece.piece_id: {
            **_row(main, index == i, unit),
            **{name: int(values[i]) for name, values in facts.items()},
        }
        for i, piece in enumerate(pieces)
    }


def _row(
    main: Mapping[str, Measure], chosen: BoolArray, unit: str
) -> dict[str, float | int | None]:
    """Return the main metrics over some pieces, and how many predictions count."""
    row: dict[str, float | int | None] = {
        name: measure.value(chosen) for name, measure in main.items()
    }
    first = next(iter(main.values()))
    return {**row, f"num_{unit}s": int(first.num_counted[chosen].sum())}
