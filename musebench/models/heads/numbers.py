"""Heads of numbers."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import huber_loss
from torch_geometric.data import HeteroData

from musebench.tasks import Task


class NumberHeads(nn.Module):
    """One number per note for each head.

    Heads are learned in units of their standard deviation in the training split. The loss is the
    Huber loss, squared up to one deviation and absolute beyond, so that a few alignment errors do
    not outweigh everything else.

    Args:
        hidden: Size of the note embedding.
        task: The task, for its heads.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__()
        self.task = task
        self.linear = nn.Linear(hidden, len(task.heads))
        self.register_buffer("mean", torch.zeros(len(task.heads)))
        self.register_buffer("deviation", torch.ones(len(task.heads)))

    def fit(self, labels: Mapping[str, Tensor], balance: float) -> None:  # noqa: ARG002
        """Set mean and deviation of each head from labels of the training split, ignoring NaN."""
        for i, head in enumerate(self.task.heads):
            known = labels[head][~labels[head].isnan()]
            self.mean[i], self.deviation[i] = known.mean(), known.std()

    def forward(self, h: Tensor, data: HeteroData) -> dict[str, Tensor]:  # noqa: ARG002
        """Return the number of each note, in deviations from the mean; head -> ``(num_notes,)``."""
        return dict(zip(self.task.heads, self.linear(h).unbind(dim=1), strict=True))

    def loss(self, outputs: Mapping[str, Tensor], data: HeteroData) -> Tensor:
        """Sum over the heads of the mean loss of the notes that have a number."""
        losses = []
        for i, (head, values) in enumerate(outputs.items()):
            label = data["note"][self.task.label_field(head)][: len(values)]
            wanted = (label - self.mean[i]) / self.deviation[i]
            known = ~wanted.isnan()
            total = huber_loss(values[known], wanted[known], reduction="sum")
            losses.append(total / known.sum().clamp(min=1))
        return torch.stack(losses).sum()

    def predict(
        self,
        outputs: Mapping[str, Tensor],
        data: HeteroData,  # noqa: ARG002
    ) -> dict[str, NDArray[np.float64]]:
        """Return the numbers in their units."""
        return {
            head: (values * self.deviation[i] + self.mean[i]).double().cpu().numpy()
            for i, (head, values) in enumerate(outputs.items())
        }
