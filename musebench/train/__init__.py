"""TRAIN: a plain training loop, and the runs behind published numbers.

A run is a folder: ``config.json``, ``history.jsonl`` (one line per validation), ``best.pt`` (the
checkpoint with the best validation), ``last.pt`` (during training: everything needed to resume
after an interruption), the predictions of a split, and ``result.json`` with everything needed to
repeat it. Loggers write to ``logs``.
"""

from musebench.train.checkpoint import from_pretrained, load_model
from musebench.train.hardware import Hardware
from musebench.train.loop import predict, train, training_batches
from musebench.train.release import release_runs
from musebench.train.result import fit_rule, make_predictions, reproduce
from musebench.train.run import Run, check_free, load_run, plan_boards, plan_run, read_history
from musebench.train.search import Trial, best_trial, search

__all__ = [
    "Hardware",
    "Run",
    "Trial",
    "best_trial",
    "check_free",
    "fit_rule",
    "from_pretrained",
    "load_model",
    "load_run",
    "make_predictions",
    "plan_boards",
    "plan_run",
    "predict",
    "read_history",
    "release_runs",
    "reproduce",
    "search",
    "train",
    "training_batches",
]
