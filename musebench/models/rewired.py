"""Controls of what the graph buys: the same graph models on edges that say nothing."""

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor

from musebench.models.encoder import Encoder, Given, register_model
from musebench.models.note_gnn import NoteGNN
from musebench.models.onset_gnn import OnsetGNN

BLOCK = 256  # notes, as many as in a window in training


@register_model("note-gnn-rewired")
class RewiredNoteGNN(NoteGNN):
    """NoteGNN on random edges between the same notes, with the same degrees.

    In each relation, the edges into the notes of a window (of a whole score: into each ``BLOCK``
    notes in succession) exchange their sources. So each note keeps its number of neighbours, of
    the same stretch of the score, but not which ones they are. Each mini-batch draws its own edges;
    those of a whole score are always the same.
    """

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        x, note = given.x_dict["note"], given.note
        score = torch.zeros(len(x), dtype=torch.long, device=x.device)
        if note is not None and "batch" in note:
            score = note.batch
        block = score
        if not given.is_sampled:
            block = score * len(x) + _place(score) // BLOCK
        edges = {}
        for edge_type in self.used_edges:
            edge_index = given.edge_index_dict[edge_type]
            if self.training:
                drawn = torch.rand(edge_index.shape[1], device=x.device)
            else:  # by the edge's place in its score, whatever other scores there are
                place = _place(score[edge_index[1]])
                random = torch.Generator().manual_seed(0)
                drawn = torch.rand(len(place), generator=random).to(x.device)[place]
            edges[edge_type] = rewire(edge_index, block, drawn)
        return super().encode(replace(given, edge_index_dict=edges))


@register_model("onset-gnn-rewired")
class RewiredOnsetGNN(OnsetGNN):
    """OnsetGNN whose graph part sees random edges, see ``RewiredNoteGNN``."""

    notes: ClassVar[type[Encoder]] = RewiredNoteGNN


def _place(score: Tensor) -> Tensor:
    """Place of each note or edge among those of its score; those of a score stand together."""
    count = torch.unique_consecutive(score, return_counts=True)[1]
    begin = torch.repeat_interleave(count.cumsum(0) - count, count)
    return torch.arange(len(score), device=score.device) - begin


def rewire(edge_index: Tensor, block: Tensor, drawn: Tensor) -> Tensor:
    """Exchange the sources of the edges whose targets are in one block, at random.

    Args:
        edge_index: The edges. Shape ``(2, num_edges)``.
        block: Block of each note. Shape ``(num_notes,)``.
        drawn: A random number of each edge, by whose order the sources are exchanged.

    Returns:
        As many edges, with the same targets.
    """
    source, target = edge_index
    before = torch.argsort(block[target], stable=True)
    order = torch.argsort(drawn, stable=True)
    after = order[torch.argsort(block[target[order]], stable=True)]
    exchanged = torch.empty_like(source)
    exchanged[before] = source[after]
    return torch.stack([exchanged, target])
