"""How numbers are shown: percentages, directions, units of size and time."""

import math
from dataclasses import dataclass, replace

from musebench.evaluation import find_metric
from musebench.leaderboard.standings import Standings

MISSING = "\N{EN DASH}"


@dataclass(frozen=True)
class Measure:
    """How a metric is shown.

    Attributes:
        name: Name of the metric.
        higher_is_better: Whether more is better.
        factor: Factor by which a value is multiplied before it is shown.
        unit: ``%``, or empty for a plain number.
    """

    name: str
    higher_is_better: bool
    factor: float
    unit: str

    @property
    def label(self) -> str:
        """Name for people."""
        return self.name.replace("_", " ")

    @property
    def title(self) -> str:
        """Name for people, and the unit."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def shown(self, value: float | None) -> float | None:
        """The value in the shown unit; None if there is none."""
        return self.factor * value if value is not None and math.isfinite(value) else None

    def text(self, value: float | None) -> str:
        """The value as text, without its unit."""
        shown = self.shown(value)
        if shown is None:
            return MISSING
        text = (
            f"{shown:.2f}" if self.unit else f"{shown:.4g}" if abs(shown) >= 1e3 else f"{shown:.3f}"
        )
        return text.replace("-", "\N{MINUS SIGN}")

    def interval(self, low: float | None, high: float | None) -> str:
        """An interval as text; empty if there is none."""
        if self.shown(low) is None or self.shown(high) is None:
            return ""
        return f"[{self.text(low)}, {self.text(high)}]"


def shown_as(metric: str) -> Measure:
    """How a metric is shown, by its declaration; as a plain number if it is not declared."""
    found = find_metric(metric)
    if found is None:
        return Measure(metric, higher_is_better=True, factor=1, unit="")
    if metric == found.complement:  # a percentage already
        return Measure(metric, not found.higher_is_better, factor=1, unit="%")
    return Measure(metric, found.higher_is_better, 100 if found.unit == "%" else 1, found.unit)


def is_share(metric: str) -> bool:
    """Whether a metric is a share, which is shown as a percentage."""
    return shown_as(metric).factor != 1


def measure_of(standings: Standings, metric: str) -> Measure:
    """How a metric of a board is shown."""
    found = shown_as(metric)
    is_main = metric in standings.main_metrics[:1]
    return replace(found, higher_is_better=standings.higher_is_better) if is_main else found


def parameters_text(count: float) -> str:
    """A number of parameters, such as ``1.24 M``."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"


def p_text(value: float) -> str:
    """A p-value in two digits, such as ``0.032``."""
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def share_text(share: float | None) -> str:
    """A share such as ``3.2 %``; a dash for none."""
    return MISSING if share is None else f"{100 * share:.1f} %"


def duration_text(seconds: float) -> str:
    """A time in a suitable unit, such as ``83 min``."""
    if not seconds > 0:
        return "0 s"
    if seconds < 0.1:
        return "< 0.1 s"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds / 86400)} d"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
