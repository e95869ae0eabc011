"""MODEL: learned models, one file each, and the rule baselines beside them.

A learned model is an encoder (graph -> note embeddings) and the heads of a task. A rule baseline
maps a note table to predictions, by theory or by what it counts in the training split.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files

from torch import Tensor, nn
from torch_geometric.data import HeteroData

from musebench.boards import find_board
from musebench.models.bass_cadences import BassCadences
from musebench.models.estimate_voices import EstimateVoices
from musebench.models.heads import SpellingHeads
from musebench.models.hetero_sage import ResidualSAGE
from musebench.models.krumhansl import Krumhansl
from musebench.models.line_of_fifths import LineOfFifths
from musebench.models.majority import Majority
from musebench.models.metrical_gnn import MetricalGNN
from musebench.models.middle_c import MiddleC
from musebench.models.mlp import MLP
from musebench.models.most_frequent import MostFrequent
from musebench.models.nearest_pitch import NearestPitch
from musebench.models.note_gnn import NoteGNN
from musebench.models.performance_rules import ConstantPerformance, ScoreMean
from musebench.models.phrase_rules import LocalBoundaries, Rests
from musebench.models.pitch_class_profile import PitchClassProfile
from musebench.models.ps13s1 import Ps13s1
from musebench.models.rule import Rule
from musebench.models.skyline import Skyline
from musebench.models.template_chords import TemplateChords
from musebench.models.template_chords_augmentednet import TemplateChords as AugmentedNetChords
from musebench.tasks import (
    AUGMENTEDNET_ROMAN_NUMERAL,
    CADENCE,
    COMPOSER,
    MELODY,
    ROMAN_NUMERAL,
    STAFF_SEPARATION,
    Task,
)

ENCODERS: dict[str, type[MLP] | type[ResidualSAGE]] = {
    "mlp": MLP,
    "note-gnn": NoteGNN,
    "metrical-gnn": MetricalGNN,
}
RULES: dict[str, dict[str, Rule]] = {  # by task
    "pitch-spelling": {
        "majority": Majority(),
        "krumhansl": Krumhansl(),
        "line-of-fifths": LineOfFifths(),
        "ps13s1": Ps13s1(),
    },
    "cadence": {"majority": MostFrequent(CADENCE), "v-i-bass": BassCadences()},
    "phrase": {"rests": Rests(), "long-notes": LocalBoundaries()},
    "roman-numeral": {"majority": MostFrequent(ROMAN_NUMERAL), "template-chords": TemplateChords()},
    "staff-separation": {"majority": MostFrequent(STAFF_SEPARATION), "pitch-60": MiddleC()},
    "melody": {"majority": MostFrequent(MELODY), "skyline": Skyline()},
    "composer": {
        "majority": MostFrequent(COMPOSER),
        "pitch-class-profile": PitchClassProfile(),
    },
    "augmentednet-roman-numeral": {
        "majority": MostFrequent(AUGMENTEDNET_ROMAN_NUMERAL),
        "template-chords": AugmentedNetChords(),
    },
    "performance": {"constant": ConstantPerformance(), "score-mean": ScoreMean()},
    "voice-separation": {"nearest-pitch": NearestPitch(), "estimate-voices": EstimateVoices()},
}
LEARNED_TASKS = ("pitch-spelling",)  # those that the learned models have heads for


def rules_of(board: str) -> dict[str, Rule]:
    """The rule baselines of a board, by name."""
    return RULES[find_board(board).task.name]


def models_of(board: str) -> tuple[str, ...]:
    """Names of all models of a board, rules first."""
    learned = ENCODERS if find_board(board).task.name in LEARNED_TASKS else ()
    return (*rules_of(board), *learned)


@dataclass(frozen=True)
class Config:
    """How a learned model is built and trained.

    Attributes:
        hidden: Size of the embeddings.
        num_layers: Number of layers; hops in a graph model.
        dropout: Share of a layer's outputs set to 0 in training.
        learning_rate: Of AdamW, at its highest; it rises and falls along one cycle.
        weight_decay: Of AdamW.
        subgraph_size: Notes of a window.
        batch_size: Windows in a batch.
        num_neighbors: Neighbours at most that are sampled for each relation and hop; -1: all.
        max_epochs: Epochs at most.
        patience: Epochs without a better validation after which training stops.
        transpose: Whether training scores are transposed at random.
    """

    hidden: int
    num_layers: int
    dropout: float
    learning_rate: float
    weight_decay: float
    subgraph_size: int
    batch_size: int
    num_neighbors: int
    max_epochs: int
    patience: int
    transpose: bool


def read_config(model: str, board: str, **changes: float) -> Config:
    """Read the reference configuration of a learned model on a board.

    Args:
        model: One of ``ENCODERS``.
        board: Name of the board.
        changes: Values that replace those of the file.

    Raises:
        ValueError: If the model or a changed value is unknown.
    """
    if model not in ENCODERS:
        msg = f"{model!r} is not a learned model; there are {', '.join(ENCODERS)}."
        raise ValueError(msg)
    known = {field.name for field in fields(Config)}
    if unknown := changes.keys() - known:
        names, accepted = ", ".join(sorted(unknown)), ", ".join(sorted(known))
        msg = f"{names} is not in a configuration; there are {accepted}."
        raise ValueError(msg)
    text = files("musebench.models").joinpath("configs", f"{model}.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return Config(**{**tables["default"], **tables.get(board, {}), **changes})


class NoteModel(nn.Module):
    """An encoder with the heads of a task.

    Args:
        name: One of ``ENCODERS``.
        task: What is predicted.
        num_features: Number of features of each node type.
        config: Sizes.
    """

    def __init__(
        self, name: str, task: Task, num_features: Mapping[str, int], config: Config
    ) -> None:
        super().__init__()
        self.num_features = dict(num_features)
        self.encoder = ENCODERS[name](
            num_features, config.hidden, config.num_layers, config.dropout
        )
        self.heads = SpellingHeads(config.hidden, task)

    def forward(self, data: HeteroData) -> dict[str, Tensor]:
        """Return the logits of each head, shape ``(num_notes, num_classes)``.

        Of a mini-batch of ``MuseNeighborLoader`` only the targets, which come first, get logits.
        """
        by_hop = [data[n] for n in ("num_sampled_nodes", "num_sampled_edges") if n in data]
        h = self.encoder(data.x_dict, data.edge_index_dict, *by_hop)
        logits: dict[str, Tensor] = self.heads(h, data["note"].pitch[: len(h)])
        return logits


__all__ = [
    "ENCODERS",
    "RULES",
    "Config",
    "NoteModel",
    "Rule",
    "models_of",
    "read_config",
    "rules_of",
]
