"""JointGNN: OnsetGNN trained on many boards at once."""

from typing import ClassVar

from musebench.models.encoder import register_model
from musebench.models.onset_gnn import OnsetGNN


@register_model("joint-gnn")
class JointGNN(OnsetGNN):
    """OnsetGNN whose weights are shared by many boards, each of which has heads of its own.

    Works are in the same fold on all boards, so no board trains on a work that another one holds
    out. The boards have the same inputs; ``dcml-roman-numeral`` also sees spellings and is missing.
    """

    boards: ClassVar[tuple[str, ...]] = (
        "asap-performance",
        "asap-pitch-spelling",
        "asap-staff-separation",
        "augmentednet-roman-numeral",
        "chorale-phrase",
        "dcml-cadence",
        "dcml-composer",
        "dcml-phrase",
        "dcml-voice-separation",
        "lieder-melody",
        "openscore-pitch-spelling",
        "openscore-staff-separation",
        "openscore-voice-separation",
    )
    settings: ClassVar = OnsetGNN.settings | {
        "hidden": 128,
        "batch_size": 16,
        "batches_per_step": 3,  # each of another board
        "num_steps": 1800,
        "validate_every": 300,
    }
