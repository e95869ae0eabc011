"""A learned model: an encoder with the heads of a task."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from musebench.models.config import Config
from musebench.models.encoder import ENCODERS
from musebench.models.heads import heads_of
from musebench.tasks import Task


class ScoreModel(nn.Module):
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
        encoder = ENCODERS.find(name)
        self.encoder = encoder(
            num_features,
            config.hidden,
            config.num_layers,
            config.dropout,
            config.conv,
            config.chosen_relations,
        )
        self.heads = heads_of(task, config.hidden, encoder.heads)

    def forward(self, data: HeteroData) -> Any:
        """Return the outputs of the heads for a graph or a mini-batch of ``MuseNeighborLoader``.

        In a mini-batch only the targets, which come first, are embedded. Heads of classes return
        head -> logits, ``(num_notes, num_classes)``, or with one row per onset group or score.
        """
        by_hop = [data[n] for n in ("num_sampled_nodes", "num_sampled_edges") if n in data]
        h = self.encoder(
            data.x_dict,
            data.edge_index_dict,
            *by_hop,
            note=data["note"],
            divs_pq=data.get("divs_pq"),
        )
        return self.heads(h, data)

    def loss(self, outputs: Any, data: HeteroData) -> Tensor:
        """Return the loss of the outputs of ``forward`` for a mini-batch."""
        loss: Tensor = self.heads.loss(outputs, data)
        return loss

    def set_thresholds(self, thresholds: NDArray[np.float64]) -> None:
        """Set the threshold of each class of events, ``(num_classes - 1,)``.

        They are part of the state of the model, see ``musebench.evaluation.thresholds``.
        """
        self.heads.get_buffer("thresholds").copy_(torch.from_numpy(thresholds))

    @torch.no_grad()
    def predict(self, data: HeteroData) -> dict[str, NDArray[Any]]:
        """Predict a whole score: head -> class, index or number of each note (onset group, ...)."""
        return self.heads.predict(self(data), data)
