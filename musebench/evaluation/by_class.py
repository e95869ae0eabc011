"""Errors by class: which classes are confused, and how well each of them is predicted.

Conventions:
    As in ``classification``, values without a label do not count. A class that is neither true nor
    predicted anywhere is left out. Classes with a place on the line of fifths are in its order,
    with major keys before minor keys; others are in the order of the task.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation.measures import is_labelled
from musebench.evaluation.targets import Pooled
from musebench.shown import Shown
from musebench.tasks import Task

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ClassScore:
    """How well a class is predicted.

    Attributes:
        name: Name of the class.
        precision: Share of its predictions that are true; None if it is never predicted.
        recall: Share of its true values that are predicted; None if it is never true.
        f1: The harmonic mean of both.
        num_true: How often it is true.
        num_predicted: How often it is predicted.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float
    num_true: int
    num_predicted: int


@dataclass(frozen=True)
class Mistake:
    """A class that is predicted as another.

    Attributes:
        true: Name of the true class.
        predicted: Name of the predicted class.
        count: How often.
        share: Share of all values of the true class.
    """

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True, eq=False, repr=False)
class Confusion(Shown):
    """How often each class of a head is predicted as each.

    Attributes:
        head: Name of the head.
        unit: What is counted: ``note``, ``onset`` or ``graph``.
        classes: Names of the classes that occur.
        counts: One row per true class, one column per predicted class. Shape
            ``(num_classes, num_classes)``.
    """

    head: str
    unit: str
    classes: tuple[str, ...]
    counts: IntArray

    @property
    def shares(self) -> NDArray[np.float64]:
        """Counts as shares of their row, NaN for a class that is never true."""
        total = self.counts.sum(axis=1, keepdims=True).astype(np.float64)
        shares = np.full(self.counts.shape, np.nan)
        np.divide(self.counts, total, out=shares, where=total > 0)
        return shares

    def by_class(self) -> list[ClassScore]:
        """Precision, recall and F1 of each class."""
        found, true, predicted = (
            part.tolist()
            for part in (self.counts.diagonal(), self.counts.sum(axis=1), self.counts.sum(axis=0))
        )
        return [
            ClassScore(
                name=name,
                precision=found[i] / predicted[i] if predicted[i] else None,
                recall=found[i] / true[i] if true[i] else None,
                f1=2 * found[i] / (predicted[i] + true[i]),
                num_true=true[i],
                num_predicted=predicted[i],
            )
            for i, name in enumerate(self.classes)
        ]

    def most_frequent(self, number: int = 10) -> list[Mistake]:
        """The most frequent mistakes, at most ``number``; ties are in the order of the rows."""
        wrong = self.counts - np.diag(self.counts.diagonal())
        order = np.argsort(-wrong, axis=None, kind="stable")[:number]
        places = np.stack(np.unravel_index(order, wrong.shape), axis=1).tolist()
        return [
            Mistake(self.classes[i], self.classes[j], int(wrong[i, j]), float(self.shares[i, j]))
            for i, j in places
            if wrong[i, j]
        ]


def confusion_of(task: Task, head: str, pooled: Pooled) -> Confusion:
    """Count how often each class is predicted as each.

    Args:
        task: The task.
        head: One of its heads, with classes.
        pooled: Labels and predictions.
    """
    names, target = task.heads[head], pooled.target[head]
    labelled = is_labelled(target)
    cells = target[labelled] * len(names) + pooled.prediction[head][labelled]
    counts = np.bincount(cells, minlength=len(names) ** 2).reshape(len(names), len(names))
    order = [i for i in _in_order(task, head) if counts[i].any() or counts[:, i].any()]
    return Confusion(head, task.unit, tuple(names[i] for i in order), counts[np.ix_(order, order)])


def _in_order(task: Task, head: str) -> list[int]:
    classes = range(len(task.heads[head]))
    places = task.places.get(head)
    if places is None:
        return list(classes)
    return sorted(classes, key=lambda i: (places[i].mode, places[i].fifths))
