"""Hiding pitch and duration of notes, so that nothing an encoder is given tells them."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from musebench.features import GROUP_COLUMNS, feature_names
from musebench.graph import EdgeType

INPUTS = (
    "pitch",
    "duration",
    "metrical_position",
    "time_signature",
)  # any board lets these be seen
NAMES = feature_names(INPUTS)
HIDDEN = [NAMES.index(name) for group in ("pitch", "duration") for name in GROUP_COLUMNS[group]]
LOG_DURATION = NAMES.index("log_duration_quarter")
# An edge of these depends on the duration of one of its notes alone, or of none.
RELATIONS = ("onset", "consecutive", "during")
SAME_ONSET = "onset"
NUM_PITCHES = 128
NUM_DURATIONS = 48
DURATIONS_PER_OCTAVE = 8  # classes per doubling of 1 + quarter notes


def hide(
    data: HeteroData, masked: Tensor, edge_types: tuple[EdgeType, ...]
) -> tuple[Tensor, Mapping[EdgeType, Tensor]]:
    """Return features and edges that do not depend on pitch and duration of the masked notes.

    An edge between notes of different onsets exists by the duration of the earlier one; it goes
    when that one is masked.

    Args:
        data: A graph or mini-batch whose notes have the features ``INPUTS``.
        masked: Whether each note is masked. Shape ``(num_notes,)``, bool.
        edge_types: Types of the edges, of ``RELATIONS``.

    Returns:
        Features with a last column that tells which notes are masked, shape
        ``(num_notes, len(NAMES) + 1)``, and the edges left by type.
    """
    x = data["note"].x.clone()
    x[masked.nonzero(), torch.tensor(HIDDEN, device=x.device)] = 0
    onset, edges = data["note"].onset_div, {}
    for edge_type in edge_types:
        source, target = data[edge_type].edge_index
        told = (masked[source] & (onset[source] <= onset[target])) | (
            masked[target] & (onset[target] <= onset[source])
        )
        kept = ~told | (edge_type[1] == SAME_ONSET)
        edges[edge_type] = torch.stack([source[kept], target[kept]])
    return torch.cat([x, masked[:, None].to(x.dtype)], dim=1), edges


def draw_masked(num_notes: int, share: float, seed: int) -> Tensor:
    """Draw which notes are masked: about a share of them. Shape ``(num_notes,)``, bool."""
    random = torch.Generator().manual_seed(seed % 2**63)
    return torch.rand(num_notes, generator=random) < share


def duration_classes(data: HeteroData) -> Tensor:
    """Class of the duration of each note, on a logarithmic scale. Shape ``(num_notes,)``."""
    steps = (data["note"].x[:, LOG_DURATION] * DURATIONS_PER_OCTAVE).round()
    classes: Tensor = steps.long().clamp(0, NUM_DURATIONS - 1)
    return classes
