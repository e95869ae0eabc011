"""Heads of pitch spelling."""

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from musebench import pitch
from musebench.models.heads.classes import Logits, NoteHeads
from musebench.tasks import Task

CANNOT_SOUND = -1e9  # logit of a spelling that would be another pitch


class SpellingHeads(NoteHeads):
    """Spelling and key signature of each note.

    A spelling is chosen among those that sound as the note does (two or three of the 35): the pitch
    is an input, so this gives away nothing.

    Args:
        hidden: Size of the note embedding.
        task: The task, for its heads.
    """

    sounding: Tensor

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__(hidden, task)
        sounding = torch.tensor(pitch.SPELLING_CLASS_TO_PITCH_CLASS)
        self.register_buffer("sounding", sounding, persistent=False)

    def forward(self, h: Tensor, data: HeteroData) -> Logits:
        """Return the logits of each head; see ``ClassHeads.forward``."""
        logits = super().forward(h, data)
        pitch_class = data["note"].pitch[: len(h)] % 12
        elsewhere = self.sounding != pitch_class[:, None]  # (num_notes, 35)
        logits["spelling"] = logits["spelling"].masked_fill(elsewhere, CANNOT_SOUND)
        return logits
