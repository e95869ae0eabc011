"""How numbers are shown: which metrics are shares, which way is better, units of size and time."""

import math
from dataclasses import dataclass

from musebench.leaderboard.standings import Standings

MISSING = "\N{EN DASH}"
# Words in a metric's name that say: not a share of notes, so a plain number.
_LOWER_IS_BETTER = frozenset({"mse", "rmse", "mae", "error", "loss", "perplexity", "distance"})
_NUMBERS = _LOWER_IS_BETTER | {"pearson", "spearman", "kendall", "r2", "correlation"}
_PERCENT = frozenset({"error_rate"})  # a percentage already


@dataclass(frozen=True)
class Measure:
    """How a metric is shown.

    Attributes:
        name: Name of the metric.
        higher_is_better: Whether more is better.
        factor: What a value is multiplied by before it is shown.
        unit: ``%``, or empty of a plain number.
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
        """The value in the unit that is shown; None where there is none."""
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
        """An interval as text; empty where there is none."""
        if self.shown(low) is None or self.shown(high) is None:
            return ""
        return f"[{self.text(low)}, {self.text(high)}]"


def is_share(metric: str) -> bool:
    """Whether a metric is a share of notes, which is shown as a percentage."""
    return metric not in _PERCENT and not _NUMBERS & set(metric.split("_"))


def measure_of(standings: Standings, metric: str) -> Measure:
    """How a metric of a board is shown."""
    if metric in standings.main_metrics[:1]:
        higher = standings.higher_is_better
    else:
        higher = not _LOWER_IS_BETTER & set(metric.split("_"))
    share = is_share(metric)
    return Measure(metric, higher, 100 if share else 1, "%" if share or metric in _PERCENT else "")


def parameters_text(count: float) -> str:
    """A number of parameters, such as ``1.24 M``."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"


def duration_text(seconds: float) -> str:
    """A time in the unit that suits it, such as ``83 min``."""
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
