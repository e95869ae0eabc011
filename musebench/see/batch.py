"""One mini-batch of the sampler, drawn from a piece."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.graph import NOTE_EDGE_TYPES
from musebench.loader import MuseNeighborLoader

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

NUM_NEIGHBORS = (3, 3)
MAX_DRAWS = 200  # tries to draw a window within the shown measures


@dataclass(frozen=True, eq=False)
class SampledBatch:
    """A mini-batch of one window.

    Attributes:
        hop: Hop of each note of the piece: 0 (target), 1, 2, ..., or -1 if it is not in the batch.
            Shape ``(num_notes,)``, int64.
        edges: Relation -> sampled edges, as rows of the piece, shape ``(2, num_edges)``.
        about: The call that draws it.
    """

    hop: NDArray[np.int64]
    edges: dict[str, NDArray[np.int64]]
    about: str


def sample_batch(
    graph: "HeteroData", shown: NDArray[np.bool_], subgraph_size: int, seed: int = 0
) -> SampledBatch | None:
    """Draw a mini-batch whose targets are all shown; None if all tries failed.

    Args:
        graph: Graph of the piece.
        shown: Which notes are shown. Shape ``(num_notes,)``.
        subgraph_size: Maximum number of targets.
        seed: Seed of the draws.

    Raises:
        InputError: If the seed is negative.
    """
    if seed < 0:
        msg = f"seed is {seed}; it must be at least 0."
        raise InputError(msg)
    loader = MuseNeighborLoader(
        [graph], NUM_NEIGHBORS, subgraph_size, batch_size=1, seed=seed, num_batches=MAX_DRAWS
    )
    for batch in loader:
        note = batch["note"]
        row = note.n_id.numpy()
        if note.batch_size and shown[row[: note.batch_size]].all():
            break
    else:
        return None
    hop = np.full(len(shown), -1, dtype=np.int64)
    by_hop = np.asarray(batch.num_sampled_nodes["note"])
    hop[row] = np.repeat(np.arange(len(by_hop)), by_hop)
    edges = {
        relation: torch.as_tensor(note.n_id)[batch[source, relation, target].edge_index].numpy()
        for source, relation, target in NOTE_EDGE_TYPES
    }
    about = (
        f"MuseNeighborLoader(graphs, num_neighbors={list(NUM_NEIGHBORS)}, "
        f"subgraph_size={subgraph_size}, batch_size=1, seed={seed})"
    )
    return SampledBatch(hop, edges, about)
