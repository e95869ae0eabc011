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

from musebench.evaluation.by_class import ClassScore as ClassScore
from musebench.evaluation.by_class import Confusion as Confusion
from musebench.evaluation.by_class import Mistake as Mistake
from musebench.evaluation.calibration import Reliability as Reliability
from musebench.evaluation.calibration import reliability as reliability
from musebench.evaluation.ceiling import Ceiling as Ceiling
from musebench.evaluation.ceiling import ceiling_of as ceiling_of
from musebench.evaluation.ceiling import has_ceiling as has_ceiling
from musebench.evaluation.ceiling import read_ceiling as read_ceiling
from musebench.evaluation.ceiling import write_ceiling as write_ceiling
from musebench.evaluation.evaluator import EvaluationResult as EvaluationResult
from musebench.evaluation.evaluator import Evaluator as Evaluator
from musebench.evaluation.evaluator import Scores as Scores
from musebench.evaluation.evaluator import WorkSums as WorkSums
from musebench.evaluation.intervals import DEFAULT_NUM_RESAMPLES as DEFAULT_NUM_RESAMPLES
from musebench.evaluation.intervals import Estimate as Estimate
from musebench.evaluation.intervals import interval_of_seeds as interval_of_seeds
from musebench.evaluation.measures import Measure as Measure
from musebench.evaluation.measures import mean_of_pieces as mean_of_pieces
from musebench.evaluation.measures import share_of as share_of
from musebench.evaluation.measures import sums_by_piece as sums_by_piece
from musebench.evaluation.metric import METRICS as METRICS
from musebench.evaluation.metric import Metric as Metric
from musebench.evaluation.metric import find_metric as find_metric
from musebench.evaluation.metric import main_metric as main_metric
from musebench.evaluation.metric import metrics_of as metrics_of
from musebench.evaluation.metric import register_metric as register_metric
from musebench.evaluation.onsets import average_precision as average_precision
from musebench.evaluation.onsets import count_matches as count_matches
from musebench.evaluation.own_data import OwnData as OwnData
from musebench.evaluation.own_data import StoredTask as StoredTask
from musebench.evaluation.own_data import find_own_data as find_own_data
from musebench.evaluation.pitch_spelling import SHIFTS as SHIFTS
from musebench.evaluation.plain_zip import unpack_zip as unpack_zip
from musebench.evaluation.prediction_file import PredictionFile as PredictionFile
from musebench.evaluation.prediction_file import check_origin as check_origin
from musebench.evaluation.prediction_file import check_predictions_file as check_predictions_file
from musebench.evaluation.prediction_file import evaluator_of as evaluator_of
from musebench.evaluation.prediction_file import read_predictions as read_predictions
from musebench.evaluation.prediction_file import write_own_predictions as write_own_predictions
from musebench.evaluation.prediction_file import write_predictions as write_predictions
from musebench.evaluation.resampling import check_draws as check_draws
from musebench.evaluation.resampling import check_sums as check_sums
from musebench.evaluation.resampling import original as original
from musebench.evaluation.resampling import studentise as studentise
from musebench.evaluation.resampling import work_variance as work_variance
from musebench.evaluation.run_files import MAX_SEED as MAX_SEED
from musebench.evaluation.run_files import RESULT_VERSION as RESULT_VERSION
from musebench.evaluation.run_files import damaged as damaged
from musebench.evaluation.run_files import read_result as read_result
from musebench.evaluation.run_files import read_run_record as read_run_record
from musebench.evaluation.run_files import read_validations as read_validations
from musebench.evaluation.safe_npz import MAX_FILE_BYTES as MAX_FILE_BYTES
from musebench.evaluation.safe_npz import read_npz as read_npz
from musebench.evaluation.statistics import F1 as F1
from musebench.evaluation.statistics import SHARE as SHARE
from musebench.evaluation.statistics import Statistic as Statistic
from musebench.evaluation.targets import PieceTarget as PieceTarget
from musebench.evaluation.targets import Pooled as Pooled
from musebench.evaluation.targets import hash_of_order as hash_of_order
from musebench.evaluation.targets import load_targets as load_targets
from musebench.evaluation.targets import targets_of as targets_of
from musebench.evaluation.thresholds import WITHOUT_EVENTS as WITHOUT_EVENTS
from musebench.evaluation.thresholds import choose_thresholds as choose_thresholds
from musebench.evaluation.thresholds import decide_events as decide_events
from musebench.evaluation.thresholds import predict_events as predict_events
from musebench.evaluation.twins import settle_twins as settle_twins
from musebench.evaluation.voice_separation import link_counts as link_counts
