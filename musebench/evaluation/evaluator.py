"""The evaluator of a board, or of your own labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musebench.boards import BOARDS, find_board
from musebench.errors import InputError, PredictionError
from musebench.evaluation.by_class import Confusion, confusion_of
from musebench.evaluation.calibration import (
    NUM_BINS,
    Reliability,
    probability_of,
    reliability,
)
from musebench.evaluation.intervals import DEFAULT_NUM_RESAMPLES, interval_of_seeds
from musebench.evaluation.measures import Measure, is_labelled
from musebench.evaluation.metric import PIECE_MEAN, Metric, metrics_of
from musebench.evaluation.predictions import accepted_values, check_predictions
from musebench.evaluation.resampling import check_draws
from musebench.evaluation.statistics import Statistic
from musebench.evaluation.summary import Interval, measure_all, summarise
from musebench.evaluation.targets import (
    Fold,
    LabelScheme,
    PieceTarget,
    Pooled,
    check_targets,
    check_task,
    hash_of_order,
    load_targets,
    pool,
)
from musebench.evaluation.thresholds import choose_thresholds
from musebench.shown import Shown
from musebench.tasks import Task


class EvaluationResult(Shown, dict[str, Any]):
    """What an evaluation gives: a dict for JSON that shows counts and main metrics only."""

    def shown_facts(self) -> Mapping[str, object]:
        """Counts, and the main metrics with their intervals."""
        counts = {name: value for name, value in self.items() if name.startswith("num_")}
        main = [name.removesuffix(PIECE_MEAN) for name in self if name.endswith(PIECE_MEAN)]
        return counts | {name: _with_interval(self, name) for name in main}


LEVEL = 0.95  # of the intervals in a result


def _with_interval(result: Mapping[str, Any], name: str) -> str:
    value, interval = result[name], result.get(f"{name}_ci95")
    if value is None:
        return "-"
    return f"{value:.4f}" + (" [{:.4f}, {:.4f}]".format(*interval) if interval else "")


@dataclass(frozen=True, eq=False, repr=False)
class WorkSums(Shown):
    """A metric as sums per work, ``(num_works, num_sums)``, in order of the works' ids."""

    sums: NDArray[np.float64]
    statistic: Statistic


@dataclass(frozen=True, eq=False, repr=False)
class Scores(Shown):
    """What predictions are worth.

    Attributes:
        pooled: Labels and predictions.
        metrics: The metrics of the task.
        measures: What each metric makes of them, of those metrics that they suffice for, and the
            pooled value beside each mean over works; by name.
        interval: Sums by work and their statistic -> estimate.
    """

    pooled: Pooled
    metrics: Sequence[Metric]
    measures: Mapping[str, Measure]
    interval: Interval

    @property
    def result(self) -> EvaluationResult:
        """The metrics, as ``Evaluator.eval`` returns them."""
        return EvaluationResult(summarise(self.pooled, self.metrics, self.measures, self.interval))

    @property
    def sums(self) -> dict[str, WorkSums]:
        """What every metric is made of, for intervals and comparisons over works."""
        work = self.pooled.work
        return {
            name: WorkSums(measure.by_work(work), measure.statistic)
            for name, measure in self.measures.items()
        }

    @property
    def works(self) -> dict[str, int]:
        """Work id -> its fold, in order of the ids."""
        by_work = {piece.work_id: piece.fold for piece in self.pooled.pieces}
        return {work: by_work[work] for work in sorted(by_work)}

    @property
    def folds(self) -> NDArray[np.int64]:
        """Fold of each work, ``(num_works,)``, in order of the works' ids."""
        return np.array([*self.works.values()])

    @property
    def agreement(self) -> dict[str, float]:
        """Share of predictions that equal their label, by head; NaN without labels.

        Real numbers are compared in float16, as a prediction file has them.
        """
        shares = {}
        for head, target in self.pooled.target.items():
            real = target.dtype.kind == "f"
            exists = np.isfinite(target) if real else is_labelled(target)
            form = np.float16 if real else np.int64
            equal = (target.astype(form) == self.pooled.prediction[head].astype(form))[exists]
            shares[head] = float(equal.mean()) if len(equal) else float("nan")
        return shares


class Evaluator(Shown):
    """Evaluates the predictions for all pieces of a board's split.

    The labels are read from the store, never from the user.

    Args:
        board: Name of a board, such as ``asap-pitch-spelling``.
        split: Which pieces: ``train``, ``valid`` or ``test``.
        split_scheme: Which way of splitting the pieces.
        fold: Which fold of that way; ``all``: the test splits of all folds, each work once.
        label_scheme: ``official``, or ``errata``: known errors of the corpus are corrected, see
            ``musebench.errata``; such results are not those of the board.
        root: The data home; None for the default one.
        num_resamples: Number of bootstrap draws of works for each interval.
        seed: Seed of these draws.

    Raises:
        InputError: If there is no such board, split, fold or label scheme.

    Example:
        >>> evaluator = Evaluator("asap-pitch-spelling")  # doctest: +SKIP
        >>> evaluator.eval({"y_pred": predictions})["accuracy"]  # doctest: +SKIP
    """

    def __init__(
        self,
        board: str,
        *,
        split: str = "test",
        split_scheme: str = "official",
        fold: Fold = 0,
        label_scheme: LabelScheme = "official",
        root: str | Path | None = None,
        num_resamples: int = DEFAULT_NUM_RESAMPLES,
        seed: int = 0,
    ) -> None:
        found = find_board(board)
        targets = load_targets(
            found, split, split_scheme, root, fold=fold, label_scheme=label_scheme
        )
        labels = "" if label_scheme == "official" else f", labels {label_scheme!r}"
        name = f"{board} (split {split!r}, scheme {split_scheme!r}, fold {fold}{labels})"
        self._set_up(found.task, targets, name, num_resamples, seed)

    @classmethod
    def from_targets(
        cls,
        task: str | Task,
        targets: Iterable[PieceTarget],
        *,
        name: str = "own data",
        num_resamples: int = DEFAULT_NUM_RESAMPLES,
        seed: int = 0,
    ) -> Self:
        """Make an evaluator from your own labels.

        Args:
            task: The task, one of your own or the name of a known one.
            targets: What is known of each piece, such as ``ScoreFolder.targets``.
            name: What messages call it.
            num_resamples: See the class.
            seed: See the class.

        Raises:
            InputError: If the labels do not fit the task, or it names an unknown metric.
        """
        evaluator = cls.__new__(cls)
        evaluator._set_up(check_task(task), targets, name, num_resamples, seed)
        return evaluator

    def of_fold(self, *folds: int) -> Self:
        """The evaluator of the pieces that some folds test.

        Args:
            folds: Folds that some of this evaluator's pieces are in.

        Raises:
            InputError: If none is.
        """
        pieces = [piece for piece in self._pieces if piece.fold in folds]
        name = f"{self.name}, fold {', '.join(map(str, folds))}"
        return self.from_targets(
            self.task, pieces, name=name, num_resamples=self.num_resamples, seed=self.seed
        )

    @property
    def folds(self) -> tuple[int, ...]:
        """The folds that its pieces are in."""
        return tuple(sorted({piece.fold for piece in self._pieces}))

    @property
    def fold_by_piece(self) -> dict[str, int]:
        """Piece id -> its fold."""
        return {piece.piece_id: piece.fold for piece in self._pieces}

    def _set_up(
        self, task: Task, targets: Iterable[PieceTarget], name: str, num_resamples: int, seed: int
    ) -> None:
        check_draws(num_resamples, LEVEL)
        self.task = task
        self.metrics = metrics_of(task)
        self.name = name
        self.num_resamples = num_resamples
        self.seed = seed
        self._pieces = check_targets(task, targets)

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        return {
            "name": self.name,
            "task": self.task.name,
            "pieces": len(self._pieces),
            "works": len({piece.work_id for piece in self._pieces}),
            "main_metrics": self.task.main_metrics,
        }

    @property
    def order_sha256(self) -> str:
        """Hash of the pieces and of the order of their notes."""
        return hash_of_order(self._pieces)

    @property
    def expected_input_format(self) -> str:
        """What ``eval`` takes, in words."""
        heads = "\n".join(
            f"    {head}: {accepted_values(self.task, head)}, one per {self.task.unit} "
            f"({'required' if head in self.task.required_heads else 'optional'})"
            for head in (*self.task.heads, *self.task.scores)
            if self.task.scores.get(head, head) in self._pieces[0].labels
        )
        return (
            f'{{"y_pred": {{piece_id: array or {{head: array}}}}}} with all {len(self._pieces)} '
            f"pieces of {self.name}.\n"
            f"Arrays have shape (num_{self.task.unit}s,), scores (num_{self.task.unit}s, "
            f"num_classes); a bare array is the head {self.task.main_head!r}.\n{heads}"
        )

    @property
    def expected_output_format(self) -> str:
        """What ``eval`` returns, in words."""
        main = ", ".join(self.task.main_metrics)
        return (
            "A dict for JSON: every metric as a number (None if no note counts),\n"
            f'"<metric>_ci95": [low, high] or None, num_{self.task.unit}s, num_pieces, num_works,\n'
            "a mean over works again as <metric>_pooled,\n"
            f"and {main} again as <metric>_piece_mean,\n"
            "by_composer, worst_composer, by_work and by_piece."
        )

    def eval(self, input_dict: Mapping[str, Any]) -> EvaluationResult:
        """Evaluate predictions, once over the whole split.

        Args:
            input_dict: ``{"y_pred": {piece_id: array or {head: array}}}``, see
                ``expected_input_format``; a bare array is the main head.

        Returns:
            The metrics; see ``expected_output_format``.

        Raises:
            PredictionError: If predictions are missing, unexpected or out of range.
        """
        return self.score(input_dict).result

    def score(self, input_dict: Mapping[str, Any]) -> Scores:
        """Compare predictions with the labels, once for everything that is computed from them.

        Args:
            input_dict: As for ``eval``.

        Raises:
            PredictionError: As for ``eval``.
        """
        pooled = self._pool(input_dict)
        measures = measure_all(self.metrics, pooled)
        interval = partial(
            interval_of_seeds, num_resamples=self.num_resamples, seed=self.seed, level=LEVEL
        )
        return Scores(pooled, self.metrics, measures, interval)

    def confusions(self, input_dict: Mapping[str, Any]) -> dict[str, Confusion]:
        """Count, for each predicted head, which class is predicted as which.

        Args:
            input_dict: As for ``eval``.

        Raises:
            PredictionError: As for ``eval``.
            InputError: If the task has no classes.
        """
        if not self.task.heads[self.task.main_head]:
            of_classes = [board.name for board in BOARDS.values() if all(board.task.heads.values())]
            what = "links" if self.task.kind == "link" else "numbers"
            msg = f"{self.name} predicts {what}; boards with classes: {', '.join(of_classes)}."
            raise InputError(msg)
        pooled = self._pool(input_dict)
        return {head: confusion_of(self.task, head, pooled) for head in pooled.target}

    def reliabilities(
        self, input_dict: Mapping[str, Any], num_bins: int = NUM_BINS
    ) -> dict[str, Reliability]:
        """Compare, for each head with scores, the predicted probability with how often it is true.

        Where a class is an event, it is the probability of any class except the first, which means
        "none"; elsewhere that of the predicted class. Scores are divided by their sum.

        Args:
            input_dict: As for ``eval``, with at least one score.
            num_bins: Number of bins between 0 and 1.

        Raises:
            PredictionError: As for ``eval``, and if there is no score.
        """
        pooled = self._pool(input_dict)
        by_score = {}
        for name, head in self.task.scores.items():
            if name in pooled.prediction:
                is_true, probability = probability_of(pooled, head)
                by_score[name] = reliability(is_true, probability, num_bins)
        if not by_score:
            boards = [board.name for board in BOARDS.values() if board.task.has_events]
            msg = (
                f"{self.name}: the predictions contain no scores, which say how sure they are; "
                f"learned models write them on {', '.join(boards)}."
            )
            raise PredictionError(msg)
        return by_score

    def choose_thresholds(self, input_dict: Mapping[str, Any]) -> NDArray[np.float64]:
        """Choose the thresholds of events on these pieces, those of a validation split.

        Args:
            input_dict: As for ``eval``, with the scores of the main head.

        Returns:
            A threshold per class except the first; see ``musebench.evaluation.thresholds``.

        Raises:
            PredictionError: As for ``eval``, and if there are no scores.
        """
        pooled, head = self._pool(input_dict), self.task.main_head
        if f"{head}_score" not in pooled.prediction:
            msg = f"{self.name}: thresholds are chosen by the column '{head}_score'; it is missing."
            raise PredictionError(msg)
        return choose_thresholds(pooled.prediction[f"{head}_score"], pooled.target[head])

    def _pool(self, input_dict: Mapping[str, Any]) -> Pooled:
        predictions = check_predictions(input_dict, self.task, self._pieces, self.name)
        return pool(self.task, self._pieces, predictions)
