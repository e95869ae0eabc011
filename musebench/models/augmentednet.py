"""AugmentedNet: bass and pitch classes of each onset, convolutions and a recurrent network."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, pad

from musebench.errors import InputError
from musebench.models.encoder import Encoder, Given, Sizes, register_model
from musebench.models.onset_context import NUM_INTERVALS, Onsets, find_onsets
from musebench.models.score_sequence import ScoreRNN

NUM_RECURRENT_LAYERS = 2
FILTERS = 5 / 60  # of a block, as a share of the size of the embeddings
LEAST_FILTERS = 4  # of which layer normalisation leaves something


class GrowingConvolutions(nn.Module):
    """Blocks of convolutions over the rows of each score, of 1, 2, 4, ... rows.

    Each block reads the input and the outputs of all blocks before it. What is beyond the ends of a
    score is zero.

    Args:
        num_inputs: Number of columns.
        num_filters: Number of columns that a block adds.
        num_blocks: Number of blocks.

    Attributes:
        num_outputs: Number of columns of the result.
    """

    def __init__(self, num_inputs: int, num_filters: int, num_blocks: int) -> None:
        super().__init__()
        sizes = [num_inputs + block * num_filters for block in range(num_blocks)]
        self.convs = nn.ModuleList(
            nn.Conv1d(size, num_filters, 2**block) for block, size in enumerate(sizes)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(num_filters) for _ in sizes)
        self.num_outputs = num_inputs + num_blocks * num_filters

    def forward(self, x: Tensor, lengths: Sequence[int]) -> Tensor:
        """Return input and outputs of all blocks side by side. Shape ``(num_rows, num_outputs)``.

        Args:
            x: The rows, score by score. Shape ``(num_rows, num_inputs)``.
            lengths: Number of rows of each score, at least 1.
        """
        length = torch.tensor(lengths, device=x.device)
        is_row = torch.arange(max(lengths), device=x.device) < length[:, None]
        for block, norm in enumerate(self.norms):
            conv = self.convs[block]
            padded = x.new_zeros(*is_row.shape, x.shape[1]).masked_scatter(is_row[..., None], x)
            width = 2**block
            both_ends = ((width - 1) // 2, width // 2)
            filtered = conv(pad(padded.transpose(1, 2), both_ends)).transpose(1, 2)[is_row]
            x = torch.cat([x, torch.relu(norm(filtered))], dim=1)
        return x


@register_model("augmentednet")
class AugmentedNet(Encoder):
    """Embed each onset from bass and pitch classes, alike for all notes that start there.

    For tasks of onsets: notes of an onset are not told apart.

    Source:
        Nápoles López, Gotham and Fujinaga, "AugmentedNet: A Roman Numeral Analysis Network with
        Synthetic Training Examples and Additional Tonal Tasks", ISMIR 2021: for bass and for pitch
        classes six blocks of convolutions, two dense layers, two layers of GRU. Differs: one row
        per onset instead of per 32nd note; without spelling; layer instead of batch normalisation;
        transposed, but no synthetic training examples; our heads and their decoding.
    """

    settings: ClassVar = {"num_layers": 6}

    def __init__(
        self, num_features: Sizes, hidden: int, num_layers: int, dropout: float, *graph: Any
    ) -> None:
        super().__init__(num_features, hidden, num_layers, dropout, *graph)
        filters = max(LEAST_FILTERS, round(FILTERS * hidden))
        self.of_bass, self.of_chroma = (
            GrowingConvolutions(NUM_INTERVALS, filters, num_layers) for _ in range(2)
        )
        half = hidden // 2
        self.dense = nn.Sequential(
            nn.Linear(2 * self.of_bass.num_outputs, hidden), nn.LayerNorm(hidden), nn.ReLU(),
            nn.Linear(hidden, half), nn.LayerNorm(half), nn.ReLU(),
        )  # fmt: skip
        self.sequence = ScoreRNN(half, hidden, NUM_RECURRENT_LAYERS, dropout)
        self.norm = nn.LayerNorm(hidden)

    def encode(self, given: Given) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``.

        Raises:
            InputError: If the times of the notes are not given.
        """
        if given.note is None:
            msg = "this model reads the onsets of the notes; pass note= of the graph."
            raise InputError(msg)
        if not given.num_notes:
            return given.x.new_zeros(0, self.norm.normalized_shape[0])
        onsets = find_onsets(given.note, given.num_notes)
        read = [
            convolve(rows, onsets.lengths)
            for convolve, rows in zip(
                (self.of_bass, self.of_chroma),
                _bass_and_chroma(onsets, given.note.pitch),
                strict=True,
            )
        ]
        dense = self.dense(torch.cat(read, dim=1))
        embedding: Tensor = self.norm(self.sequence(dense, onsets.lengths))[onsets.group]
        return embedding


def _bass_and_chroma(onsets: Onsets, pitch: Tensor) -> tuple[Tensor, Tensor]:
    """Pitch class of the bass, and those that sound. Shape ``(num_onsets, 12)`` each."""
    bass = one_hot(pitch[onsets.bass] % NUM_INTERVALS, NUM_INTERVALS).float()
    chroma = torch.zeros_like(bass)
    chroma[onsets.at, pitch[onsets.note] % NUM_INTERVALS] = 1
    return bass, chroma
