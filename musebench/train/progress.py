"""How far a training is: a bar on a terminal, else a line per validation; files of loggers."""

import csv
import importlib.util
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lightning_fabric.loggers.csv_logs import CSVLogger
from lightning_fabric.loggers.logger import Logger
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from tqdm import tqdm

from musebench.errors import InputError, MissingDependencyError
from musebench.files import is_file
from musebench.train.run import Run

LOGS = "logs"  # folder in that of a run, with a folder per logger

lines = logging.getLogger(__name__)


class Progress:
    """Tells how far a training is, for the block that it is entered for.

    Args:
        run: What is trained.
        num_steps: Steps of the whole training.
        done: Steps that were made before.
        logger: One of ``LOGGERS``, which writes each validation to files; None: none.
    """

    def __init__(self, run: Run, num_steps: int, done: int, logger: str | None = None) -> None:
        self.name = f"{run.model}, seed {run.seed}"
        self.num_steps, self.done = num_steps, done
        self.started = time.perf_counter()
        self.bar = tqdm(total=num_steps, desc=self.name, initial=done, disable=None)
        self.logger = LOGGERS[logger](run.folder / LOGS / logger, done) if logger else None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None
    ) -> None:
        """End; files are closed."""
        self.bar.close()
        if self.logger is not None:
            self.logger.finalize("failed" if kind else "success")

    def step(self) -> None:
        """Tell that a step was made."""
        self.bar.update()

    def validation(self, values: Mapping[str, Any], learning_rate: float) -> None:
        """Tell what a validation gave.

        Args:
            values: Step, loss, seconds and metrics, or None of those that have no number.
            learning_rate: That of the step.
        """
        self.bar.set_postfix(loss=f"{values['loss']:.3f}")
        if self.bar.disable:
            lines.info(self._line(values, learning_rate))
        if self.logger is not None:
            numbers = {name: x for name, x in values.items() if name != "step" and x is not None}
            self.logger.log_metrics(numbers | {"learning_rate": learning_rate}, values["step"])
            self.logger.save()

    def _line(self, values: Mapping[str, Any], learning_rate: float) -> str:
        step = values["step"]
        seconds = (time.perf_counter() - self.started) / (step - self.done)
        left = tqdm.format_interval(seconds * (self.num_steps - step))
        metrics = "".join(
            f", {name} {'-' if value is None else format(value, '.4f')}"
            for name, value in values.items()
            if name not in {"step", "seconds"}
        )
        return (
            f"{self.name}: step {step:,} of {self.num_steps:,}{metrics}, "
            f"learning rate {learning_rate:.2g}, {left} left"
        )


def check_logger(name: str | None) -> None:
    """Refuse a logger that there is not.

    Raises:
        InputError: If there is none of this name.
        MissingDependencyError: If it needs a package that is not installed.
    """
    if name is not None and name not in LOGGERS:
        msg = f"there is no logger {name!r}; there are {', '.join(LOGGERS)}."
        raise InputError(msg)
    if name == "tensorboard" and importlib.util.find_spec("tensorboard") is None:
        msg = "the logger tensorboard is not installed: pip install 'musebench[tensorboard]'."
        raise MissingDependencyError(msg, name="tensorboard")


def remove_logs(run: Run) -> None:
    """Remove what loggers wrote in an earlier training."""
    shutil.rmtree(run.folder / LOGS, ignore_errors=True)


def _log_to_csv(folder: Path, done: int) -> Logger:
    """A file ``metrics.csv``. The logger starts a new one: rows of steps that are kept go there."""
    file = folder / "metrics.csv"
    rows: list[dict[str, str]] = []
    if is_file(file):
        with file.open(newline="", encoding="utf-8") as stream:
            rows = [row for row in csv.DictReader(stream) if int(row["step"]) <= done]
        file.unlink()
    logger = CSVLogger(folder.parent, folder.name, "", flush_logs_every_n_steps=1)
    for row in rows:
        step = int(row.pop("step"))
        logger.log_metrics({name: float(x) for name, x in row.items() if x}, step)
    return logger


def _log_to_tensorboard(folder: Path, done: int) -> Logger:
    """Event files; steps that were lost in an interruption are hidden."""
    return TensorBoardLogger(folder.parent, folder.name, "", purge_step=done + 1)


LOGGERS: dict[str, Callable[[Path, int], Logger]] = {
    "csv": _log_to_csv,
    "tensorboard": _log_to_tensorboard,
}
