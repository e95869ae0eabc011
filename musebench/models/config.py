"""How a learned model is built and trained: reference configurations, as TOML in the package."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_type_hints

from pydantic import ConfigDict, Field, ValidationError, create_model

from musebench.errors import InputError
from musebench.files import faults_of

EVERY_MODEL = "default"  # name of the file of what all models share
EVERY_RELATION = "all"

ConvName: TypeAlias = Literal["sage", "gcn", "gatv2", "resgated", "rgcn", "hgt", "musgconv"]
Size: TypeAlias = Annotated[int, Field(gt=0, le=4096)]
Count: TypeAlias = Annotated[int, Field(gt=0, le=10**9)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Config:
    """How a learned model is built and trained.

    Attributes:
        hidden: Size of the embeddings.
        num_layers: Number of layers; hops in a graph model.
        conv: Convolution of a graph model, see ``musebench.models.convs``.
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
        relations: Relations between notes that a graph model looks along, separated by commas;
            ``all``: all of them.

    Raises:
        InputError: If a value is of another type or out of range.
    """

    hidden: Size
    num_layers: Annotated[int, Field(gt=0, le=64)]
    conv: ConvName
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
        _check(vars(self))
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
        """Mini-batches of the whole training."""
        return self.num_steps * self.batches_per_step


_FIELDS: dict[str, Any] = get_type_hints(Config, include_extras=True)
_GIVEN: dict[str, Any] = {name: (hint, None) for name, hint in _FIELDS.items()}
_SCHEMA = create_model(
    "Config",
    __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False),
    **_GIVEN,
)
CONV_NAMES: tuple[str, ...] = get_args(ConvName)


def _check(values: Mapping[str, Any]) -> None:
    """Refuse values that a configuration cannot have."""
    try:
        _SCHEMA.model_validate(values)
    except ValidationError as error:
        msg = f"{'; '.join(faults_of(error))}."
        raise InputError(msg) from error


def config_of(values: Mapping[str, Any]) -> Config:
    """Make a configuration of what was stored of one.

    Raises:
        InputError: If a value is missing, unknown, of another type or out of range.
    """
    if odd := sorted(values.keys() ^ _FIELDS.keys()):
        state = "missing in" if odd[0] in _FIELDS else "not of"
        msg = f"{odd[0][:100]} is {state} a configuration."
        raise InputError(msg)
    return Config(**values)


def read_config(model: str, board: str, **changes: float | str) -> Config:
    """Read the reference configuration of a learned model on a board.

    Later ones replace earlier ones: the defaults of all models, those of the board, those of the
    model, those of the model on the board (``configs/*.toml``), and the changes given. A table in
    one of these, named after a convolution, replaces its values for that convolution.

    Args:
        model: Name of a learned model.
        board: Name of the board.
        changes: Values that replace those of the files.

    Raises:
        InputError: If the model, a changed value or a relation is unknown, of another type or out
            of range.
    """
    if unknown := changes.keys() - _FIELDS.keys():
        names, accepted = ", ".join(sorted(unknown)), ", ".join(sorted(_FIELDS))
        msg = f"{names} is not in a configuration; there are {accepted}."
        raise InputError(msg)
    _check(changes)
    folder = files("musebench.models").joinpath("configs")
    models = sorted(file.name.removesuffix(".toml") for file in folder.iterdir())
    models.remove(EVERY_MODEL)
    if model not in models:
        msg = f"{model!r} is not a learned model; there are {', '.join(models)}."
        raise InputError(msg)
    values: dict[str, float | str] = {}
    for name in (EVERY_MODEL, model):
        tables = tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8"))
        for table in (tables.get("every-board", {}), tables.get(board, {})):
            conv = changes.get("conv", table.get("conv", values.get("conv")))
            values |= {k: v for k, v in table.items() if k in _FIELDS} | table.get(conv, {})
    return Config(**{**values, **changes})  # type: ignore[arg-type]
