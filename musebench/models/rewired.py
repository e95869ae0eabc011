"""Controls of what the graph buys: the same graph models on edges that say nothing."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch_geometric.data.storage import NodeStorage

from musebench.graph import EdgeType
from musebench.models.encoder import Encoder, NumByHop, register_model
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

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],
        num_sampled_nodes: NumByHop | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,
        *,
        note: NodeStorage | None = None,
        divs_pq: Tensor | int | None = None,
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``; see ``Encoder.forward``."""
        num_notes = len(x_dict["note"])
        block = torch.zeros(num_notes, dtype=torch.long, device=x_dict["note"].device)
        if note is not None and "batch" in note:
            block = note.batch
        if num_sampled_nodes is None:
            block = block * num_notes + torch.arange(num_notes, device=block.device) // BLOCK
        seed = int(torch.randint(2**31, ())) if self.training else 0
        random = torch.Generator(block.device).manual_seed(seed)
        edges = {
            edge_type: rewire(edge_index, block, random)
            for edge_type, edge_index in edge_index_dict.items()
            if edge_type in self.used_edges
        }
        return super().forward(
            x_dict, edges, num_sampled_nodes, num_sampled_edges, note=note, divs_pq=divs_pq
        )


@register_model("onset-gnn-rewired")
class RewiredOnsetGNN(OnsetGNN):
    """OnsetGNN whose graph part sees random edges, see ``RewiredNoteGNN``."""

    notes: ClassVar[type[Encoder]] = RewiredNoteGNN


def rewire(edge_index: Tensor, block: Tensor, random: torch.Generator) -> Tensor:
    """Exchange the sources of the edges whose targets are in one block, at random.

    Args:
        edge_index: The edges. Shape ``(2, num_edges)``.
        block: Block of each note. Shape ``(num_notes,)``.
        random: What draws.

    Returns:
        As many edges, with the same targets.
    """
    source, target = edge_index
    drawn = torch.randperm(len(source), generator=random, device=source.device)
    before = torch.argsort(block[target], stable=True)
    after = drawn[torch.argsort(block[target[drawn]], stable=True)]
    exchanged = torch.empty_like(source)
    exchanged[before] = source[after]
    return torch.stack([exchanged, target])
