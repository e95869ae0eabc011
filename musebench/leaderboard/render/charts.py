"""Geometry of the pictures: axes, bars of intervals, and scatter plots with a Pareto front."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from musebench.leaderboard.render.numbers import Measure, duration_text, parameters_text
from musebench.leaderboard.standings import Standing

Tick = tuple[float, str]
BAR_WIDTH = 140
WIDTH, HEIGHT = 520, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 506, 34, 268
_STRIP = 88
_LABEL, _TIP = 24, 72  # characters
_LINE, _LETTER = 12, 6.2  # height of a line and mean width of a letter in labels
_SIZES = tuple((10.0**k, parameters_text(10.0**k)) for k in range(16))
_TIMES = (
    *((10.0**k, f"{10.0**k:g} s") for k in range(-3, 2)),
    *((60, "1 min"), (600, "10 min"), (3600, "1 h"), (36000, "10 h")),
    *((86400 * 10.0**k, f"{10**k} d") for k in range(5)),
)


@dataclass(frozen=True)
class Axis:
    """A linear axis with round ends.

    Attributes:
        low: Its lowest value.
        high: Its highest value.
        step: Distance of its ticks.
    """

    low: float
    high: float
    step: float

    def place(self, value: float, start: float, end: float) -> float:
        """Position of a value on a line from ``start`` to ``end``."""
        return round(start + (value - self.low) / (self.high - self.low) * (end - start), 1)

    def text(self, value: float) -> str:
        """A tick as text."""
        return f"{value:.{max(0, -math.floor(math.log10(self.step)))}f}".replace(
            "-", "\N{MINUS SIGN}"
        )

    def ticks(self) -> list[float]:
        """Values of the ticks."""
        return [
            self.low + k * self.step for k in range(round((self.high - self.low) / self.step) + 1)
        ]


def axis_of(measure: Measure, entries: Iterable[Standing], ceiling: float | None = None) -> Axis:
    """The axis for all values and intervals of a metric, and a ceiling, in the shown unit."""
    values = [
        value
        for entry in entries
        if (estimate := entry.metrics.get(measure.name)) is not None
        for value in (estimate.mean, estimate.low, estimate.high)
    ]
    shown = [v for v in map(measure.shown, (*values, ceiling)) if v is not None] or [0.0, 1.0]
    low, high = min(shown), max(shown)
    span = (high - low) or abs(high) / 10 or 1.0
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= span / 4)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return Axis(low, high if high > low else low + step, step)


@dataclass(frozen=True)
class Bar:
    """An interval as a bar.

    Attributes:
        mean: Place of the mean.
        low: Left end; the mean if there is no interval.
        width: Length of the bar.
    """

    mean: float
    low: float
    width: float


def bar_of(measure: Measure, axis: Axis, entry: Standing) -> Bar | None:
    """The bar of an entry on the common axis; None if it has no value."""
    estimate = entry.metrics.get(measure.name)
    mean = measure.shown(estimate.mean) if estimate else None
    if estimate is None or mean is None:
        return None
    low, high = measure.shown(estimate.low), measure.shown(estimate.high)
    low, high = (mean, mean) if low is None or high is None else (low, high)
    mean, low, high = (axis.place(value, 2, BAR_WIDTH - 2) for value in (mean, low, high))
    return Bar(mean, low, round(high - low, 1))


@dataclass(frozen=True)
class Cost:
    """A cost that accuracy is plotted against.

    Attributes:
        title: Title of the axis.
        none: Text for entries without cost.
        of: The cost of an entry; None if it is not known.
        text: The cost as text.
        marks: Values that may be ticks, and their texts.
    """

    title: str
    none: str
    of: Callable[[Standing], float | None]
    text: Callable[[float], str]
    marks: tuple[Tick, ...]


COSTS = (
    Cost(
        "trained parameters, log scale",
        "no parameters",
        lambda entry: entry.num_parameters,
        parameters_text,
        _SIZES,
    ),
    Cost(
        "training time, log scale",
        "no training",
        lambda entry: entry.train_seconds,
        duration_text,
        _TIMES,
    ),
    Cost(
        "prediction time, log scale",
        "no time",
        lambda entry: entry.predict_seconds,
        duration_text,
        _TIMES,
    ),
)


@dataclass(frozen=True)
class Point:
    """An entry in a scatter.

    Attributes:
        position: Place of the entry on the board, from 0.
        x: Place of the cost.
        y: Place of the mean.
        low: Place of the low end of the interval.
        high: Place of the high end.
        is_rule: Whether it is a rule, or another entry that is not learned.
        on_front: Whether no other entry is at least as good for less, or better for as much.
        tip: Text of its tooltip.
        label: Short name; empty off the front.
        label_y: Position of the label.
        label_end: Whether the label ends at the point instead of beginning there.
    """

    position: int
    x: float
    y: float
    low: float
    high: float
    is_rule: bool
    on_front: bool
    tip: str
    label: str
    label_y: float
    label_end: bool


@dataclass(frozen=True)
class Scatter:
    """Accuracy against cost.

    Attributes:
        title: Title of the plot.
        x_title: Title of the cost.
        y_title: Title of the metric.
        x_ticks: Positions and texts.
        y_ticks: Positions and texts.
        strip: Right end of the strip of entries without cost; None if there are none.
        none: Text for those entries.
        points: Entries that have a value.
        front: Path of the front.
        ceiling: Height of the ceiling; None without one.
    """

    title: str
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    strip: float | None
    none: str
    points: tuple[Point, ...]
    front: str
    ceiling: float | None


def scatter_of(
    measure: Measure, cost: Cost, entries: Sequence[Standing], ceiling: float | None = None
) -> Scatter:
    """Plot a metric against a cost, with a line at what people reach."""
    axis = axis_of(measure, entries, ceiling)
    reached = measure.shown(ceiling)
    known = {k: spent for k, entry in enumerate(entries) if (spent := cost.of(entry)) is not None}
    chosen = [k for k in known if bar_of(measure, axis, entries[k]) is not None]
    costs = {k: max(0.0, float(known[k])) for k in chosen}
    free = [k for k in chosen if costs[k] == 0]
    strip = _LEFT + _STRIP if free else None
    place, ticks = _log_axis(cost, [c for c in costs.values() if c > 0], strip or _LEFT)
    front = _front(measure, entries, costs)
    points = []
    for k in chosen:
        x = place(costs[k])
        if k in free:
            x = round(_LEFT + _STRIP * (free.index(k) + 1) / (len(free) + 1), 1)
        words = cost.text(costs[k]) if costs[k] > 0 else cost.none
        points.append(_point(measure, axis, words, entries[k], k, x, on_front=k in front))
    return Scatter(
        title=f"{measure.label} against {cost.title.partition(',')[0]}",
        x_title=cost.title,
        y_title=measure.title,
        x_ticks=ticks,
        y_ticks=tuple((axis.place(v, _BOTTOM, _TOP), axis.text(v)) for v in axis.ticks()),
        strip=strip,
        none=cost.none,
        points=_stack_labels(points, -1 if measure.higher_is_better else 1),
        front=_front_path([p for p in points if p.on_front]),
        ceiling=None if reached is None else axis.place(reached, _BOTTOM, _TOP),
    )


def _log_axis(
    cost: Cost, values: Sequence[float], left: float
) -> tuple[Callable[[float], float], tuple[Tick, ...]]:
    """Position of a cost, and the ticks; both ends have room for the marker."""
    if not values:
        return (lambda _: left), ()
    low, high = math.log10(min(values)), math.log10(max(values))
    margin = max(0.08 * (high - low), 0.5 * (1.2 - (high - low)), 0.0)
    low, high = low - margin, high + margin

    def place(value: float) -> float:
        share = (math.log10(value) - low) / (high - low) if value > 0 else 0.0
        return round(left + share * (_RIGHT - left), 1)

    marks = [(place(mark), text) for mark, text in cost.marks if low <= math.log10(mark) <= high]
    marks = marks[:: 1 + len(marks) // 8]
    # A text needs room on both sides.
    return place, tuple((x, text if left + 24 < x < _RIGHT - 12 else "") for x, text in marks)


def _front(
    measure: Measure, entries: Sequence[Standing], costs: dict[int, float]
) -> frozenset[int]:
    """Indices of entries on the front: none is better in one value and equal in the other."""
    sign = 1 if measure.higher_is_better else -1
    worth = {k: sign * (measure.shown(entries[k].metrics[measure.name].mean) or 0.0) for k in costs}
    return frozenset(
        k
        for k in costs
        if not any(
            costs[j] <= costs[k]
            and worth[j] >= worth[k]
            and (costs[j] < costs[k] or worth[j] > worth[k])
            for j in costs
        )
    )


def _front_path(points: Sequence[Point]) -> str:
    """Steps from the cheapest entry of the front to the best, and on to the right edge."""
    ordered = sorted(points, key=lambda point: point.x)
    if not ordered:
        return ""
    steps = "".join(f" H{point.x} V{point.y}" for point in ordered[1:])
    return f"M{ordered[0].x} {ordered[0].y}{steps} H{_RIGHT}"


def _point(
    measure: Measure, axis: Axis, spent: str, entry: Standing, k: int, x: float, *, on_front: bool
) -> Point:
    estimate = entry.metrics[measure.name]
    mean, low, high = (measure.shown(v) for v in (estimate.mean, estimate.low, estimate.high))
    places = [
        axis.place(v if v is not None else mean or 0.0, _BOTTOM, _TOP) for v in (mean, low, high)
    ]
    value = f"{measure.text(estimate.mean)} {measure.unit}".strip()
    label = shorten(entry.method, _LABEL) if on_front else ""
    tip = f": {value} {measure.interval(estimate.low, estimate.high)}".rstrip() + f", {spent}"
    return Point(
        position=k,
        x=x,
        y=places[0],
        low=places[1],
        high=places[2],
        is_rule=entry.kind != "learned",
        on_front=on_front,
        tip=shorten(entry.method, _TIP - len(tip)) + tip,
        label=label,
        label_y=places[0],
        label_end=x - _LETTER * len(label) > _LEFT,
    )


def _stack_labels(points: Sequence[Point], side: int) -> tuple[Point, ...]:
    """Write labels over (-1) or under (1) the front, avoiding overlaps with other labels."""
    placed: list[tuple[float, float, float]] = []
    done = list(points)
    for k in sorted(range(len(points)), key=lambda k: points[k].x):
        point, width = points[k], _LETTER * len(points[k].label)
        start = point.x - width if point.label_end else point.x
        y = point.y + (16 if side > 0 else -8)
        while any(
            start < right and start + width > left and abs(y - other) < _LINE
            for left, right, other in placed
        ):
            y += side * _LINE
        if point.label:
            placed.append((start, start + width, y))
        done[k] = replace(point, label_y=round(y, 1))
    return tuple(done)


def shorten(text: str, length: int) -> str:
    """Text of at most this many characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
