"""Search for a configuration: random trials, compared on the validation split."""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from musebench.boards import find_board
from musebench.errors import InputError
from musebench.files import NOTHING, kind_of
from musebench.models import rules_of
from musebench.train.hardware import Hardware
from musebench.train.result import reproduce
from musebench.train.run import (
    Run,
    best_validation,
    plan_run,
    rank_key,
    read_history,
    write_json,
)
from musebench.train.training import train

MAX_TRIALS = 10_000


@dataclass(frozen=True)
class Trial:
    """One tried configuration.

    Attributes:
        number: Number of the trial; 0 is the reference configuration.
        changes: Differences from the reference configuration.
        step: Step of the best validation; 0 for a rule, which is fitted at once.
        value: The board's main metric at that step; None if undefined.
        seconds: Training time.
    """

    number: int
    changes: dict[str, float]
    step: int
    value: float | None
    seconds: float


def search(
    board: str,
    model: str,
    num_trials: int | None = None,
    seed: int = 0,
    runs: str | Path = "runs",
    root: str | Path | None = None,
    hardware: Hardware | None = None,
    **changes: Any,
) -> Iterator[Trial]:
    """Try configurations of a learned model or of trees; the test split is not used.

    Trials are drawn from the space of ``search.toml`` and are a function of the seed: a longer
    search begins with the same trials. Each is a run in
    ``<runs>/search/<board>/<model>-trial<n>``; finished trials are not repeated, and an interrupted
    search is resumed. After each trial, ``<model>.json`` there lists the trials and their results.

    Args:
        board: Name of a board.
        model: Name of a learned model, or of a rule that has settings, such as ``trees``.
        num_trials: Number of trials; None for the number in ``search.toml``.
        seed: Seed of the trials, and of the training of each.
        runs: Folder of all runs.
        root: The data home.
        hardware: Where to train.
        changes: Values that replace those of the reference configuration in all trials.

    Yields:
        The trials, in order.

    Raises:
        InputError: If the board or a value is unknown, the model is a rule, or there are no trials.
    """
    planned = plan_run(board, model, seed, runs, root, **changes)
    if planned.config is None and not planned.settings:
        msg = f"{model} is a rule and has no configuration to search."
        raise InputError(msg)
    space = _read_space(board)
    if planned.settings:
        space |= rules_of(board)[model].search_space
    wanted = space["num_trials"] if num_trials is None else num_trials
    if not 1 <= wanted <= MAX_TRIALS:
        msg = f"num_trials is {wanted}; it must be 1 to {MAX_TRIALS:,}."
        raise InputError(msg)
    folder = Path(runs) / "search" / board
    tried: list[Trial] = []
    for number, chosen in enumerate(_draw(space, wanted, seed)):
        drawn = {name: value for name, value in chosen.items() if name not in changes}
        run = plan_run(board, model, seed, runs, root, **changes | drawn)
        run = replace(run, folder=folder / f"{model}-trial{number}")
        tried.append(_make(run, hardware, number, drawn))
        report = {"board": board, "model": model, "seed": seed, "changes": changes, "space": space}
        trials = [asdict(trial) for trial in tried]
        write_json(
            folder / f"{model}.json",
            report | {"trials": trials, "best": best_trial(tried, board).number},
        )
        yield tried[-1]


def best_trial(trials: list[Trial], board: str) -> Trial:
    """The trial with the best validation, the first in a tie."""
    task = find_board(board).task
    return max(trials, key=lambda trial: rank_key(trial.value, task))


def _make(run: Run, hardware: Hardware | None, number: int, drawn: dict[str, float]) -> Trial:
    metric = run.declared.task.main_metrics[0]
    if run.config is None:
        result = reproduce(run, hardware, split="valid")
        return Trial(number, drawn, 0, result["metrics"][metric], result["predict_seconds"])
    train(run, hardware, resume=kind_of(run.folder / "config.json") != NOTHING)
    history = read_history(run)
    found = best_validation(history, run.declared.task)
    seconds = sum(values["seconds"] for values in history)
    return Trial(number, drawn, int(found["step"]), found[metric], seconds)


def _read_space(board: str) -> dict[str, Any]:
    tables = tomllib.loads(files("musebench.train").joinpath("search.toml").read_text("utf-8"))
    space: dict[str, Any] = tables["every-board"] | tables.get(board, {})
    return space


def _draw(space: dict[str, Any], num_trials: int, seed: int) -> Iterator[dict[str, float]]:
    """Changes to the reference configuration in each trial; none in the first."""
    random = np.random.default_rng(seed)
    yield {}
    for _ in range(num_trials - 1):
        chosen = {name: random.choice(values).item() for name, values in space["choices"].items()}
        for name, (low, high) in space["logarithmic"].items():
            value = float(np.exp(random.uniform(np.log(low), np.log(high))))
            chosen[name] = float(f"{value:.2g}")
        yield chosen
