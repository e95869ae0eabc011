"""What trees and shortcuts share: a model per head over rows of features, and its decisions."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.models.rules import Classes, Rule
from musebench.models.trees.rows import (
    NO_REFERENCE,
    Rows,
    decided_columns,
    decode,
    encode,
    learned_heads,
    reference_of,
)
from musebench.score import NoteTable
from musebench.tasks import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix = NDArray[np.float32]

MAX_ROWS = 200_000  # of training; whole pieces are drawn until there are as many
MAX_CLASSES = 24  # of a head; rarer ones are not predicted
LINKED = 2  # classes of a pair
UNCHOSEN = 0.5  # the threshold of links before it is chosen
LINK_THRESHOLDS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.6, 0.7, 0.8)
LEAST_GAIN = 1e-3  # of a link at the threshold, so that it is better than none


@dataclass(frozen=True, eq=False)
class Fitted:
    """The model of a head.

    Attributes:
        model: An estimator of scikit-learn; None if there is nothing to choose.
        classes: Codes of the classes, in the order of the model's probabilities; empty for numbers.
        reference: Name of the reference from which they are counted; empty for none.
        mean: Value of a head of numbers that has no model.
    """

    model: Any
    classes: Ints
    reference: str = NO_REFERENCE
    mean: float = 0.0

    def probability(self, features: Matrix) -> Floats:
        """Probability of each class. Shape ``(num_rows, num_classes)``."""
        if self.model is None or not len(features):
            return np.ones((len(features), len(self.classes))) / len(self.classes)
        return np.asarray(self.model.predict_proba(features), dtype=np.float64)

    def number(self, features: Matrix) -> Floats:
        """The predicted number of each row."""
        if self.model is None or not len(features):
            return np.full(len(features), self.mean)
        return np.asarray(self.model.predict(features), dtype=np.float64)


class Learner(Rule):
    """A model per head; where it chains, heads of one onset group see those decided before.

    Args:
        task: The task.
    """

    needs_training: ClassVar[bool] = True
    needs_validation: ClassVar[bool] = True
    chains: ClassVar[bool] = True
    seed: ClassVar[int] = 0

    def __init__(self, task: Task) -> None:
        self.task = task
        self.heads: Mapping[str, Fitted] = {}
        self.thresholds: Floats | None = None

    @classmethod
    def for_task(cls, task: Task) -> Self:
        """The unfitted method for any task."""
        return cls(task)

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        return {"task": self.task.name, "fitted": bool(self.heads), **self.settings}

    @abstractmethod
    def rows(self, notes: NoteTable) -> Rows:
        """The rows of a score."""

    @abstractmethod
    def classifier(self, features: Matrix, codes: Ints) -> Any:
        """An estimator, fitted to classes."""

    def num_rows(self, num_features: int, num_classes: int) -> int:  # noqa: ARG002
        """Number of rows, at most, of which a head with so many classes is learned."""
        return MAX_ROWS

    @abstractmethod
    def regressor(self, features: Matrix, numbers: Floats) -> Any:
        """An estimator, fitted to numbers."""

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> Self:
        """Fit a model per head on pieces drawn by a fixed seed; see ``Rule.fit``."""
        return self.fit_rows(*self.draw(tables, labels))

    def draw(
        self, tables: Sequence[NoteTable], labels: Sequence[Classes]
    ) -> tuple[list[Rows], list[dict[str, Floats]]]:
        """Rows and labels of pieces in a random order, until there are ``MAX_ROWS``."""
        order = np.random.default_rng(self.seed).permutation(len(tables))
        rows: list[Rows] = []
        found: list[dict[str, Floats]] = []
        for piece in order.tolist():
            rows.append(self.rows(tables[piece]))
            found.append(rows[-1].labels(self.task, labels[piece]))
            if sum(len(known.features) for known in rows) >= MAX_ROWS:
                break
        return rows, found

    def seen(self, features: Matrix) -> Matrix:
        """The columns of the rows that are used: all of them."""
        return features

    def fit_rows(self, rows: Sequence[Rows], labels: Sequence[Mapping[str, Floats]]) -> Self:
        """Fit a model per head on rows, those of the first pieces first."""
        fitted, heads = copy(self), {}
        features = self.seen(np.concatenate([of_piece.features for of_piece in rows]))
        for head in learned_heads(self.task):
            target = [known[head] for known in labels]
            heads[head] = self._fit_head(head, features, rows, target)
            if self.chains and self.task.kind == "multi-head":
                decided = [
                    decided_columns(self.task, head, known, of_piece)
                    for known, of_piece in zip(target, rows, strict=True)
                ]
                columns = np.concatenate(decided).astype(np.float32)
                features = np.concatenate([features, columns], axis=1)
        fitted.heads, fitted.thresholds = heads, None
        return fitted

    def _fit_head(
        self, head: str, features: Matrix, rows: Sequence[Rows], labels: Sequence[Floats]
    ) -> Fitted:
        joined = np.concatenate(labels)
        if self.task.kind == "regression":
            return self._fit_numbers(features, joined)
        known, codes = joined != IGNORE_LABEL, joined.astype(np.int64)
        if reference := reference_of(self.task, head, rows, labels):
            origin = np.concatenate([of_piece.references[reference] for of_piece in rows])
            codes[known] = encode(self.task, head, codes[known], origin[known])
        classes, counts = np.unique(codes[known], return_counts=True)
        known &= np.isin(codes, classes[np.argsort(-counts, kind="stable")[:MAX_CLASSES]])
        num_classes = min(len(classes), MAX_CLASSES)
        chosen = np.flatnonzero(known)[: self.num_rows(features.shape[1], num_classes)]
        classes = np.unique(codes[chosen]) if len(chosen) else np.zeros(1, dtype=np.int64)
        fits = len(classes) > 1
        model = self.classifier(features[chosen], codes[chosen]) if fits else None
        return Fitted(model, classes, reference)

    def _fit_numbers(self, features: Matrix, numbers: Floats) -> Fitted:
        chosen = np.flatnonzero(~np.isnan(numbers))[: self.num_rows(features.shape[1], 1)]
        mean = float(numbers[chosen].mean()) if len(chosen) else 0.0
        model = self.regressor(features[chosen], numbers[chosen]) if len(chosen) > 1 else None
        return Fitted(model, np.zeros(0, dtype=np.int64), mean=mean)

    def tune(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> Self:
        """Choose thresholds of events by F1 on the validation split; see ``Rule.tune``."""
        return self.tune_rows(*labelled_rows(self, tables, labels))

    def tune_rows(self, rows: Sequence[Rows], labels: Sequence[Mapping[str, Floats]]) -> Self:
        """Choose thresholds on rows."""
        from musebench.evaluation import choose_thresholds

        tuned, head = copy(self), self.task.main_head
        if self.task.kind == "link":
            tuned.thresholds = self._link_threshold(rows, labels)
        elif has_thresholds(self.task):
            probability = np.concatenate(
                [self._events(self.seen(known.features)) for known in rows]
            )
            target = np.concatenate([known[head] for known in labels]).astype(np.int64)
            tuned.thresholds = choose_thresholds(probability, target)
        return tuned

    def _events(self, features: Matrix) -> Floats:
        """Probability of all classes of the main head, 0 for those never seen."""
        fitted = self.heads[self.task.main_head]
        num_classes = len(self.task.heads[self.task.main_head]) or LINKED
        found = np.zeros((len(features), num_classes))
        found[:, fitted.classes] = fitted.probability(features)
        return found

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict the required heads."""
        if not self.heads:
            msg = f"{type(self).__name__} needs training: call fit(tables, labels) first."
            raise InputError(msg)
        return self.predict_rows(self.rows(notes))

    def predict_rows(self, rows: Rows) -> dict[str, NDArray[Any]]:
        """Predict the required heads of a score from its rows."""
        if self.task.kind == "link":
            threshold = UNCHOSEN if self.thresholds is None else float(self.thresholds[0])
            probability = self._link_probability(rows)
            return {self.task.main_head: choose_links(rows, probability, threshold)}
        if self.task.kind == "regression":
            features = self.seen(rows.features)
            return {head: model.number(features) for head, model in self.heads.items()}
        return dict(self._classes(rows))

    def _classes(self, rows: Rows) -> Iterator[tuple[str, NDArray[Any]]]:
        from musebench.evaluation import predict_events

        features, task = self.seen(rows.features), self.task
        for head, fitted in self.heads.items():
            if self.thresholds is not None and head == task.main_head:
                events = self._events(features)
                yield head, predict_events(events, self.thresholds)
                yield f"{head}_score", events
                continue
            chosen = fitted.classes[fitted.probability(features).argmax(axis=1)]
            if fitted.reference:
                chosen = decode(task, head, chosen, rows.references[fitted.reference])
            yield head, chosen
            if self.chains and task.kind == "multi-head":
                decided = decided_columns(task, head, chosen.astype(np.float64), rows)
                features = np.concatenate([features, decided.astype(np.float32)], axis=1)

    def _link_threshold(
        self, rows: Sequence[Rows], labels: Sequence[Mapping[str, Floats]]
    ) -> Floats:
        """The threshold whose chosen links have the best F1, the first in a tie."""
        from musebench.evaluation import F1

        sums = np.zeros((len(LINK_THRESHOLDS), 3))
        for of_piece, known in zip(rows, labels, strict=True):
            is_link, probability = known[self.task.main_head], self._link_probability(of_piece)
            for place, threshold in enumerate(LINK_THRESHOLDS):
                following = choose_links(of_piece, probability, threshold)
                chosen = (following[of_piece.source] == of_piece.target) & (is_link >= 0)
                hits = (chosen & (is_link == 1)).sum()
                sums[place] += (hits, chosen.sum(), (is_link == 1).sum())
        return np.array([LINK_THRESHOLDS[int(np.nan_to_num(F1.value(sums)).argmax())]])

    def _link_probability(self, rows: Rows) -> Floats:
        """Probability of each pair being a link, never quite 0 or 1."""
        return np.clip(self._events(self.seen(rows.features))[:, 1], 1e-6, 1 - 1e-6)


def choose_links(rows: Rows, probability: Floats, threshold: float) -> Ints:
    """The likeliest links, of at least a probability, at most one in and one out.

    Returns:
        The next note of each note, -1 for none. Shape ``(num_notes,)``.
    """
    from musebench.models.heads import assign

    kept = probability >= threshold
    odds = np.log(probability[kept] / (1 - probability[kept]))
    gain = (odds - np.log(threshold / (1 - threshold)) + LEAST_GAIN).astype(np.float32)
    return assign(rows.source[kept], rows.target[kept], gain, rows.num_notes)


def labelled_rows(
    learner: Learner, tables: Sequence[NoteTable], labels: Sequence[Classes]
) -> tuple[list[Rows], list[dict[str, Floats]]]:
    """Rows and labels of scores."""
    rows = [learner.rows(notes) for notes in tables]
    pairs = zip(rows, labels, strict=True)
    return rows, [of_piece.labels(learner.task, known) for of_piece, known in pairs]


def has_thresholds(task: Task) -> bool:
    """Whether the task is to find events: all classes of the main head but the first."""
    from musebench.evaluation import main_metric

    has_two = len(task.heads[task.main_head]) == 2 and "f1" in main_metric(task).name
    return task.has_events or has_two
