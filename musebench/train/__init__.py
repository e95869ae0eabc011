"""TRAIN: a plain training loop, and the runs behind published numbers.

A run is a folder: ``config.json``, ``history.jsonl`` (one line per validation), ``best.pt`` (the
checkpoint with the best validation), ``last.pt`` (during training: everything needed to resume
after an interruption), the predictions of a split, and ``result.json`` with everything needed to
repeat it. Loggers write to ``logs``.
"""

from musebench.train.checkpoint import find_run as find_run
from musebench.train.checkpoint import from_pretrained as from_pretrained
from musebench.train.checkpoint import load_model as load_model
from musebench.train.hardware import Hardware as Hardware
from musebench.train.loop import predict as predict
from musebench.train.loop import training_batches as training_batches
from musebench.train.release import release_runs as release_runs
from musebench.train.result import fit_rule as fit_rule
from musebench.train.result import join_folds as join_folds
from musebench.train.result import make_predictions as make_predictions
from musebench.train.result import predictor_of as predictor_of
from musebench.train.result import reproduce as reproduce
from musebench.train.run import Run as Run
from musebench.train.run import check_free as check_free
from musebench.train.run import load_run as load_run
from musebench.train.run import plan_boards as plan_boards
from musebench.train.run import plan_run as plan_run
from musebench.train.run import read_history as read_history
from musebench.train.search import Trial as Trial
from musebench.train.search import best_trial as best_trial
from musebench.train.search import search as search
from musebench.train.state import UNREADABLE as UNREADABLE
from musebench.train.state import read_tensors as read_tensors
from musebench.train.state import write_tensors as write_tensors
from musebench.train.training import train as train
