"""From sums by piece to a result: pooled, by piece, by composer, with intervals over works."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from musebench.errors import InputError
from musebench.evaluation.intervals import Estimate
from musebench.evaluation.measures import BoolArray, FloatArray, IntArray, Measure
from musebench.evaluation.metric import PIECE_MEAN, POOLED, Metric, main_metric
from musebench.evaluation.statistics import Statistic
from musebench.evaluation.targets import PieceTarget, Pooled

Interval = Callable[[FloatArray, Statistic], Estimate]


def measure_all(metrics: Iterable[Metric], pooled: Pooled) -> dict[str, Measure]:
    """Measure all metrics that the predictions suffice for, with the weights of the pieces.

    Returns:
        Name -> measure; a mean over works is followed by the pooled value, with its suffix.

    Raises:
        InputError: If a metric gives something else.
    """
    measures = {}
    for metric in metrics:
        found = metric.measure(pooled)
        if found is None:
            continue
        if not isinstance(found, Measure):
            msg = (
                f"the metric {metric.name!r} gives a {type(found).__name__}; a metric gives a "
                "Measure, as share_of and mean_of_pieces make one."
            )
            raise InputError(msg)
        weighed = found.weighed(pooled.weight)
        if found.over_works:
            measures[metric.name] = weighed.mean_of_works(pooled.work)
        measures[metric.name + POOLED * found.over_works] = weighed
    return measures


def summarise(
    pooled: Pooled,
    metrics: Iterable[Metric],
    measures: Mapping[str, Measure],
    interval: Interval,
) -> dict[str, Any]:
    """Return the result of an evaluation.

    Args:
        pooled: Labels and predictions; the main metrics of the task are also reported as the mean
            over pieces, by composer, by work and by piece.
        metrics: The metrics of the task.
        measures: Name -> measure, as ``measure_all`` returns them.
        interval: Sums by work and their statistic -> estimate.

    Returns:
        A dict of numbers, strings, lists and dicts; None for undefined values.
    """
    task, pieces, work = pooled.task, pooled.pieces, pooled.work
    unit = task.unit
    complements = {metric.name: metric.complement for metric in metrics}
    main = {name: measures[name] for name in task.main_metrics if name in measures}
    result: dict[str, Any] = {
        f"num_{unit}s": int(main[task.main_metrics[0]].num_counted.sum()),
        "num_pieces": len(pieces),
        "num_works": int(work.max()) + 1,
    }
    for name, measure in measures.items():
        result[name] = measure.value()
        result[f"{name}_ci95"] = _ends(measure, work, interval)
        if complement := complements.get(name):
            result[complement] = None if result[name] is None else 100 * (1 - result[name])
        if name in main:
            means = measure.piece_means()
            result[name + PIECE_MEAN] = means.value()
            result[f"{name}{PIECE_MEAN}_ci95"] = _ends(means, work, interval)
    result["by_composer"] = _by_group([piece.composer for piece in pieces], main, unit)
    result["worst_composer"] = _worst_composer(result["by_composer"], main_metric(task))
    result["by_work"] = _by_group([piece.work_id for piece in pieces], main, unit)
    facts = {name: fact for measure in measures.values() for name, fact in measure.facts.items()}
    result["by_piece"] = _by_piece(pieces, main, unit, facts)
    return result


def _ends(measure: Measure, work: IntArray, interval: Interval) -> list[float] | None:
    """Return the interval of a metric."""
    found = interval(measure.by_work(work)[np.newaxis], measure.statistic)
    return None if found.low is None or found.high is None else [found.low, found.high]


def _by_group(
    group_of_piece: Sequence[str], main: Mapping[str, Measure], unit: str
) -> dict[str, dict[str, Any]]:
    """Return the main metrics over the pieces of each composer, or of each work."""
    groups = np.array(group_of_piece)
    return {str(group): _row(main, groups == group, unit) for group in np.unique(groups)}


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
