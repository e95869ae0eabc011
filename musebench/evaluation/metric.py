"""METRICS: the metrics of predictions, each declared once.

A task names its metrics. A declared name may contain ``{head}`` or ``{class}``: it then stands for
one metric per head of the task, or per class of its main head.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

from musebench.errors import InputError
from musebench.evaluation.measures import Measure
from musebench.evaluation.targets import Pooled
from musebench.registry import Registry
from musebench.tasks import Task

Measuring: TypeAlias = Callable[..., Measure | None]
AnyMeasuring = TypeVar("AnyMeasuring", bound=Measuring)

PLACES = ("head", "class")
POOLED = "_pooled"  # suffix of the ratio of all sums, reported beside a mean over works
PIECE_MEAN = "_piece_mean"  # suffix of the mean over pieces, reported beside a main metric


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        name: Its name in results.
        measure: Labels and predictions (``Pooled``) -> sums of each piece and their statistic,
            which knows the lowest and highest value; None if the predictions do not suffice. If the
            name contains a head or class, that is the second argument, a class as its number.
        unit: ``%`` for a share, which is shown as a percentage; else empty or the unit.
        higher_is_better: Whether more is better.
        complement: Name of 100 minus the percentage, reported beside it; empty for none.
    """

    name: str
    measure: Measuring
    unit: str = "%"
    higher_is_better: bool = True
    complement: str = ""

    @property
    def place(self) -> str:
        """The placeholder in its name: ``head``, ``class``, or empty."""
        return next((place for place in PLACES if f"{{{place}}}" in self.name), "")

    def find_place(self, name: str) -> str | None:
        """The head or class that a name has as placeholder; None if the name does not match."""
        before, _, after = self.name.partition(f"{{{self.place}}}")
        match = re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", name)
        return match[1] if match and self.place else None


METRICS: Registry[Metric] = Registry("metric", "musebench.evaluation")


def register_metric(name: str, **declared: Any) -> Callable[[AnyMeasuring], AnyMeasuring]:
    """Decorate a function to register it as a metric.

    Args:
        name: Name of the metric.
        declared: ``unit``, ``higher_is_better`` and ``complement``, see ``Metric``.

    Raises:
        InputError: If the name is taken.
    """

    def register(measure: AnyMeasuring) -> AnyMeasuring:
        METRICS.add(name, Metric(name, measure, **declared))
        return measure

    return register


def metrics_of(task: Task) -> list[Metric]:
    """The metrics of a task, the main ones first.

    Raises:
        InputError: If the task names an unknown metric, or none.
    """
    if not task.main_metrics:
        msg = f"task {task.name!r} has no metrics; name one or more in main_metrics."
        raise InputError(msg)
    names = (*task.main_metrics, *task.metrics)
    if wrong := [type(name).__name__ for name in names if not isinstance(name, str)]:
        msg = f"task {task.name!r} has a {wrong[0]} as metric; name one, see register_metric."
        raise InputError(msg)
    return [_metric_of(task, name) for name in names]


def main_metric(task: Task) -> Metric:
    """The metric that ranks the entries of a task."""
    return _metric_of(task, task.main_metrics[0])


def find_metric(name: str) -> Metric | None:
    """The declaration of a name in a result of any task; None if there is none."""
    plain = name.removesuffix(PIECE_MEAN).removesuffix(POOLED)
    known = METRICS.values()
    found = [METRICS[plain]] if plain in METRICS else []
    found += [metric for metric in known if metric.complement == plain]
    found += [metric for metric in known if metric.find_place(plain)]
    return found[0] if found else None


def _metric_of(task: Task, name: str) -> Metric:
    if name in METRICS:
        return METRICS[name]
    classes = task.heads[task.main_head]
    places: dict[str, dict[str, Any]] = {
        "head": {head: head for head in task.heads},
        "class": {label.lower(): number for number, label in enumerate(classes)},
    }
    for metric in METRICS.values():
        found = metric.find_place(name)
        if found is not None and found in places[metric.place]:
            measure = partial(_measure_at, metric.measure, places[metric.place][found])
            return replace(metric, name=name, measure=measure)
    return METRICS.find(name)


def _measure_at(measure: Measuring, place: str | int, notes: Pooled) -> Measure | None:
    return measure(notes, place)
