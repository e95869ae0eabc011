"""OnsetRNN: OnsetGNN without its graph, the control of what the graph buys."""

from typing import ClassVar

from musebench.models.encoder import Encoder, register_model
from musebench.models.mlp import MLP
from musebench.models.onset_gnn import OnsetGNN


@register_model("onset-rnn")
class OnsetRNN(OnsetGNN):
    """Embed each note by a perceptron, then as OnsetGNN does: onsets, and a sequence over them."""

    notes: ClassVar[type[Encoder]] = MLP
