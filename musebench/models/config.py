"""How a learned model is built and trained: the reference configuration of each board."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Annotated, Any, TypeAlias, get_type_hints

from pydantic import ConfigDict, Field, ValidationError, create_model

from musebench.boards import Board, find_board
from musebench.errors import InputError
from musebench.files import faults_of
from musebench.registry import what_there_is
from musebench.tasks import Task

DEFAULTS = files("musebench.models").joinpath("config.toml")
REFERENCE = "note-gnn"  # on each board, all models have as many parameters as this one
EVERY_RELATION = "all"

Size: TypeAlias = Annotated[int, Field(gt=0, le=4096)]
Count: TypeAlias = Annotated[int, Field(gt=0, le=10**9)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Config:
    """How a learned model is built and trained.

    Attributes:
        hidden: Size of the embeddings.
        num_layers: Number of layers; hops in a graph model.
        conv: Convolution of a graph model, one of ``musebench.models.convs.CONVS``.
        dropout: Dropout probability of a layer's outputs in training.
        learning_rate: Peak learning rate (one cycle, AdamW).
        weight_decay: Weight decay of AdamW.
        class_balance: 0 gives all labels the same weight in the loss, 1 all classes.
        subgraph_size: Maximum number of notes per window.
        batch_size: Windows per mini-batch.
        batches_per_step: Mini-batches per step, whose mean gradient is used; divided among
            processes.
        num_neighbors: Maximum number of sampled neighbours per relation and hop; -1 for all.
        num_steps: Number of training steps.
        validate_every: Number of steps between validations.
        transpose: Whether training scores are transposed at random.
        relations: Relations between notes that a graph model uses, separated by commas; ``all`` for
            all of them.

    Raises:
        InputError: If a value has another type or is out of range.
    """

    hidden: Size
    num_layers: Annotated[int, Field(gt=0, le=64)]
    conv: str
    dropout: Annotated[float, Field(ge=0, lt=1)]
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    class_balance: Share
    subgraph_size: Count
    batch_size: Count
    batches_per_step: Count
    num_neighbors: Annotated[int, Field(ge=-1, le=10**9)]
    num_steps: Count
    validate_every: Count
    transpose: bool
    relations: str = EVERY_RELATION

    def __post_init__(self) -> None:
        """Check the values."""
        from musebench.models.convs import conv_class

        _check(vars(self))
        conv_class(self.conv)
        _ = self.chosen_relations

    @property
    def chosen_relations(self) -> tuple[str, ...]:
        """Names of the relations, in order.

        Raises:
            InputError: If a relation is unknown.
        """
        from musebench.graph import check_relations

        if self.relations == EVERY_RELATION:
            return check_relations(None)
        return check_relations([name.strip() for name in self.relations.split(",") if name.strip()])

    @property
    def num_batches(self) -> int:
        """Number of mini-batches of the whole training."""
        return self.num_steps * self.batches_per_step


_FIELDS: dict[str, Any] = get_type_hints(Config, include_extras=True)
_GIVEN: dict[str, Any] = {name: (hint, None) for name, hint in _FIELDS.items()}
_SCHEMA = create_model(
    "Config",
    __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False),
    **_GIVEN,
)


def _check(values: Mapping[str, Any]) -> None:
    """Refuse values that a configuration cannot have."""
    try:
        _SCHEMA.model_validate(values)
    except ValidationError as error:
        msg = f"{'; '.join(faults_of(error))}."
        raise InputError(msg) from error


def config_of(values: Mapping[str, Any]) -> Config:
    """Make a configuration from its stored values.

    Raises:
        InputError: If a value is missing, unknown, of another type or out of range.
    """
    if odd := sorted(values.keys() ^ _FIELDS.keys()):
        state = "missing in" if odd[0] in _FIELDS else "not a field of"
        msg = f"{odd[0][:100]} is {state} a configuration."
        raise InputError(msg)
    return Config(**values)


def read_config(model: str, board: str | Board, **changes: float | str) -> Config:
    """Read the reference configuration of a learned model on a board.

    Later values replace earlier ones: those of all boards (``config.toml``), those of the board
    (``Board.settings``), those of the model (``Encoder.settings``) and of the model on the board,
    and the given changes. If none of them sets the size of the embeddings, the model gets as many
    parameters as NoteGNN.

    Args:
        model: Name of a learned model.
        board: The board, or its name.
        changes: Values that replace those of the files.

    Raises:
        InputError: If the model, a changed value or a relation is unknown, or a value has another
            type or is out of range.
    """
    if unknown := changes.keys() - _FIELDS.keys():
        name = min(unknown)
        hint = what_there_is(name, sorted(_FIELDS))
        msg = f"{name}: unknown in a configuration; {hint}"
        raise InputError(msg)
    _check(changes)
    from musebench.models.encoder import ENCODERS

    ENCODERS.find(model)
    found = board if isinstance(board, Board) else find_board(board)
    base = tomllib.loads(DEFAULTS.read_text("utf-8")) | _plain(found.settings)
    table = {**ENCODERS[model].settings, **found.settings.get(model, {})}
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
