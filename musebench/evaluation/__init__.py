"""Scores of predictions: metrics, intervals over works, and an evaluator per board.

The evaluator reads the labels itself, takes the predictions of every piece of a split at once and
returns a plain dict for JSON. It needs numpy only, so a board can be checked without torch.

Conventions:
    ``target`` and ``prediction`` hold classes, one integer a note, in that order of arguments. A
    note whose target is ``IGNORE_LABEL`` has no class and counts in no metric, but it is predicted
    like the others. A metric over no notes is not a number: NaN from a function, None in a result.
    Shares lie in 0 to 1; ``error_rate`` alone is a percentage. Pieces and works are taken in order
    of their ids, so a result depends neither on the order of the pieces nor on batches.

Metrics:
    A task names its metrics, which are declared once, in the modules of this package and of others
    (``register_metric``). Each is pooled over all notes of the split. With the suffix
    ``_piece_mean`` every piece weighs the same. With the suffix ``_ci95`` comes the 95 % interval
    of ``interval_of_seeds``, whose unit is the work.

Errors:
    ``Evaluator.confusions`` counts which class is taken for which, and gives precision, recall and
    F1 of each; ``Evaluator.reliabilities`` compares scores with what is true.
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
from musebench.evaluation.targets import PieceTarget, Pooled
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
    "write_predictions",
]
