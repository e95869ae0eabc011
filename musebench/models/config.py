"""How a learned model is built and trained: reference configurations, as TOML in the package."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import get_type_hints

from musebench.errors import InputError

EVERY_MODEL = "default"  # name of the file of what all models share
EVERY_RELATION = "all"
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
        relations: Relations between notes that a graph model looks along, separated by commas;
            ``all``: all of them.
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
    relations: str = EVERY_RELATION  # checkpoints from before there was a choice do not say it

    def __post_init__(self) -> None:
        """Check the names of the relations."""
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
        InputError: If the model, a changed value or a relation is unknown, or a value is of
            another type.
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
            values |= {k: v for k, v in table.items() if k in known} | table.get(conv, {})
    return Config(**{**values, **changes})  # type: ignore[arg-type]
