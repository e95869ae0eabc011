"""From the names of a task and a model to a function of note tables.

Torch is imported for learned models only, so rules start fast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from musebench.boards import BOARDS
from musebench.errors import InputError, NoPretrainedModelError, PredictionError
from musebench.files import NOTHING, is_folder, kind_of
from musebench.models import Rule, find_released, pretrained, rules_of
from musebench.registry import what_there_is
from musebench.score import NoteTable, unison_of_notes
from musebench.tasks import TASKS, Task

if TYPE_CHECKING:
    import torch

    from musebench.models import ScoreModel

Device: TypeAlias = "torch.device | str | None"
AnyModel: TypeAlias = "str | Path | ScoreModel | None"
Labels = Mapping[str, NDArray[Any]]

SPELLING, STAVES = TASKS["pitch-spelling"], TASKS["staff-separation"]
VOICES = TASKS["voice-separation"]
SPELLING_RULE = "ps13s1"  # spells scores to write if no model is available
STAFF_RULE = "pitch-60"
VOICE_RULE = "nearest-pitch"
DEFAULT_RULES = {SPELLING.name: SPELLING_RULE, STAVES.name: STAFF_RULE, VOICES.name: VOICE_RULE}


@dataclass(frozen=True)
class Model:
    """A loaded model.

    Attributes:
        name: Its name as it was given.
        predict: Its prediction function.
        on_gpu: Whether it runs on a GPU, which several processes should not share.
    """

    name: str
    predict: Callable[[NoteTable], Labels]
    on_gpu: bool = False


def find_task(name: str | Task) -> tuple[Task, str | None]:
    """Return the task of this name and, if it is the name of a board, the board.

    A task that is at hand is what it is, whether or not its name is known.

    Raises:
        InputError: If there is no task or board of that name.
    """
    if isinstance(name, Task):
        return name, None
    if name in BOARDS:
        return BOARDS[name].task, name
    tasks = _tasks_by_name()
    if name not in tasks:
        hint = what_there_is(name, (*tasks, *BOARDS), tasks)
        msg = f"there is no task or board {name!r}; {hint}"
        raise InputError(msg)
    return tasks[name], None


def _tasks_by_name() -> dict[str, Task]:
    """Tasks by their names and short names."""
    short = {alias: task for task in TASKS.values() for alias in task.aliases}
    return {**TASKS, **short}


def check_order(task: str | Task, score: object) -> None:
    """Refuse a score in the place of the task, and the task in that of the score.

    Raises:
        InputError: If they are swapped.
    """
    known = {*_tasks_by_name(), *BOARDS}
    if isinstance(task, str) and task not in known and isinstance(score, str) and score in known:
        msg = f"{task!r} is not a task, but {score!r} is; give the task first, then the score."
        raise InputError(msg)


def choose_model(
    task: Task,
    model: AnyModel,
    *,
    board: str | None = None,
    device: Device = None,
) -> Model:
    """Load a model.

    Args:
        task: The task to predict.
        model: Name of a rule, name of a board for its installed model, folder of a run, file of a
            checkpoint, or a learned model itself; None for the installed model of the task.
        board: Board on whose training split a rule that needs training is fitted, and whose
            installed model is taken.
        device: Device of a learned model; None for a GPU if there is one.

    Returns:
        The model; it predicts every note of a score, those united for the task alike.

    Raises:
        InputError: If there is no such model, or it belongs to another task.
        NoPretrainedModelError: If no model is installed for the task.
        IntegrityError: If the file of an installed model is missing or another one.
    """
    chosen = _choose(task, model, board, device)
    if task.unite is None:
        return chosen
    return replace(chosen, predict=partial(_predict_united, task, chosen.predict))


def _choose(task: Task, model: AnyModel, board: str | None, device: Device) -> Model:
    if model is None and task.name not in TASKS:
        msg = f"{task.name} is a task of your own, which has no pretrained model; give model=."
        raise InputError(msg)
    if model is None:
        try:
            return _released(task, board or task.name, device)
        except NoPretrainedModelError as error:
            rule = _default_rule(task)
            advice = f" A rule needs no training: --model {rule}." if rule else ""
            msg = f"{error}{advice}"
            raise NoPretrainedModelError(msg) from error
    if not isinstance(model, str | Path):
        return _ready(task, model, type(model.encoder).__name__)
    if str(model) in _rules(task, board):
        predict = partial(_predict_by_rule, task, _rule(task, str(model), board))
        return Model(str(model), predict)
    if find_released(str(model)) and kind_of(model) == NOTHING:
        return _released(task, str(model), device)
    return _learned(task, Path(model), device)


def default_model(task: Task, device: Device = None) -> Model | None:
    """The installed model of a task, or a rule if there is none; None if there is no rule."""
    try:
        return choose_model(task, None, device=device)
    except NoPretrainedModelError:
        rule = _default_rule(task)
        return choose_model(task, rule) if rule else None


def default_speller(device: Device = None) -> Model:
    """The default model of pitch spelling."""
    model = default_model(SPELLING, device)
    assert model is not None
    return model


def _default_rule(task: Task) -> str | None:
    """The rule of a task that is used where no model is installed; None if there is none."""
    rules = [name for name, rule in _rules(task).items() if not rule.needs_training]
    return DEFAULT_RULES.get(task.name, rules[0] if rules else None)


def _rules(task: Task, board: str | None = None) -> Mapping[str, Rule]:
    """The rules of a board or task; a task of one's own has none."""
    return rules_of(board or task.name) if board or task.name in TASKS else {}


def _rule(task: Task, name: str, board: str | None) -> Rule:
    rule = rules_of(board or task.name)[name]
    if not rule.needs_training:
        return rule
    if board is None:
        boards = [known.name for known in BOARDS.values() if known.task.name == task.name]
        msg = (
            f"{name} must be fitted on training data; give the name of the board to fit it on "
            f"instead of the task: {' or '.join(boards)}."
        )
        raise InputError(msg)
    from musebench.train import fit_rule, plan_run

    return fit_rule(plan_run(board, name, 0))


def _learned(task: Task, path: Path, device: Device) -> Model:
    checkpoint = path / "best.pt" if is_folder(path) else path
    if kind_of(checkpoint) == NOTHING:
        raise InputError(_describe_missing(task, path))
    from musebench.train import load_model

    return _ready(task, load_model(path, device=device), str(path))


def _released(task: Task, name: str, device: Device) -> Model:
    """The installed model of the task or board of this name."""
    weights = pretrained(name)
    from musebench.train import load_model

    return _ready(task, load_model(weights, device=device), weights.stem)


def _ready(task: Task, model: "ScoreModel", name: str) -> Model:
    found = model.heads.task
    if found.name != task.name:
        msg = f"{name} is a model for {found.name}, not for {task.name}."
        raise InputError(msg)
    if found.heads != task.heads:
        msg = f"{name} is a model for {found.name}, but with other classes."
        raise InputError(msg)
    on_gpu = next(model.parameters()).device.type != "cpu"
    return Model(name, partial(_predict, model.eval(), found), on_gpu)


def _predict_by_rule(task: Task, rule: Rule, notes: NoteTable) -> Labels:
    """Predict a score with a rule, which may give numbers and lists as well as arrays."""
    found = {head: np.atleast_1d(values) for head, values in rule(notes).items()}
    size = task.num_units(notes)
    for head, values in found.items():
        if len(values) != size:
            msg = (
                f"{type(rule).__name__} predicts {len(values)} values of {head}; a rule of "
                f"{task.name} predicts one per {task.unit}, here {size}."
            )
            raise PredictionError(msg)
    return found


def _predict_united(task: Task, predict: Callable[[NoteTable], Labels], notes: NoteTable) -> Labels:
    """Predict the notes that count for a task, and tell all that are united in one the same."""
    united = unison_of_notes(notes)
    return {head: labels[united] for head, labels in predict(task.nodes(notes)).items()}


def _describe_missing(task: Task, path: Path) -> str:
    from musebench.models import ENCODERS

    rules = ", ".join(_rules(task)) or "there is none"
    if str(path) in ENCODERS:
        return (
            f"{path} is a learned model: give the folder of a run of it (`musebench train BOARD "
            f"--model {path}`), or a rule of {task.name}: {rules}."
        )
    if is_folder(path):
        return f"{path} has no checkpoint best.pt; give the folder of a trained run."
    hint = what_there_is(path, [*_rules(task), *ENCODERS], [])
    return (
        f"there is no model {str(path)!r}: it is neither a rule of {task.name} ({rules}), nor the "
        f"folder of a run, nor a checkpoint{f'; {hint}' if hint.endswith('?') else '.'}"
    )


def _predict(model: "ScoreModel", task: Task, notes: NoteTable) -> Labels:
    """Predict a score with a learned model."""
    from musebench.graph import build_task_graph

    graph = build_task_graph(notes, task)
    return model.predict(graph.to(next(model.parameters()).device))
