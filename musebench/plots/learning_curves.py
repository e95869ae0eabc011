"""Learning curves: loss and metrics at each validation, for one or several runs."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.evaluation import find_metric
from musebench.files import printable, read_json, read_text, resolved
from musebench.leaderboard import shown_as
from musebench.plots.style import colour_of, line_of, new_figure, styled, tell_apart, write_below
from musebench.shown import Shown

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class LearningCurve(Shown):
    """The learning curve of a run.

    Attributes:
        board: Name of the board.
        model: Name of the model, and its changes.
        seed: Seed of the run.
        step: Step of each validation, ``(num_validations,)``.
        values: ``loss``, the mean since the last validation, and the main metrics of the board
            on the validation split, ``(num_validations,)`` each; NaN where undefined.
    """

    board: str
    model: str
    seed: int
    step: NDArray[np.int64]
    values: Mapping[str, FloatArray]

    @property
    def best(self) -> int | None:
        """Index of the best validation in the first main metric, the first in a tie."""
        name = next(name for name in self.values if name != "loss")
        main, values = find_metric(name), self.values[name]
        if main is None or np.isnan(values).all():
            return None
        return int(np.nanargmax(values if main.higher_is_better else -values))


def read_learning_curves(folders: Sequence[str | Path]) -> list[LearningCurve]:
    """Read the learning curves of runs; needs no torch.

    Args:
        folders: Folders of runs of one board, finished or not.

    Raises:
        InputError: If one is not the folder of a trained run, has no validation yet, belongs to
            another board, or is given twice.
    """
    if len({resolved(folder) for folder in folders}) < len(folders):
        msg = "a run is given twice; give each run once."
        raise InputError(msg)
    curves = [_read(Path(folder)) for folder in folders]
    for curve, folder in zip(curves, folders, strict=True):
        if curve.board != curves[0].board:
            msg = (
                f"{folder} belongs to {curve.board}, {folders[0]} to {curves[0].board}; give runs "
                "of one board."
            )
            raise InputError(msg)
    if len({(curve.model, curve.seed) for curve in curves}) == len(curves):
        return curves
    homes = tell_apart([Path(folder).absolute().parent / "run" for folder in folders])
    return [
        replace(curve, model=f"{home.removesuffix('/run')}/{curve.model}")
        for curve, home in zip(curves, homes, strict=True)
    ]


def _read(folder: Path) -> LearningCurve:
    try:
        about = read_json(folder / "config.json")
        board, seed = str(about["board"]), int(about["seed"])
        lines = read_text(folder / "history.jsonl").splitlines()
        history: list[dict[str, Any]] = [json.loads(line) for line in lines]
        if not history:
            msg = "it has no validation yet; wait for the first one"
            raise ValueError(msg)
        names = ["loss", *(name for name in history[0] if find_metric(name))]
        if len(names) == 1:
            msg = "its validations have no metric"
            raise ValueError(msg)
        values = {name: np.array([row[name] for row in history], np.float64) for name in names}
        step = np.array([int(row["step"]) for row in history], np.int64)
    except (ValueError, KeyError, TypeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        msg = (
            f"{folder} is not the folder of a trained run ({reason}); `musebench train` makes one."
        )
        raise InputError(msg) from error
    finite = {name: np.where(np.isfinite(row), row, np.nan) for name, row in values.items()}
    model = re.sub(r"(-fold\d+)?-seed\d+$", "", printable(folder.absolute().name))
    return LearningCurve(board, model, seed, step, finite)


@styled()
def draw_learning_curves(curves: Sequence[LearningCurve], title: str = "") -> Figure:
    """Draw the loss and the main metrics by step, one colour per model.

    Runs of a model that differ in the seed are thin lines; a thick line is their mean, at the
    validations that all of them have. A dot is the best validation of a run.

    Args:
        curves: Curves of one board, from ``read_learning_curves``.
        title: Title; empty for the board.

    Raises:
        InputError: If there is no curve.
    """
    if not curves:
        msg = "there is nothing to draw; learning curves need at least one run."
        raise InputError(msg)
    names = list(curves[0].values)
    figure = new_figure(8.5, 0.8 + 2.1 * len(names))
    panels: list[Axes] = list(figure.subplots(len(names), sharex=True, squeeze=False)[:, 0])
    by_model: dict[str, list[LearningCurve]] = {}
    for curve in curves:
        by_model.setdefault(curve.model, []).append(curve)
    for axes, name in zip(panels, names, strict=True):
        for k, (model, runs) in enumerate(by_model.items()):
            look: Any = {"color": colour_of(k), "linestyle": line_of(k)}
            _draw_model(axes, name, model, runs, look)
        axes.set_ylabel("training loss" if name == "loss" else shown_as(name).title)
        axes.grid(visible=True)
    if len(by_model) > 1 or len(curves) > 1:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    panels[0].set_title(title or f"{curves[0].board}: training and validation")
    panels[-1].set_xlabel("steps")
    write_below(figure, f"Dots: the best validation of each run, by {names[1].replace('_', ' ')}.")
    return figure


def _draw_model(
    axes: Axes, name: str, model: str, runs: Sequence[LearningCurve], look: Mapping[str, Any]
) -> None:
    factor = shown_as(name).factor
    thin = {"linewidth": 0.8, "alpha": 0.55} if len(runs) > 1 else {"linewidth": 2}
    for run in runs:
        label = f"{model}, seed {run.seed}" if len(runs) == 1 else None
        marker = "o" if len(run.step) == 1 else None
        axes.plot(run.step, factor * run.values[name], **look, **thin, marker=marker, label=label)
        if name != "loss" and run.best is not None:
            point = run.step[run.best], factor * run.values[name][run.best]
            axes.plot(*point, "o", color=look["color"], markeredgecolor="white")
    if len(runs) > 1:
        step, mean = mean_of(runs, name)
        seeds = f"{model}, mean of {len(runs)} seeds"
        axes.plot(step, factor * mean, **look, linewidth=2.2, label=seeds)


def mean_of(runs: Sequence[LearningCurve], name: str) -> tuple[NDArray[np.int64], FloatArray]:
    """Mean over runs of a column, at the steps that all of them have, ``(num_steps,)`` each."""
    step = runs[0].step
    for run in runs[1:]:
        step = np.intersect1d(step, run.step)
    rows = [run.values[name][np.isin(run.step, step)] for run in runs]
    return step, np.mean(rows, axis=0)
