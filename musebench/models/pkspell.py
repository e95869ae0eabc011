"""PKSpell: a recurrent network for spellings, and a small one on top of it for key signatures."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from musebench.models.bi_gru import BiGRU
from musebench.models.encoder import register_model
from musebench.models.score_sequence import ScoreRNN

SHARE_OF_SECOND = 24 / (300 + 24)  # of the published sizes


class StackedRNNs(nn.Module):
    """Two networks over the same rows, the second on the outputs of the first; both are kept.

    Args:
        num_features: Number of features of a row.
        hidden: Size of both outputs together.
        num_layers: Number of layers of the first.
        dropout: Dropout probability before the second network, and between layers.
    """

    def __init__(self, num_features: int, hidden: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        second = max(2, 2 * round(hidden * SHARE_OF_SECOND / 2))
        self.first = ScoreRNN(num_features, hidden - second, num_layers, dropout)
        self.second = ScoreRNN(hidden - second, second, 1, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Sequence[int]) -> Tensor:
        """Return both outputs side by side, shape ``(num_rows, hidden)``; see ``ScoreRNN``."""
        first = self.first(x, lengths)
        return torch.cat([first, self.second(self.dropout(first), lengths)], dim=1)


@register_model("pkspell")
class PKSpell(BiGRU):
    """Embed each note by BiGRU, beside a second, small network on its output.

    Source:
        Foscarin, Audebert and Fournier-S'niehotta, "PKSpell: Data-Driven Pitch Spelling and Key
        Signature Estimation", ISMIR 2021: one layer of 300 units for spellings, 24 units on top for
        key signatures, Adam with weight decay 0.0001, dropout 0.5. Differs: each head sees both
        outputs; our note features instead of the pitch class and four classes of duration; windows
        and one cycle of the learning rate instead of pieces and a step; only spellings that sound
        like the note are predicted, along the line of fifths.
    """

    network: ClassVar[type[nn.Module]] = StackedRNNs
    settings: ClassVar = {"num_layers": 1, "dropout": 0.5, "weight_decay": 0.0001}
