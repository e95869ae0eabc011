"""JointGNN: OnsetGNN trained on many boards at once."""

from typing import ClassVar

from musebench.models.encoder import register_model
from musebench.models.onset_gnn import OnsetGNN


@register_model("joint-gnn")
class JointGNN(OnsetGNN):
    """OnsetGNN whose weights are shared by all boards of musebench with the same inputs.

    Each board has heads of its own. Works are in the same fold on all boards, so no board trains on
    a work that another one holds out.
    """

    joint: ClassVar[bool] = True
    settings: ClassVar = OnsetGNN.settings | {
        "hidden": 128,
        "batch_size": 16,
        "batches_per_step": 3,  # each of another board
        "num_steps": 1800,
        "validate_every": 300,
    }
