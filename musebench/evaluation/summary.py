"""From sums by piece to a result: pooled, by piece, by composer, with intervals over works."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from musebench.evaluation.intervals import Estimate
from musebench.evaluation.measures import BoolArray, FloatArray, IntArray, Measure
from musebench.evaluation.metric import Metric, main_metric
from musebench.evaluation.statistics import Statistic
from musebench.evaluation.targets import PieceTarget
from musebench.tasks import Task

Interval = Callable[[FloatArray, Statistic], Estimate]


def work_index(pieces: Sequence[PieceTarget]) -> IntArray:
    """Index of the work of each piece, in order of the works' ids, ``(num_pieces,)``."""
    return np.unique([piece.work_id for piece in pieces], return_inverse=True)[1]


def summarise(
    task: Task,
    pieces: Sequence[PieceTarget],
    measures: Mapping[Metric, Measure],
    interval: Interval,
) -> dict[str, Any]:
    """Return the result of an evaluation.

    Args:
        task: The task; its main metrics are also reported as the mean over pieces, by composer and
            by piece.
        pieces: The pieces of the split.
        measures: The measure of each metric.
        interval: Sums by work and their statistic -> estimate.

    Returns:
        A dict of numbers, strings, lists and dicts; None for undefined values.
    """
    work = work_index(pieces)
    unit = task.unit
    by_name = {metric.name: measure for metric, measure in measures.items()}
    main = {name: by_name[name] for name in task.main_metrics if name in by_name}
    result: dict[str, Any] = {
        f"num_{unit}s": int(main[task.main_metrics[0]].num_counted.sum()),
        "num_pieces": len(pieces),
        "num_works": int(work.max()) + 1,
    }
    for metric, measure in measures.items():
        name = metric.name
        result[name] = measure.value()
        result[f"{name}_ci95"] = _ends(measure, work, interval)
        if metric.complement:
            rest = None if result[name] is None else 100 * (1 - result[name])
            result[metric.complement] = rest
        if name in main:
            means = measure.piece_means()
            result[f"{name}_piece_mean"] = means.value()
            result[f"{name}_piece_mean_ci95"] = _ends(means, work, interval)
    result["by_composer"] = _by_composer(pieces, main, unit)
    result["worst_composer"] = _worst_composer(result["by_composer"], main_metric(task))
    facts = {name: fact for measure in measures.values() for name, fact in measure.facts.items()}
    result["by_piece"] = _by_piece(pieces, main, unit, facts)
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
    by_composer: Mapping[str, Mapping[str, Any]], metric: Metric
) -> dict[str, Any] | None:
    """Return the composer with the worst value, the first by name in a tie."""
    name, sign = metric.name, 1 if metric.higher_is_better else -1
    rated = {composer: row[name] for composer, row in by_composer.items() if row[name] is not None}
    if not rated:
        return None
    worst = min(rated, key=lambda composer: sign * rated[composer])
    return {"composer": worst, name: rated[worst]}


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
    """Return the main metrics over some pieces, and the number of predictions that count."""
    row: dict[str, float | int | None] = {
        name: measure.value(chosen) for name, measure in main.items()
    }
    first = next(iter(main.values()))
    return {**row, f"num_{unit}s": int(first.num_counted[chosen].sum())}
