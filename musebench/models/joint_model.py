"""The models of several boards with one encoder."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from musebench.models.score_model import ScoreModel


class JointModel(nn.Module):
    """Models that share the encoder of the first; a mini-batch names its board in ``board``.

    The loss of a board is weighted by a variance that is learned with it, so that boards with many
    heads do not outweigh the others.

    Args:
        models: Board -> its model. All encoders have the same sizes.

    Attributes:
        models: Board -> its model, now with the shared encoder.

    Source:
        Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene
        Geometry and Semantics", CVPR 2018: the weights of the losses.
    """

    def __init__(self, models: Mapping[str, ScoreModel]) -> None:
        super().__init__()
        self.encoder = next(iter(models.values())).encoder
        for model in models.values():
            model.encoder = self.encoder
        self.models = dict(models)  # no submodules: their weights are those below
        self.heads = nn.ModuleDict({board: model.heads for board, model in models.items()})
        self.log_variance = nn.ParameterDict({board: torch.zeros(()) for board in models})

    def forward(self, data: HeteroData) -> Any:
        """Return the outputs of the heads of the mini-batch's board, see ``ScoreModel``."""
        return self.models[data.board](data)

    def loss(self, outputs: Any, data: HeteroData) -> Tensor:
        """Return the weighted loss of the outputs of ``forward``."""
        log_variance = self.log_variance[data.board]
        loss = self.models[data.board].loss(outputs, data)
        weighted: Tensor = loss * torch.exp(-log_variance) + log_variance / 2
        return weighted
