"""The state of a training, and how it is stored."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Generic, Protocol, TypeVar

import safetensors
import torch
from torch_geometric.data import HeteroData

from musebench.errors import ResumeError
from musebench.files import read_file, write_file
from musebench.models import JointModel, ScoreModel
from musebench.train.run import MAX_CHECKPOINT_BYTES

Model = TypeVar("Model", ScoreModel, JointModel)
UNREADABLE = (
    *(RuntimeError, UnpicklingError, EOFError, LookupError, TypeError, ValueError, OSError),
    safetensors.SafetensorError,
)


class Batches(Protocol):
    """Training batches that can be resumed, such as those of ``MuseNeighborLoader``."""

    def __iter__(self) -> Iterator[HeteroData]:
        """The remaining batches."""

    def state_dict(self) -> dict[str, int]:
        """Where to resume."""

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Resume there."""


@dataclass
class Training(Generic[Model]):
    """Everything that changes while a run trains.

    Attributes:
        model: The model.
        optimizer: Its optimizer.
        schedule: Schedule of the learning rate.
        batches: The training batches.
        batches_per_step: Number of batches that this process takes per step.
        history: Steps, loss, seconds and metrics of each validation.
    """

    model: Model
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    batches: Batches
    batches_per_step: int
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def num_steps(self) -> int:
        """Number of finished steps."""
        return int(self.history[-1]["step"]) if self.history else 0

    def state_dict(self) -> dict[str, Any]:
        """The whole state as tensors, numbers and strings."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "history": json.dumps(self.history),
        }

    def load_state_dict(self, stored: Mapping[str, Any]) -> None:
        """Restore a state from ``state_dict``."""
        self.model.load_state_dict(stored["model"])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.schedule.load_state_dict(stored["schedule"])
        self.history = json.loads(stored["history"])
        # The number of processes may have changed.
        self.batches.load_state_dict(
            self.batches.state_dict() | {"batch": self.num_steps * self.batches_per_step}
        )


def load_state(file: Path, training: Training[Model]) -> None:
    """Restore the state of a training.

    Raises:
        ResumeError: If the file is damaged.
    """
    try:
        training.load_state_dict(read_tensors(file))
    except UNREADABLE as error:
        msg = f"{file} is damaged; train without resuming to start over."
        raise ResumeError(msg) from error


def save_state(file: Path, training: Training[Model]) -> None:
    """Store everything that is needed to resume a training."""
    write_tensors(file, training.state_dict())


def read_tensors(file: Path) -> Any:
    """Read tensors, numbers and strings; no code of the file is run."""
    content = io.BytesIO(read_file(file, MAX_CHECKPOINT_BYTES))
    return torch.load(content, map_location="cpu", weights_only=True)


def write_tensors(file: Path, stored: Mapping[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    content = io.BytesIO()
    torch.save(stored, content)
    write_file(file, content.getvalue())
