"""From right and wrong notes to a result: pooled, by piece, by composer, with intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation.metrics import piece_mean, share
from musebench.evaluation.targets import PooledNotes

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

Interval = Callable[[FloatArray, FloatArray], tuple[float, float] | None]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Which notes count for a metric, and which are right, both ``(num_notes,)``."""

    correct: BoolArray
    counted: BoolArray


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What a task makes of its predictions.

    Attributes:
        by_metric: Metric -> outcome of every note.
        by_piece: Further facts, name -> one number a piece, ``(num_pieces,)``.
    """

    by_metric: Mapping[str, Outcome]
    by_piece: Mapping[str, IntArray]


def summarise(
    notes: PooledNotes, outcomes: Outcomes, main_metrics: Sequence[str], interval: Interval
) -> dict[str, Any]:
    """Return the result of an evaluation.

    Args:
        notes: All notes of the split.
        outcomes: Right and wrong notes by metric, those of the main metrics among them.
        main_metrics: Metrics that are also given as mean of pieces, by composer and by piece.
        interval: Numerators and denominators by work -> interval, or None.

    Returns:
        A dict of numbers, strings, lists and dicts; None for what is not a number.
    """
    sums = {name: _sums_by_piece(notes, outcome) for name, outcome in outcomes.by_metric.items()}
    _, work = np.unique([piece.work_id for piece in notes.pieces], return_inverse=True)
    counted = outcomes.by_metric[main_metrics[0]].counted
    result: dict[str, Any] = {
        "num_notes": int(counted.sum()),
        "num_pieces": len(notes.pieces),
        "num_works": int(work.max()) + 1,
    }
    for name, outcome in outcomes.by_metric.items():
        right, total = sums[name]
        result[name] = _number(share(outcome.correct, outcome.counted))
        result[f"{name}_ci95"] = _ends(interval, work, right, total)
        if name == "accuracy":
            result["error_rate"] = None if result[name] is None else 100 * (1 - result[name])
        if name in main_metrics:
            mean = piece_mean(outcome.correct, outcome.counted, notes.piece)
            result[f"{name}_piece_mean"] = _number(mean)
            shares = np.divide(right, total, out=np.zeros_like(right), where=total > 0)
            ends = _ends(interval, work, shares, (total > 0).astype(np.float64))
            result[f"{name}_piece_mean_ci95"] = ends
    main_sums = {name: sums[name] for name in main_metrics}
    result["by_composer"] = _by_composer(notes, main_sums)
    result["worst_composer"] = _worst_composer(result["by_composer"], main_metrics[0])
    result["by_piece"] = _by_piece(notes, main_sums, outcomes.by_piece)
    return result


def _sums_by_piece(notes: PooledNotes, outcome: Outcome) -> tuple[FloatArray, FloatArray]:
    """Return right and counted notes of each piece, both ``(num_pieces,)``."""
    right, total = (
        np.bincount(notes.piece, weights=chosen, minlength=len(notes.pieces)).astype(np.float64)
        for chosen in (outcome.correct & outcome.counted, outcome.counted)
    )
    return right, total


def _ends(
    interval: Interval, work: IntArray, right: FloatArray, total: FloatArray
) -> list[float] | None:
    """Return the interval of a metric from right and counted notes of each piece."""
    right_by_work, total_by_work = (
        np.bincount(work, weights=values).astype(np.float64) for values in (right, total)
    )
    ends = interval(right_by_work, total_by_work)
    return None if ends is None else list(ends)


def _by_composer(
    notes: PooledNotes, sums: Mapping[str, tuple[FloatArray, FloatArray]]
) -> dict[str, dict[str, Any]]:
    composer_of = np.array([piece.composer for piece in notes.pieces])
    return {
        str(composer): _row(sums, composer_of == composer) for composer in np.unique(composer_of)
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
    notes: PooledNotes,
    sums: Mapping[str, tuple[FloatArray, FloatArray]],
    facts: Mapping[str, IntArray],
) -> dict[str, dict[str, Any]]:
    index = np.arange(len(notes.pieces))
    return {
        piece.piece_id: {
            **_row(sums, index == i),
            **{name: int(values[i]) for name, values in facts.items()},
        }
        for i, piece in enumerate(notes.pieces)
    }


def _row(
    sums: Mapping[str, tuple[FloatArray, FloatArray]], chosen: BoolArray
) -> dict[str, float | int | None]:
    """Return the main metrics over some pieces, and their number of notes."""
    row: dict[str, float | int | None] = {}
    for name, (right, total) in sums.items():
        num_notes = total[chosen].sum()
        row[name] = float(right[chosen].sum() / num_notes) if num_notes else None
    _, main_total = next(iter(sums.values()))
    return {**row, "num_notes": int(main_total[chosen].sum())}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
