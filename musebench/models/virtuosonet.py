"""VirtuosoNet: recurrent networks over notes, beats and measures."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter, softmax

from musebench.errors import InputError
from musebench.graph import EdgeType
from musebench.models.encoder import Encoder, Given, Sizes, register_model
from musebench.models.score_sequence import ScoreRNN


class Level(nn.Module):
    """A bidirectional LSTM over groups of rows; a group is the mean of its rows by attention."""

    def __init__(self, hidden: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        self.attention = nn.Linear(hidden, 1)
        self.sequence = ScoreRNN(hidden, hidden, num_layers, dropout, nn.LSTM)

    def forward(self, h: Tensor, group: Tensor, score: Tensor) -> Tensor:
        """Return the embeddings of the groups. Shape ``(num_groups, hidden)``.

        Args:
            h: Embeddings of the rows. Shape ``(num_rows, hidden)``.
            group: Group of each row, ascending from 0.
            score: Score of each row.
        """
        pooled = scatter(h * softmax(self.attention(h), group), group, reduce="sum")
        embedding: Tensor = self.sequence(pooled, _lengths(score[_first(group)]))
        return embedding


@register_model("virtuosonet")
class VirtuosoNet(Encoder):
    """Embed each note from all notes, beats and measures before and after it.

    For a score without measures, the whole score is one beat of one measure.

    Source:
        Jeong, Kwon, Kim and Nam, "Graph Neural Network for Music Score Data and Modeling Expressive
        Piano Performance", ICML 2019: its hierarchical attention network (HAN) of note, beat and
        measure. Differs: one number per note and head at once, where a decoder predicts beat by
        beat from the tempo before, with a style drawn from a variational encoder; no networks of
        voices; one attention, not eight; our note features, without signs of expression.
    """

    metrical: ClassVar[bool] = True
    settings: ClassVar = {"num_layers": 2, "dropout": 0.1}

    def __init__(
        self, num_features: Sizes, hidden: int, num_layers: int, dropout: float, *graph: Any
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        self.embed = nn.Linear(num_features["note"], hidden)
        self.notes = ScoreRNN(hidden, hidden, num_layers, dropout, nn.LSTM)
        self.beats = Level(hidden, num_layers, dropout)
        self.measures = Level(hidden, 1, dropout)
        self.join = nn.Linear(3 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        x, note = given.x, given.note
        if not len(x):
            return self.join.weight.new_zeros(0, self.join.out_features)
        zeros = torch.zeros(len(x), dtype=torch.long, device=x.device)
        score = zeros if note is None or "batch" not in note else note.batch[: len(x)]
        beat, measure = (
            _groups(given.edge_index_dict, node_type, score) for node_type in ("beat", "measure")
        )
        notes = self.notes(torch.relu(self.embed(x)), _lengths(score))
        beats = self.beats(self.dropout(notes), beat, score)
        first = _first(beat)
        measures = self.measures(self.dropout(beats), measure[first], score[first])
        levels = torch.cat([notes, beats[beat], measures[measure]], dim=1)
        return torch.relu(self.join(self.dropout(levels)))


def _groups(edges: Mapping[EdgeType, Tensor], node_type: str, score: Tensor) -> Tensor:
    """Beat or measure of each note, ascending from 0 over all scores. Shape ``(num_notes,)``."""
    if (edge_type := (node_type, "connects", "note")) not in edges:
        msg = f"the graph has no edges of type {edge_type}; build it with beats and measures."
        raise InputError(msg)
    source, target = edges[edge_type]
    is_needed = target < len(score)
    node = torch.full_like(score, -1)
    node[target[is_needed]] = source[is_needed]
    pairs = torch.stack([score, node], dim=1)
    group: Tensor = torch.unique_consecutive(pairs, dim=0, return_inverse=True)[1]
    return group


def _first(group: Tensor) -> Tensor:
    """First row of each group."""
    return torch.searchsorted(group, torch.arange(int(group[-1]) + 1, device=group.device))


def _lengths(score: Tensor) -> list[int]:
    """Number of rows of each score."""
    lengths: list[int] = torch.unique_consecutive(score, return_counts=True)[1].tolist()
    return lengths
