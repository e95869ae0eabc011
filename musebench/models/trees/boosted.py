"""trees: gradient-boosted trees over features by hand, the control of learned models."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

import numpy as np

from musebench.errors import InputError
from musebench.models.rules import EVERY_TASK, register_rule
from musebench.models.trees.learner import Floats, Ints, Learner, Matrix
from musebench.models.trees.rows import Rows, learned_heads, rows_of
from musebench.registry import what_there_is
from musebench.score import NoteTable
from musebench.tasks import Task

WORK = 2e10  # rows x features x trees of all heads: a few minutes on a core
OUTLIERS = 0.01  # of the numbers at each end, which count as the numbers at this quantile


@dataclass(frozen=True)
class TreeSettings:
    """How the trees are grown.

    Attributes:
        iterations: Trees of each class.
        learning_rate: Weight of each tree.
        leaves: Maximum number of leaves of a tree.
        min_samples_leaf: Fewest rows of a leaf.
        l2: Penalty of the values of leaves.
        max_features: Share of the features that a split may choose from.
        class_balance: 0 gives all rows the same weight, 1 all classes.
    """

    iterations: int = 100
    learning_rate: float = 0.1
    leaves: int = 31
    min_samples_leaf: int = 20
    l2: float = 1.0
    max_features: float = 0.5
    class_balance: float = 0.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: If a value is of another type or out of range.
        """
        for name, (kind, low, high) in _RANGES.items():
            value = getattr(self, name)
            is_number = isinstance(value, kind) or (kind is float and isinstance(value, int))
            if not is_number or isinstance(value, bool) or not low <= value <= high:
                what = "a whole number" if kind is int else "a number"
                msg = f"{name} is {value!r}; it must be {what} from {low:g} to {high:g}."
                raise InputError(msg)


_RANGES: Mapping[str, tuple[type, float, float]] = {
    "iterations": (int, 1, 5000),
    "learning_rate": (float, 1e-4, 1),
    "leaves": (int, 2, 1024),
    "min_samples_leaf": (int, 1, 10**6),
    "l2": (float, 0, 1e6),
    "max_features": (float, 0.01, 1),
    "class_balance": (float, 0, 1),
}


@register_rule("trees", EVERY_TASK)
class Trees(Learner):
    """Gradient-boosted trees over features by hand: the control that learned models must beat.

    One recipe per kind of task, from the inputs of the task alone: notes with their chord, line
    and what surrounds them; onset groups with what sounds, the bass and the groups around them;
    pairs of a note and a next one, linked one to one; histograms of a piece. Keys and names of
    notes are learned relative to an estimated key, roots relative to the bass. Thresholds of events
    are chosen on the validation split. Pieces are drawn by a fixed seed until there are 200,000
    rows, of heads with many classes fewer.

    Source:
        Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017, as
        ``HistGradientBoosting`` of scikit-learn.
    """

    def __init__(self, task: Task, chosen: TreeSettings | None = None) -> None:
        super().__init__(task)
        self.chosen = chosen or TreeSettings()

    @property
    def settings(self) -> Mapping[str, float]:
        """How the trees are grown."""
        return asdict(self.chosen)

    @property
    def search_space(self) -> Mapping[str, Any]:
        """Settings that a search draws."""
        choices = {
            "iterations": [50, 100, 200],
            "leaves": [7, 15, 31, 63],
            "min_samples_leaf": [5, 20, 50, 100],
            "max_features": [0.1, 0.3, 0.5, 1.0],
            "class_balance": [0.0, 0.25, 0.5],
        }
        return {
            "choices": choices,
            "logarithmic": {"learning_rate": [0.02, 0.3], "l2": [0.01, 30.0]},
        }

    def configured(self, **settings: float | str) -> Self:
        """Return trees that are grown otherwise; see ``TreeSettings``."""
        known = [field.name for field in fields(TreeSettings)]
        if unknown := settings.keys() - set(known):
            name = min(unknown)
            msg = f"{name}: unknown in the settings of trees; {what_there_is(name, known)}"
            raise InputError(msg)
        values: dict[str, Any] = settings
        return type(self)(self.task, replace(self.chosen, **values))

    def rows(self, notes: NoteTable) -> Rows:
        """The rows of a score by the recipe for the kind of task."""
        return rows_of(notes, self.task)

    def classifier(self, features: Matrix, codes: Ints) -> Any:
        """Boosted trees for each class."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        _, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
        weight = (counts[place] / len(codes)) ** -self.chosen.class_balance
        return HistGradientBoostingClassifier(**self._options()).fit(
            _filled(features), codes, weight
        )

    def regressor(self, features: Matrix, numbers: Floats) -> Any:
        """Boosted trees for squared errors."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        low, high = np.quantile(numbers, (OUTLIERS, 1 - OUTLIERS))
        inside = np.clip(numbers, low, high)
        return HistGradientBoostingRegressor(**self._options()).fit(_filled(features), inside)

    def num_rows(self, num_features: int, num_classes: int) -> int:
        """Number of rows that can be learned from in a few minutes."""
        num_trees = self.chosen.iterations * (num_classes if num_classes > 2 else 1)
        return max(int(WORK / (len(learned_heads(self.task)) * num_features * num_trees)), 1)

    def _options(self) -> dict[str, Any]:
        return {
            "max_iter": self.chosen.iterations,
            "learning_rate": self.chosen.learning_rate,
            "max_leaf_nodes": self.chosen.leaves,
            "min_samples_leaf": self.chosen.min_samples_leaf,
            "l2_regularization": self.chosen.l2,
            "max_features": self.chosen.max_features,
            "early_stopping": False,
            "random_state": self.seed,
        }


def _filled(features: Matrix) -> Matrix:
    """The features with 0 in columns without any value, which cannot be put into bins."""
    return np.where(np.isnan(features).all(axis=0), np.float32(0), features)
