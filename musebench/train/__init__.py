"""TRAIN: a plain loop, and the run that makes a published number.

A run is a folder: ``config.json``, ``history.jsonl`` (a line each time it was validated),
``best.pt`` (the checkpoint with the best validation), ``last.pt`` (while it trains: all that is
needed to go on after an interruption), the predictions of a split, and ``result.json`` with
everything needed to repeat it.
"""

from musebench.train.checkpoint import ResumeError, load_model
from musebench.train.hardware import Hardware
from musebench.train.loop import predict, train, training_batches
from musebench.train.result import BusyError, fit_rule, make_predictions, reproduce
from musebench.train.run import Run, load_run, plan_boards, plan_run, read_history

__all__ = [
    "BusyError",
    "Hardware",
    "ResumeError",
    "Run",
    "fit_rule",
    "load_model",
    "load_run",
    "make_predictions",
    "plan_boards",
    "plan_run",
    "predict",
    "read_history",
    "reproduce",
    "train",
    "training_batches",
]
