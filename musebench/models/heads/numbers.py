"""Heads of numbers."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import huber_loss
from torch_geometric.data import HeteroData
from torch_geometric.utils import scatter

from musebench.tasks import Task

HUBER_SHARE = 0.3  # of the loss
LEAST_VARIANCE = 1e-4  # squared, of a window: one without any has no correlation


class NumberHeads(nn.Module):
    """One number per note for each head.

    Heads are learned in units of their standard deviation in the training split. The loss is 1 less
    the correlation within each window, as the metric is one within each piece, and a share of the
    Huber loss, which keeps the units: squared up to one deviation and absolute beyond, so that a
    few alignment errors do not outweigh everything else.

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
        losses, note = [], data["note"]
        window = note.batch if "batch" in note else torch.zeros_like(note.pitch)
        for i, (head, values) in enumerate(outputs.items()):
            label = note[self.task.label_field(head)][: len(values)]
            wanted = (label - self.mean[i]) / self.deviation[i]
            known = ~wanted.isnan()
            found, wanted, of_known = values[known], wanted[known], window[: len(known)][known]
            total = huber_loss(found, wanted, reduction="sum") / known.sum().clamp(min=1)
            unlike = 1 - correlation(found, wanted, of_known)
            losses.append(HUBER_SHARE * total + unlike.sum() / max(len(unlike), 1))
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


def correlation(one: Tensor, other: Tensor, group: Tensor) -> Tensor:
    """Pearson's correlation of two numbers within each group; 0 if either is constant.

    Args:
        one: A number of each row. Shape ``(num_rows,)``.
        other: The other one. Shape ``(num_rows,)``.
        group: Group of each row. Shape ``(num_rows,)``.

    Returns:
        Shape ``(num_groups,)``, of the groups that have rows.
    """
    group = torch.unique(group, return_inverse=True)[1]
    one, other = (x - scatter(x, group, reduce="mean")[group] for x in (one, other))
    common, *variances = (
        scatter(x, group, reduce="mean") for x in (one * other, one * one, other * other)
    )
    found: Tensor = common / torch.sqrt(variances[0] * variances[1] + LEAST_VARIANCE)
    return found
