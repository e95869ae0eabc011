"""Evaluation of predictions: metrics, intervals over works, and an evaluator per board.

The evaluator reads the labels itself, takes the predictions for all pieces of a split at once and
returns a plain dict for JSON. It needs numpy only, so a board can be checked without torch.

Conventions:
    ``target`` and ``prediction`` are classes, one integer per note, in that order of arguments. A
    note whose target is ``IGNORE_LABEL`` has no class and counts in no metric, but it is predicted
    like the others. A metric over no notes is NaN from a function and None in a result. Shares lie
    between 0 and 1; only ``error_rate`` is a percentage. Pieces and works are sorted by their ids,
    so a result depends neither on the order of the pieces nor on batches.

Metrics:
    A task names its metrics. Each is declared once (``register_metric``), in a module of this
    package or of another one, and is pooled over all notes of the split. With the suffix
    ``_piece_mean`` every piece has the same weight. The suffix ``_ci95`` is the 95 % interval of
    ``interval_of_seeds``, whose unit is the work.

Errors:
    ``Evaluator.confusions`` counts which class is predicted as which, and gives precision, recall
    and F1 of each; ``Evaluator.reliabilities`` compares predicted scores with the labels.
"""

from musebench.evaluation.by_class import ClassScore, Confusion, Mistake
from musebench.evaluation.calibration import Reliability, reliability
from musebench.evaluation.evaluator import EvaluationResult, Evaluator, Scores, WorkSums
from musebench.evaluation.intervals import (
    DEFAULT_NUM_RESAMPLES,
    interval_of_seeds,
)
from musebench.evaluation.measures import Measure, mean_of_pieces, share_of, sums_by_piece
from musebench.evaluation.metric import (
    METRICS,
    Metric,
    find_metric,
    main_metric,
    metrics_of,
    register_metric,
)
from musebench.evaluation.onsets import average_precision, count_matches
from musebench.evaluation.pitch_spelling import SHIFTS
from musebench.evaluation.prediction_file import (
    PredictionFile,
    check_origin,
    check_predictions_file,
    evaluator_of,
    read_predictions,
    write_predictions,
)
from musebench.evaluation.run_files import (
    MAX_SEED,
    RESULT_VERSION,
    damaged,
    read_result,
    read_run_record,
    read_validations,
)
from musebench.evaluation.statistics import SHARE, Statistic
from musebench.evaluation.targets import PieceTarget, Pooled, targets_of
from musebench.evaluation.voice_separation import link_counts

__all__ = [
    "DEFAULT_NUM_RESAMPLES",
    "MAX_SEED",
    "METRICS",
    "RESULT_VERSION",
    "SHARE",
    "SHIFTS",
    "ClassScore",
    "Confusion",
    "EvaluationResult",
    "Evaluator",
    "Measure",
    "Metric",
    "Mistake",
    "PieceTarget",
    "Pooled",
    "PredictionFile",
    "Reliability",
    "Scores",
    "Statistic",
    "WorkSums",
    "average_precision",
    "check_origin",
    "check_predictions_file",
    "count_matches",
    "damaged",
    "evaluator_of",
    "find_metric",
    "interval_of_seeds",
    "link_counts",
    "main_metric",
    "mean_of_pieces",
    "metrics_of",
    "read_predictions",
    "read_result",
    "read_run_record",
    "read_validations",
    "register_metric",
    "reliability",
    "share_of",
    "sums_by_piece",
    "targets_of",
    "write_predictions",
]
