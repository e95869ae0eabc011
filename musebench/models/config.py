"""How a learned model is built and trained: the reference configuration of each board."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, get_type_hints

from musebench.boards import find_board
from musebench.errors import InputError
from musebench.tasks import Task

DEFAULTS = files("musebench.models").joinpath("config.toml")
REFERENCE = "note-gnn"  # on each board all models have as many parameters as this one
POSITIVE = {
    "hidden",
    "num_layers",
    "learning_rate",
    "subgraph_size",
    "batch_size",
    "batches_per_step",
    "num_steps",
    "validate_every",
}


@dataclass(frozen=True)
class Config:
    """How a learned model is built and trained.

    Attributes:
        hidden: Size of the embeddings.
        num_layers: Number of layers; hops in a graph model.
        conv: Convolution of a graph model, one of ``musebench.models.convs.CONVS``.
        dropout: Share of a layer's outputs set to 0 in training.
        learning_rate: Of AdamW, at its highest; it rises and falls along one cycle.
        weight_decay: Of AdamW.
        class_balance: 0: all labels weigh the same in the loss; 1: all classes do.
        subgraph_size: Notes of a window.
        batch_size: Windows in a mini-batch.
        batches_per_step: Mini-batches whose mean gradient is a step, shared out among processes.
        num_neighbors: Neighbours at most that are sampled for each relation and hop; -1: all.
        num_steps: Steps of the training.
        validate_every: Steps after which the model is validated.
        transpose: Whether training scores are transposed at random.
    """

    hidden: int
    num_layers: int
    conv: str
    dropout: float
    learning_rate: float
    weight_decay: float
    class_balance: float
    subgraph_size: int
    batch_size: int
    batches_per_step: int
    num_neighbors: int
    num_steps: int
    validate_every: int
    transpose: bool

    @property
    def num_batches(self) -> int:
        """Mini-batches of the whole training."""
        return self.num_steps * self.batches_per_step


def read_config(model: str, board: str, **changes: float | str) -> Config:
    """Read the reference configuration of a learned model on a board.

    Later values replace earlier ones: those of all boards (``config.toml``), those of the board
    (``Board.settings``), those of the model on the board, and the changes given. Where none of them
    says how large the embeddings are, the model has as many parameters as NoteGNN.

    Args:
        model: Name of a learned model.
        board: Name of the board.
        changes: Values that replace those of the files.

    Raises:
        InputError: If the model or a changed value is unknown, or is of another type.
    """
    known = get_type_hints(Config)
    if unknown := changes.keys() - known.keys():
        names, accepted = ", ".join(sorted(unknown)), ", ".join(sorted(known))
        msg = f"{names} is not in a configuration; there are {accepted}."
        raise InputError(msg)
    for name, value in changes.items():
        accepted_types = (int, float) if known[name] is float else (known[name],)
        if type(value) not in accepted_types:
            msg = f"{name} is {value!r}; it is of type {known[name].__name__}."
            raise InputError(msg)
        if name in POSITIVE and value <= 0:  # type: ignore[operator]
            msg = f"{name} is {value}; it must be greater than 0."
            raise InputError(msg)
    from musebench.models.encoder import ENCODERS

    ENCODERS.find(model)
    found = find_board(board)
    base = tomllib.loads(DEFAULTS.read_text("utf-8")) | _plain(found.settings)
    table = found.settings.get(model, {})
    conv = changes.get("conv", table.get("conv", base["conv"]))
    own = {**_plain(table), **table.get(conv, {}), "conv": conv, **changes}
    if "hidden" not in own and (model, conv) != (REFERENCE, base["conv"]):
        own["hidden"] = _as_large_as(Config(**base), model, Config(**base | own), found.task)
    return Config(**base | own)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without the tables among them."""
    return {name: value for name, value in settings.items() if not isinstance(value, Mapping)}


def _as_large_as(reference: Config, model: str, config: Config, task: Task) -> int:
    """The size of the embeddings at which a model has as many parameters as the reference."""
    from musebench.models.sizes import count_parameters, solve_size

    wanted = count_parameters(REFERENCE, task, reference)
    return solve_size(
        lambda size: count_parameters(model, task, replace(config, hidden=size)), wanted
    )
