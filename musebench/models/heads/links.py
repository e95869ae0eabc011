"""Heads of links: from each note to the next of its voice."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_geometric.data import HeteroData
from torch_geometric.utils import softmax

from musebench.errors import InputError
from musebench.tasks import Task

NONE = -1
NUM_PAIR_FEATURES = 4


class Pairs(NamedTuple):
    """Candidate pairs of notes, with the logit of each being a link.

    Attributes:
        source: First note of each pair. Shape ``(num_pairs,)``, int64, ascending.
        target: Second note of each pair.
        logit: Logit of the pair. Shape ``(num_pairs,)``.
        none: Logit of a note having no next note. Shape ``(num_notes,)``.
    """

    source: Tensor
    target: Tensor
    logit: Tensor
    none: Tensor


class LinkHeads(nn.Module):
    """Scores candidate pairs of notes, and picks links one to one by linear assignment.

    A pair is scored by a layer over the embeddings of both notes, the interval between them and the
    time from the end of the first to the start of the second.

    Args:
        hidden: Size of the note embedding.
        task: The task.

    Source:
        Karystinaios, Foscarin and Widmer, "Musical Voice Separation as Link Prediction: Modeling a
        Musical Perception Task as a Multi-Trajectory Tracking Problem", IJCAI 2023. Differs: the
        loss is the cross-entropy of the next note among the candidates of each note, including
        "none", and of the previous note among those that lead to it; no further regularisation.
    """

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__()
        self.task = task
        self.first = nn.Linear(hidden, hidden)
        self.second = nn.Linear(hidden, hidden, bias=False)
        self.between = nn.Linear(NUM_PAIR_FEATURES, hidden, bias=False)
        self.score = nn.Linear(hidden, 1)
        self.none = nn.Linear(hidden, 1)

    def fit(self, labels: Mapping[str, Tensor], balance: float) -> None:
        """Do nothing: links have no classes."""

    def forward(self, h: Tensor, data: HeteroData) -> Pairs:
        """Score the candidate pairs among the first notes of a graph or mini-batch.

        Args:
            h: Embeddings of these notes. Shape ``(num_notes, hidden)``.
            data: The graph or mini-batch, with its candidate pairs.

        Raises:
            InputError: If there are no candidate pairs.
        """
        if "candidate_index" not in data:
            msg = (
                "the graph has no candidate_index, the pairs of notes that may be linked; build it "
                "with build_task_graph and a link task, or take it from a dataset of one."
            )
            raise InputError(msg)
        source, target = data.candidate_index
        first, second = self.first(h), self.second(h)
        between = self.between(_pair_features(data, source, target))
        both = torch.relu(first[source] + second[target] + between)
        return Pairs(source, target, self.score(both).squeeze(1), self.none(h).squeeze(1))

    def loss(self, pairs: Pairs, data: HeteroData) -> Tensor:
        """Cross-entropy of the next note of each note, and of the previous note of each next note.

        Notes whose next note is not a candidate, for example outside the window, do not count.
        """
        following = data["note"].y[: len(pairs.none)]
        is_link = following[pairs.source] == pairs.target
        note = torch.arange(len(pairs.none), device=following.device)
        log_next = (
            softmax(torch.cat([pairs.logit, pairs.none]), torch.cat([pairs.source, note]))
            .clamp(min=1e-12)
            .log()
        )
        has_none = following == NONE
        forward = torch.cat(
            [log_next[: len(pairs.logit)][is_link], log_next[-len(note) :][has_none]]
        )
        log_last = softmax(pairs.logit, pairs.target).clamp(min=1e-12).log()
        backward = log_last[is_link]
        losses = [part.sum() / max(len(part), 1) for part in (forward, backward)]
        return -torch.stack(losses).sum()

    def predict(self, pairs: Pairs, data: HeteroData) -> dict[str, NDArray[np.int64]]:  # noqa: ARG002
        """Pick links that are likelier than none, at most one in and one out, of largest sum."""
        better = pairs.logit - pairs.none[pairs.source]
        kept = better > 0
        source, target, gain = (
            values[kept].cpu().numpy() for values in (pairs.source, pairs.target, better)
        )
        return {self.task.main_head: assign(source, target, gain, len(pairs.none))}


def _pair_features(data: HeteroData, source: Tensor, target: Tensor) -> Tensor:
    """Interval and gap of each pair. Shape ``(num_pairs, NUM_PAIR_FEATURES)``."""
    note = data["note"]
    interval = (note.pitch[target] - note.pitch[source]) / 12
    divs_pq = data.divs_pq[note.batch[source]] if "batch" in note else data.divs_pq
    gap = (note.onset_div[target] - note.onset_div[source] - note.duration_div[source]) / divs_pq
    columns = [interval, interval.abs(), torch.log2(1 + gap), (gap == 0).float()]
    return torch.stack(columns, dim=1).float()


def assign(
    source: NDArray[np.int64], target: NDArray[np.int64], gain: NDArray[np.float32], num_notes: int
) -> NDArray[np.int64]:
    """Choose pairs such that each note is first in at most one and second in at most one.

    Args:
        source: First note of each pair.
        target: Second note of each pair.
        gain: Gain of each pair, positive; the chosen pairs have the largest possible sum.
        num_notes: Number of notes.

    Returns:
        Second note of each note's pair, -1 for a note that is first in none. Shape
        ``(num_notes,)``.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    following = np.full(num_notes, NONE, dtype=np.int64)
    if not len(source):
        return following
    # Every note also has a dummy partner without gain, so that all notes are assigned.
    note = np.arange(num_notes)
    row, column = np.concatenate([source, note]), np.concatenate([target, num_notes + note])
    most = float(gain.max())
    cost = np.concatenate([most + 1 - gain.astype(np.float64), np.full(num_notes, most + 1)])
    costs = csr_array((cost, (row, column)), shape=(num_notes, 2 * num_notes))
    rows, columns = min_weight_full_bipartite_matching(costs)
    linked = columns < num_notes
    following[rows[linked]] = columns[linked]
    return following
