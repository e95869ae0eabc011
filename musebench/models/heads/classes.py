"""Heads of classes: of notes, of onset groups, of whole scores."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softmax
from torch_geometric.data import HeteroData
from torch_geometric.utils import scatter
from torch_geometric.utils import softmax as softmax_by

from musebench.annotations import IGNORE_LABEL
from musebench.evaluation import WITHOUT_EVENTS, predict_events
from musebench.features import feature_names
from musebench.tasks import Task

Logits = dict[str, Tensor]

SEGMENT = 256  # notes


class ClassHeads(nn.Module, ABC):
    """A linear map to the classes of each head.

    If the classes of the main head are events, ``thresholds`` decides which of them are predicted,
    see ``musebench.evaluation.thresholds``; ``ScoreModel.set_thresholds`` sets those chosen on a
    validation split.

    Args:
        hidden: Size of the note embedding.
        task: The task, for its heads.
    """

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__()
        self.task = task
        self.linear = nn.ModuleDict(
            {head: nn.Linear(hidden, len(classes)) for head, classes in task.heads.items()}
        )
        for head, classes in task.heads.items():
            self.register_buffer(f"weight_{head}", torch.ones(len(classes)))
        if task.has_events:
            num_events = len(task.heads[task.main_head]) - 1
            self.register_buffer("thresholds", torch.full((num_events,), WITHOUT_EVENTS).double())

    def fit(self, labels: Mapping[str, Tensor], balance: float) -> None:
        """Weight the classes by how rare they are among the labels of the training split.

        Args:
            labels: Head -> classes, ``IGNORE_LABEL`` for none.
            balance: 0 gives all labels the same weight, 1 all classes that occur. The mean weight
                of a label is 1.
        """
        for head, classes in labels.items():
            known = classes[classes != IGNORE_LABEL]
            count = torch.bincount(known, minlength=len(self.task.heads[head])).float()
            weight = count.clamp(min=1) ** -balance
            self.get_buffer(f"weight_{head}").copy_(weight * len(known) / (count @ weight))

    @abstractmethod
    def pool(self, h: Tensor, data: HeteroData) -> Tensor:
        """Embeddings of the notes, onset groups or scores that have classes."""

    def labels(self, head: str, data: HeteroData) -> Tensor:
        """Classes of a head in a graph or mini-batch."""
        label: Tensor = data[self.task.label_field(head)]
        return label

    def forward(self, h: Tensor, data: HeteroData) -> Logits:
        """Return the logits of each head.

        Args:
            h: Embeddings of the notes. Shape ``(num_notes, hidden)``.
            data: The graph or mini-batch; these are its first notes.
        """
        pooled = self.pool(h, data)
        return {head: layer(pooled) for head, layer in self.linear.items()}

    def loss(self, logits: Logits, data: HeteroData) -> Tensor:
        """Sum of the cross-entropies of all heads, over labels that have a class."""
        losses = []
        for head, values in logits.items():
            label = self.labels(head, data)[: len(values)]
            weight = self.get_buffer(f"weight_{head}")
            total = cross_entropy(values, label, weight, ignore_index=IGNORE_LABEL, reduction="sum")
            losses.append(total / (label != IGNORE_LABEL).sum().clamp(min=1))  # may be empty
        return torch.stack(losses).sum()

    def predict(self, logits: Logits, data: HeteroData) -> dict[str, NDArray[Any]]:  # noqa: ARG002
        """Return the most probable class of each head; of events, the decision and the scores."""
        predicted = {head: values.argmax(dim=1).cpu().numpy() for head, values in logits.items()}
        if self.task.has_events:
            head = self.task.main_head
            score = softmax(logits[head].float(), dim=1).cpu().numpy()
            thresholds = self.get_buffer("thresholds").cpu().numpy()
            predicted[head] = predict_events(score, thresholds)
            predicted[f"{head}_score"] = score
        return predicted


class NoteHeads(ClassHeads):
    """Classes of notes."""

    def pool(self, h: Tensor, data: HeteroData) -> Tensor:  # noqa: ARG002
        """The notes' own embeddings."""
        return h

    def labels(self, head: str, data: HeteroData) -> Tensor:
        """Labels of the notes."""
        label: Tensor = data["note"][self.task.label_field(head)]
        return label


class OnsetHeads(ClassHeads):
    """Classes of onset groups: a layer takes the mean, maximum and lowest of their notes."""

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__(hidden, task)
        self.join = nn.Linear(3 * hidden, hidden)

    def pool(self, h: Tensor, data: HeteroData) -> Tensor:
        """Embeddings of the onset groups. Shape ``(num_onsets, hidden)``."""
        group = data["note"].onset_index[: len(h)]
        lowest = h[torch.searchsorted(group, torch.unique(group))]  # sorted by pitch
        parts = [scatter(h, group, reduce="mean"), scatter(h, group, reduce="max"), lowest]
        return torch.relu(self.join(torch.cat(parts, dim=1)))


class GraphHeads(ClassHeads):
    """Classes of scores, from the notes of a score or of its window.

    A score is read in equal segments of at most ``SEGMENT`` notes, about as long as a window in
    training, and its logits are the mean of theirs. Of each segment, a layer takes the mean of the
    embeddings, their mean by learned attention, and histograms: the mean and standard deviation of
    the note features.
    """

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__(hidden, task)
        self.attention = nn.Linear(hidden, 1)
        self.join = nn.Linear(2 * hidden + 2 * len(feature_names(task.inputs)), hidden)

    def pool(self, h: Tensor, data: HeteroData) -> Tensor:
        """Embeddings of the scores. Shape ``(num_scores, hidden)``."""
        segment, score = _segments(h, data)

        mean = partial(scatter, index=segment, dim_size=len(score), reduce="mean")
        attention = softmax_by(self.attention(h), segment, num_nodes=len(score))
        attended = scatter(h * attention, segment, dim_size=len(score), reduce="sum")
        x = data["note"].x[: len(h)]
        of_x = mean(x)
        spread = mean((x - of_x[segment]).square()).sqrt()
        of_segments = torch.relu(self.join(torch.cat([mean(h), attended, of_x, spread], dim=1)))
        pooled: Tensor = scatter(of_segments, score, dim_size=len(data.divs_pq), reduce="mean")
        return pooled


def _segments(h: Tensor, data: HeteroData) -> tuple[Tensor, Tensor]:
    """Segment of each of the first notes, and score of each segment."""
    note, size = data["note"], len(data.divs_pq)
    score = (note.batch if "batch" in note else torch.zeros_like(note.pitch))[: len(h)]
    num_notes = torch.bincount(score, minlength=size)
    num_segments = -(-num_notes // SEGMENT)
    place = torch.arange(len(h), device=h.device) - (num_notes.cumsum(0) - num_notes)[score]
    within = place * num_segments[score] // num_notes[score]
    segment = within + (num_segments.cumsum(0) - num_segments)[score]
    return segment, torch.repeat_interleave(num_segments)
