"""shortcut: the best that metadata and layout alone give away, an audit of every board."""

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.models.rules import EVERY_TASK, Classes, Rule, register_rule
from musebench.models.trees.layout import layout_rows
from musebench.models.trees.learner import Floats, Ints, Learner, Matrix, labelled_rows
from musebench.models.trees.rows import Rows
from musebench.score import NoteTable
from musebench.tasks import Task

if TYPE_CHECKING:
    from musebench.evaluation import Evaluator

DEPTHS = (1, 3)
ALL = "all columns"


class Found(NamedTuple):
    """A shortcut: which column a tree of which depth needs, and what it reaches in validation."""

    column: str
    depth: int
    value: float | None


class Stump(Learner):
    """A tree per head of little depth over some columns of metadata and layout.

    Args:
        task: The task.
        column: Number of the column; None for all.
        depth: Greatest depth of the tree.
    """

    chains: ClassVar[bool] = False

    def __init__(self, task: Task, column: int | None = None, depth: int = DEPTHS[-1]) -> None:
        super().__init__(task)
        self.column, self.depth = column, depth

    def rows(self, notes: NoteTable) -> Rows:
        """All columns of a score."""
        return layout_rows(notes, self.task)[1]

    def seen(self, features: Matrix) -> Matrix:
        """The columns of this tree."""
        return features if self.column is None else features[:, [self.column]]

    def classifier(self, features: Matrix, codes: Ints) -> Any:
        """A tree."""
        from sklearn.tree import DecisionTreeClassifier

        model = DecisionTreeClassifier(max_depth=self.depth, random_state=self.seed)
        return model.fit(features, codes)

    def regressor(self, features: Matrix, numbers: Floats) -> Any:
        """A tree."""
        from sklearn.tree import DecisionTreeRegressor

        model = DecisionTreeRegressor(max_depth=self.depth, random_state=self.seed)
        return model.fit(features, numbers)


@register_rule("shortcut", EVERY_TASK)
class Shortcut(Rule):
    """The best of small trees on metadata and layout alone: what a board gives away.

    Trees of depth 1 and 3 on each column (length, divisions, numbers of parts and notes, meter,
    twins, notes of equal pitch, ends of measures and of their halves) and on all of them; the one
    with the best main metric on the validation split predicts. Columns that models may not see
    are among them. A board on which it is near the other entries asks little about the music.

    Args:
        task: The task.
    """

    needs_training: ClassVar[bool] = True
    needs_validation: ClassVar[bool] = True

    def __init__(self, task: Task) -> None:
        self.task = task
        self.names: tuple[str, ...] = ()
        self.trees: tuple[Stump, ...] = ()
        self.found: Found | None = None

    @classmethod
    def for_task(cls, task: Task) -> Self:
        """The unfitted audit of any task."""
        return cls(task)

    def shown_facts(self) -> dict[str, object]:
        """What is shown of it."""
        return {"task": self.task.name, "fitted": bool(self.trees), "found": self.found}

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> Self:
        """Fit all trees; see ``Rule.fit``."""
        fitted = copy(self)
        fitted.names, _ = layout_rows(tables[0], self.task)
        numbers = range(len(fitted.names))
        stumps = [Stump(self.task, number, depth) for number in numbers for depth in DEPTHS]
        stumps.append(Stump(self.task))
        rows, known = stumps[0].draw(tables, labels)
        fitted.trees = tuple(stump.fit_rows(rows, known) for stump in stumps)
        return fitted

    def tune(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> Self:
        """Keep the best tree on the validation split; see ``Rule.tune``."""
        rows, known = labelled_rows(self.trees[0], tables, labels)
        trees = [tree.tune_rows(rows, known) for tree in self.trees]
        judge = _judge(self.task, tables, labels)
        values = [judge.value([tree.predict_rows(of_piece) for of_piece in rows]) for tree in trees]
        best = int(np.argmax([judge.rank(value) for value in values]))
        tuned, column = copy(self), trees[best].column
        name = ALL if column is None else self.names[column]
        tuned.trees, tuned.found = (trees[best],), Found(name, trees[best].depth, values[best])
        return tuned

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict the required heads."""
        if not self.trees:
            msg = "shortcut needs training: call fit(tables, labels) first."
            raise InputError(msg)
        return self.trees[0](notes)


class _Judge(NamedTuple):
    """The main metric of predictions on some scores."""

    task: Task
    evaluator: "Evaluator"

    def value(self, predictions: Sequence[Classes]) -> float | None:
        """The metric; None if it is undefined."""
        y_pred = {str(piece): found for piece, found in enumerate(predictions)}
        value: float | None = self.evaluator.eval({"y_pred": y_pred})[self.task.main_metrics[0]]
        return value

    def rank(self, value: float | None) -> float:
        """A number that is the higher the better the value is."""
        from musebench.evaluation import main_metric

        if value is None:
            return -np.inf
        return value if main_metric(self.task).higher_is_better else -value


def _judge(task: Task, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> _Judge:
    from musebench.evaluation import Evaluator, PieceTarget

    targets = [
        PieceTarget(str(piece), str(piece), "", known, task.read_context(notes))
        for piece, (notes, known) in enumerate(zip(tables, labels, strict=True))
    ]
    return _Judge(task, Evaluator.from_targets(task, targets, num_resamples=1))
