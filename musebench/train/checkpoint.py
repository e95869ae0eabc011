"""What is kept while a run trains, and how it is resumed."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from musebench.boards import find_board
from musebench.corpora import writing_whole
from musebench.errors import CheckpointError, InputError, ResumeError
from musebench.features import BEAT_COLUMNS, FEATURES_VERSION, MEASURE_COLUMNS, feature_names
from musebench.graph import GRAPH_VERSION
from musebench.loader import MuseNeighborLoader
from musebench.models import Config, ScoreModel, pretrained
from musebench.splits import SPLITS
from musebench.train.run import (
    Run,
    best_validation,
    describe_run,
    differences,
    write_json,
    write_text,
)

CONTENT = ("board", "version", "inputs", "model", "config", "num_features", "state")


@dataclass
class Training:
    """All that changes while a run trains.

    Attributes:
        model: The model.
        optimizer: Its optimizer.
        schedule: Schedule of the learning rate.
        batches: The training batches.
        batches_per_step: How many of them this process takes for a step.
        history: Steps made, loss, seconds and validation, each time the model was validated.
    """

    model: ScoreModel
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    batches: MuseNeighborLoader
    batches_per_step: int
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def num_steps(self) -> int:
        """Steps made."""
        return int(self.history[-1]["step"]) if self.history else 0

    def state_dict(self) -> dict[str, Any]:
        """Everything, as tensors, numbers and strings."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "history": json.dumps(self.history),
        }

    def load_state_dict(self, stored: Mapping[str, Any]) -> None:
        """Go back to a state that ``state_dict`` gave."""
        self.model.load_state_dict(stored["model"])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.schedule.load_state_dict(stored["schedule"])
        self.history = json.loads(stored["history"])
        # There may be another number of processes now.
        self.batches.load_state_dict(
            self.batches.state_dict() | {"batch": self.num_steps * self.batches_per_step}
        )


def start(run: Run, precision: str, *, resume: bool) -> None:
    """Clear the folder for a new run, unless an interrupted one of the same is to be resumed."""
    run.folder.mkdir(parents=True, exist_ok=True)
    if resume and all((run.folder / name).is_file() for name in ("best.pt", "last.pt")):
        _check_same(run, precision)
        return
    # In this order an interruption leaves nothing that looks like a run of this configuration.
    for name in ("result.json", *(f"{split}.npz" for split in SPLITS), "best.pt", "last.pt"):
        (run.folder / name).unlink(missing_ok=True)
    write_json(run.folder / "config.json", describe_run(run, precision))
    (run.folder / "history.jsonl").write_text("", "utf-8")


def load_last(run: Run, training: Training) -> None:
    """Go on where an interrupted run stopped, if ``start`` left anything of one."""
    file = run.folder / "last.pt"
    if not file.is_file():
        return
    try:
        training.load_state_dict(torch.load(file, weights_only=True))
    except (OSError, RuntimeError, UnpicklingError, KeyError) as error:
        msg = f"{file} is damaged; train without resuming to start anew."
        raise ResumeError(msg) from error


def keep(run: Run, training: Training, values: dict[str, Any]) -> None:
    """Keep what a validation gave; the history comes last and says that all is there."""
    training.history.append(values)
    if best_validation(training.history, find_board(run.board).task) is values:
        _save(training.model, run)
    _write_tensors(run.folder / "last.pt", training.state_dict())
    lines = "".join(json.dumps(values) + "\n" for values in training.history)
    write_text(run.folder / "history.jsonl", lines)


def is_trained(run: Run, precision: str) -> bool:
    """Whether the folder holds the finished training of this very run."""
    history = run.folder / "history.jsonl"
    has_all = history.is_file() and history.stat().st_size and (run.folder / "best.pt").is_file()
    if not has_all or (run.folder / "last.pt").exists():
        return False
    _check_same(run, precision)
    return True


def _check_same(run: Run, precision: str) -> None:
    """Refuse to go on with a run of another configuration, code or data."""
    file = run.folder / "config.json"
    found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    if differing := differences(run, precision, found):
        msg = (
            f"{run.folder} holds a run that differs in {', '.join(differing)} and cannot be "
            "resumed; train without resuming to start anew, or choose another folder of runs."
        )
        raise ResumeError(msg)


def load_model(folder: str | Path, *, device: torch.device | str | None = None) -> ScoreModel:
    """Load the best checkpoint of a run, or a checkpoint; by default on a GPU if there is one."""
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    file = Path(folder) / "best.pt" if Path(folder).is_dir() else Path(folder)
    stored = read_checkpoint(file)
    task, config = find_board(stored["board"]).task, stored["config"]
    try:
        model = ScoreModel(stored["model"], task, stored["num_features"], Config(**config))
        model.load_state_dict(stored["state"])
    except (KeyError, RuntimeError, TypeError) as error:
        raise _no_checkpoint(file, error) from error
    try:
        return model.to(device).eval()
    except (AssertionError, RuntimeError) as error:
        msg = f"there is no device {str(device)!r} to use here ({str(error).splitlines()[0]})"
        raise InputError(msg) from error


def from_pretrained(
    task_or_board: str,
    *,
    device: torch.device | str | None = None,
    root: str | Path | None = None,
) -> ScoreModel:
    """Load a released model, ready to predict; its file is fetched once.

    Args:
        task_or_board: Name of a task, of a board, or of a checkpoint.
        device: Where it runs; None: on a GPU if there is one.
        root: The data home.

    Raises:
        NoPretrainedModelError: If there is none.
        CheckpointError: If it does not fit this version of musebench.
        DownloadError: If its file cannot be had.
    """
    return load_model(pretrained(task_or_board, root), device=device)


def read_checkpoint(file: Path) -> dict[str, Any]:
    """Read a checkpoint of a run, or a released one, which says what it fits.

    Raises:
        CheckpointError: If it is damaged, or made for another version of the board or other inputs.
    """
    try:
        stored: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        if absent := [name for name in CONTENT if name not in stored]:
            raise KeyError(*absent)
        board = find_board(stored["board"])
        inputs, version = stored["inputs"], stored["version"]
    except (OSError, RuntimeError, UnpicklingError, EOFError, LookupError, TypeError) as error:
        raise _no_checkpoint(file, error) from error
    if version != board.version:
        msg = (
            f"{file} was trained on version {version} of {board.name}, whose version is "
            f"{board.version} now; train it anew, or take the musebench that it was released for."
        )
        raise CheckpointError(msg)
    if differing := [
        name for name, now in inputs_of(board.name).items() if inputs.get(name) != now
    ]:
        msg = (
            f"{file} was trained on other inputs than {board.name} has now (other "
            f"{', '.join(differing)}); train it anew, or take the musebench that it was released "
            "for."
        )
        raise CheckpointError(msg)
    return stored


def write_released(source: Path, target: Path) -> None:
    """Write what it takes to predict with the checkpoint of a run, and what it fits.

    The same checkpoint gives the same bytes.
    """
    stored = read_checkpoint(source)
    state = {name: values.contiguous() for name, values in stored["state"].items()}
    _write_tensors(target, {name: stored[name] for name in CONTENT} | {"state": state})


def inputs_of(board: str) -> dict[str, Any]:
    """What the models of a board see: columns of each type of node, versions of what makes them."""
    return {
        "columns of notes": list(feature_names(find_board(board).task.inputs)),
        "columns of beats": list(BEAT_COLUMNS),
        "columns of measures": list(MEASURE_COLUMNS),
        "version of the features": FEATURES_VERSION,
        "version of the graph": GRAPH_VERSION,
    }


def _no_checkpoint(file: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{file} cannot be loaded as a model of musebench ({type(error).__name__})."
    )


def start_from(model: ScoreModel, file: Path) -> None:
    """Give a model the weights of a checkpoint: of its encoder, and of heads of the same shape.

    Raises:
        InputError: If the encoder of the checkpoint is another one, or has other sizes.
    """
    stored = read_checkpoint(file)["state"]
    own = model.state_dict()
    fitting = {name for name, values in own.items() if _shape(stored.get(name)) == values.shape}
    if misfits := [name for name in own if name.startswith("encoder.") and name not in fitting]:
        msg = (
            f"{file} has another encoder: {misfits[0]} has shape {_shape(stored.get(misfits[0]))} "
            f"there and {tuple(own[misfits[0]].shape)} here; train with its model and sizes."
        )
        raise InputError(msg)
    # What the heads have counted in the training split stays that of this split.
    counted = {name for name, _ in model.named_buffers()}
    model.load_state_dict({name: stored[name] for name in fitting - counted}, strict=False)


def _shape(values: torch.Tensor | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values.shape)


def _save(model: ScoreModel, run: Run) -> None:
    assert run.config is not None
    stored = {
        "board": run.board,
        "version": find_board(run.board).version,
        "inputs": inputs_of(run.board),
        "model": run.model,
        "config": asdict(run.config),
        "num_features": model.num_features,
        "state": model.state_dict(),
    }
    _write_tensors(run.folder / "best.pt", stored)


def _write_tensors(file: Path, stored: Mapping[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    content = io.BytesIO()
    torch.save(stored, content)
    with writing_whole(file) as unfinished:
        unfinished.write_bytes(content.getbuffer())
