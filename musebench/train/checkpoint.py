"""Checkpoints of a run, and how it is resumed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from musebench.boards import find_board
from musebench.errors import CheckpointError, InputError, ResumeError
from musebench.evaluation import StoredTask, read_run_record
from musebench.features import BEAT_COLUMNS, FEATURES_VERSION, MEASURE_COLUMNS, feature_names
from musebench.files import (
    NOTHING,
    faults_of,
    is_file,
    is_folder,
    kind_of,
    make_folder,
    read_file,
    remove_file,
    write_file,
)
from musebench.graph import GRAPH_VERSION
from musebench.models import ENCODERS, ScoreModel, config_of, find_released, pretrained
from musebench.splits import SPLITS
from musebench.store import fingerprint_of
from musebench.tasks import Task
from musebench.train.progress import remove_logs
from musebench.train.run import (
    MAX_CHECKPOINT_BYTES,
    Run,
    best_validation,
    describe_run,
    differences,
    load_run,
    plan_run,
    write_json,
    write_text,
)
from musebench.train.state import (
    UNREADABLE,
    Training,
    load_state,
    read_tensors,
    save_state,
    write_tensors,
)

FORMAT: Literal["musebench.checkpoint/2"] = "musebench.checkpoint/2"
SHIPPED: torch.dtype = torch.float16  # of parameters, wherever they are read or shipped
HEADER = "musebench"  # key of what a safetensors file says of its weights


class Checkpoint(BaseModel):
    """A stored checkpoint.

    Attributes:
        format: Format of the file.
        board: The board that it was trained on.
        version: Version of the board.
        inputs: Inputs of the model, see ``inputs_of``.
        fingerprint: Fingerprint of board, classes and inputs, see ``fingerprint_of_board``.
        model: Name of the model.
        config: Its configuration, see ``musebench.models.Config``.
        num_features: Number of features of each node type.
        state: The weights, all finite; once they are read, parameters are in half precision.
        task: Of own data, which no board declares: the task, as JSON of a ``StoredTask``.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, arbitrary_types_allowed=True, frozen=True
    )

    format: Literal["musebench.checkpoint/2"]
    board: str
    version: str
    inputs: dict[str, Any]
    fingerprint: str
    model: str
    config: dict[str, Any]
    num_features: dict[str, Annotated[int, Field(gt=0)]]
    state: dict[str, Tensor]
    task: str = ""


def start(run: Run, precision: str, *, resume: bool) -> None:
    """Clear the folder for a new run, unless an interrupted run is resumed."""
    make_folder(run.folder)
    if resume and all(is_file(run.folder / name) for name in ("best.pt", "last.pt")):
        _check_same(run, precision)
        return
    # In this order, an interruption leaves nothing that looks like a run of this configuration.
    for name in ("result.json", *(f"{split}.npz" for split in SPLITS), "best.pt", "last.pt"):
        remove_file(run.folder / name)
    remove_logs(run)
    write_json(run.folder / "config.json", describe_run(run, precision))
    write_text(run.folder / "history.jsonl", "")


def load_last(run: Run, training: Training[ScoreModel]) -> None:
    """Resume where an interrupted run stopped, if ``start`` kept one."""
    file = run.folder / "last.pt"
    if is_file(file):
        load_state(file, training)


def keep(run: Run, training: Training[ScoreModel], values: dict[str, Any]) -> None:
    """Store the result of a validation; the history is written last, when the rest is complete."""
    training.history.append(values)
    if best_validation(training.history, run.declared.task) is values:
        save_model(training.model, run)
    save_state(run.folder / "last.pt", training)
    write_history(run, training.history)


def write_history(run: Run, history: Iterable[Mapping[str, Any]]) -> None:
    """Write the validations of a run, a line each."""
    lines = "".join(json.dumps(values) + "\n" for values in history)
    write_text(run.folder / "history.jsonl", lines)


def is_trained(run: Run, precision: str) -> bool:
    """Whether the folder contains the finished training of this run."""
    history = run.folder / "history.jsonl"
    has_all = is_file(history) and history.stat().st_size and is_file(run.folder / "best.pt")
    if not has_all or (run.folder / "last.pt").exists():
        return False
    _check_same(run, precision)
    return True


def _check_same(run: Run, precision: str) -> None:
    """Refuse to resume a run of another configuration, code or data."""
    try:
        found = read_run_record(run.folder / "config.json").model_dump()
    except InputError as error:
        msg = f"{error} It cannot be resumed."
        raise ResumeError(msg) from error
    if differing := differences(run, precision, found):
        msg = (
            f"{run.folder} contains a run that differs in {', '.join(differing)} and cannot be "
            "resumed; train without resuming to start over, or choose another folder of runs."
        )
        raise ResumeError(msg)


def load_model(folder: str | Path, *, device: torch.device | str | None = None) -> ScoreModel:
    """Load the best checkpoint of a run, or a checkpoint; by default on a GPU if there is one.

    Raises:
        CheckpointError: As for ``read_checkpoint``.
        InputError: If the device is not available.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    file = Path(folder) / "best.pt" if is_folder(folder) else Path(folder)
    stored = read_checkpoint(file)
    model = _make_model(stored)
    model.load_state_dict(stored.state)
    try:
        return model.to(device).eval()
    except (AssertionError, RuntimeError) as error:
        msg = f"the device {str(device)!r} is not available ({str(error).splitlines()[0]})"
        raise InputError(msg) from error


def from_pretrained(task_or_board: str, *, device: torch.device | str | None = None) -> ScoreModel:
    """Load the installed model of a task, ready to predict; nothing is downloaded.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, or of a board.
        device: Device of the model; None for a GPU if there is one.

    Raises:
        NoPretrainedModelError: If there is none, or it is in the package musebench-models and this
            is not installed.
        CheckpointError: If it does not fit this version of musebench.
        IntegrityError: If its file is missing or another one.
    """
    return load_model(pretrained(task_or_board), device=device)


def find_run(run: str | Path, root: str | Path | None = None) -> Run:
    """The run in a folder, or that of an installed model, whose folder is its file.

    Args:
        run: Folder of a run, or a name that ``from_pretrained`` accepts.
        root: The data home.

    Raises:
        InputError: If there is no such run, or it is damaged.
        NoPretrainedModelError, CheckpointError, IntegrityError: As for ``from_pretrained``.
    """
    if kind_of(run) != NOTHING or find_released(str(run)) is None:
        return load_run(run, root)
    file = pretrained(str(run))
    stored = read_checkpoint(file)
    known = plan_run(stored.board, stored.model, 0, root=root)
    return replace(known, config=config_of(stored.config), folder=file)


def read_checkpoint(file: Path) -> Checkpoint:
    """Read a checkpoint of a run or a released one, and check that it fits.

    Its parameters are rounded to half precision, as they ship: what is predicted with the
    checkpoint of a run and with its released weights is the same.

    Raises:
        CheckpointError: If it is damaged or has another format, if its weights are not finite or do
            not fit its model, or if it was made for another board, version or other inputs.
    """
    try:
        content = _read_stored(file)
    except UNREADABLE as error:
        reason = str(error) if isinstance(error, InputError) else type(error).__name__
        raise _not_loadable(file, reason) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _not_loadable(file, f"its format is not {FORMAT}; train its model again")
    try:
        stored = Checkpoint.model_validate(content)
        _check_board(stored, file)
        return stored.model_copy(update={"state": _half(stored)})
    except ValidationError as error:
        raise _not_loadable(file, "; ".join(faults_of(error))) from error
    except InputError as error:
        raise _not_loadable(file, str(error)) from error


def _check_board(stored: Checkpoint, file: Path) -> None:
    """Refuse a checkpoint that was not made for the current board."""
    task = _task_of(stored)
    inputs, version = inputs_of(task), stored.version if stored.task else _version(stored.board)
    again = "train it again, or use the version of musebench that it was released for."
    if stored.version != version:
        msg = (
            f"{file} was trained on version {stored.version} of {stored.board}, which is now at "
            f"version {version}; {again}"
        )
        raise CheckpointError(msg)
    if differing := [name for name, now in inputs.items() if stored.inputs.get(name) != now]:
        msg = (
            f"{file} was trained on other inputs than {stored.board} has now ("
            f"{', '.join(differing)} changed); {again}"
        )
        raise CheckpointError(msg)
    if stored.fingerprint != (now := fingerprint_of_board(stored.board, version, task)):
        msg = (
            f"{file} was not trained on the current {stored.board}: its fingerprint is "
            f"{stored.fingerprint[:32]!r}, that of the board {now!r}; {again}"
        )
        raise CheckpointError(msg)


def _half(stored: Checkpoint) -> dict[str, Tensor]:
    """The weights, parameters in half precision; counts and thresholds stay as they are.

    Raises:
        InputError: If any is not finite or does not fit the model; the message names the first.
    """
    with torch.device("meta"):
        model = _make_model(stored)
    expected, parameters = model.state_dict(), dict(model.named_parameters())
    if odd := sorted(expected.keys() ^ stored.state.keys()):
        msg = f"the weights {odd[0][:100]} are {'missing' if odd[0] in expected else 'unknown'}"
        raise InputError(msg)
    state = {}
    for name, values in stored.state.items():
        own = expected[name]
        # Counts of the training split in a head may have any number of rows.
        rows = values.shape[:1] if own.shape[:1] == (0,) else own.shape[:1]
        shape = (*rows, *own.shape[1:])
        dtypes = (own.dtype, SHIPPED) if name in parameters else (own.dtype,)
        if values.layout != torch.strided or values.dtype not in dtypes or values.shape != shape:
            msg = (
                f"{name} is {values.dtype} of shape {tuple(values.shape)}; the model has "
                f"{own.dtype} of shape {shape}"
            )
            raise InputError(msg)
        state[name] = values.to(SHIPPED) if name in parameters else values
        if not torch.isfinite(state[name]).all():
            msg = f"{name} contains numbers that are not finite in half precision"
            raise InputError(msg)
    return state


def _make_model(stored: Checkpoint) -> ScoreModel:
    """A new model for a checkpoint, before its weights are loaded.

    Raises:
        InputError: If the model is unknown or cannot have this configuration.
    """
    if stored.model not in ENCODERS:
        msg = f"model is {stored.model[:100]!r}; accepted are {', '.join(ENCODERS)}"
        raise InputError(msg)
    expected = {
        kind: len(stored.inputs[f"columns of {kind}s"]) for kind in ("note", "beat", "measure")
    }
    if stored.num_features != expected:
        msg = f"num_features is {stored.num_features}; its inputs have {expected}"
        raise InputError(msg)
    config, task = config_of(stored.config), _task_of(stored)
    try:
        return ScoreModel(stored.model, task, stored.num_features, config)
    except (LookupError, ValueError) as error:
        msg = f"there can be no model of its task {task.name[:100]!r} ({error})"
        raise InputError(msg) from error


def _task_of(stored: Checkpoint) -> Task:
    """The task of a checkpoint: its board's, or its own.

    Raises:
        InputError: If there is no such board.
    """
    if not stored.task:
        return find_board(stored.board).task
    return StoredTask.model_validate_json(stored.task).task


def _version(board: str) -> str:
    return find_board(board).version


def write_released(source: Path, target: Path) -> None:
    """Write a run's checkpoint as safetensors, in half precision.

    The same checkpoint gives the same bytes.
    """
    stored = read_checkpoint(source)
    state = {name: values.contiguous() for name, values in stored.state.items()}
    about = stored.model_dump(exclude={"state"}, exclude_defaults=True)
    write_file(target, safetensors.torch.save(state, {HEADER: json.dumps(about)}))


def inputs_of(task: Task) -> dict[str, Any]:
    """Inputs of the models of a task: columns of each node type, and versions of their code."""
    return {
        "columns of notes": list(feature_names(task.inputs)),
        "columns of beats": list(BEAT_COLUMNS),
        "columns of measures": list(MEASURE_COLUMNS),
        "version of the features": FEATURES_VERSION,
        "version of the graph": GRAPH_VERSION,
    }


def fingerprint_of_board(board: str, version: str, task: Task) -> str:
    """Fingerprint of everything that weights must fit: board, version, classes and inputs."""
    heads = {head: list(classes) for head, classes in task.heads.items()}
    fits = {"board": board, "version": version, "task": task.name, "heads": heads}
    return fingerprint_of(fits | inputs_of(task))


def _not_loadable(file: Path, reason: str) -> CheckpointError:
    reason = reason.removesuffix(".")
    return CheckpointError(f"{file} cannot be loaded as a model of musebench ({reason}).")


def start_from(model: ScoreModel, file: Path) -> None:
    """Load the weights of a checkpoint into a model: its encoder, and heads of the same shape.

    Raises:
        InputError: If the checkpoint has another encoder or other sizes.
    """
    stored = read_checkpoint(file).state
    own = model.state_dict()
    fitting = {name for name, values in own.items() if _shape(stored.get(name)) == values.shape}
    if misfits := [name for name in own if name.startswith("encoder.") and name not in fitting]:
        msg = (
            f"{file} has another encoder: {misfits[0]} has shape {_shape(stored.get(misfits[0]))} "
            f"there and {tuple(own[misfits[0]].shape)} here; use its model and sizes."
        )
        raise InputError(msg)
    # Counts of the heads remain those of this training split.
    counted = {name for name, _ in model.named_buffers()}
    model.load_state_dict({name: stored[name] for name in fitting - counted}, strict=False)


def _shape(values: torch.Tensor | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values.shape)


def save_model(model: ScoreModel, run: Run) -> None:
    """Store the weights of a run, as its best."""
    assert run.config is not None
    board = run.declared
    stored = Checkpoint(
        format=FORMAT,
        board=run.board,
        version=board.version,
        inputs=inputs_of(board.task),
        fingerprint=fingerprint_of_board(board.name, board.version, board.task),
        model=run.model,
        config=asdict(run.config),
        num_features=model.num_features,
        state=dict(model.state_dict()),
        task="" if run.dataset is None else StoredTask.of(board.task).model_dump_json(),
    )
    write_tensors(run.folder / "best.pt", stored.model_dump(exclude_defaults=True))


def _read_stored(file: Path) -> Any:
    """Read a checkpoint of a run, or a released one, which is safetensors; no code of it is run."""
    if file.suffix != ".safetensors":
        return read_tensors(file)
    content = read_file(file, MAX_CHECKPOINT_BYTES)
    state = safetensors.torch.load(content)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return json.loads(header["__metadata__"][HEADER]) | {"state": state}
