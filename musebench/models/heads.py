"""Heads: what turns the embedding of a note into classes."""

import torch
from torch import Tensor, nn

from musebench import pitch
from musebench.tasks import Task

CANNOT_SOUND = -1e9  # logit of a spelling that would be another pitch


class SpellingHeads(nn.Module):
    """Spelling and key signature of each note.

    A spelling is chosen among those that sound as the note does (two or three of the 35): the pitch
    is an input, so this gives away nothing.

    Args:
        hidden: Size of the note embedding.
        task: The task, for its heads.
    """

    sounding: Tensor

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__()
        self.linear = nn.ModuleDict(
            {head: nn.Linear(hidden, len(classes)) for head, classes in task.heads.items()}
        )
        sounding = torch.tensor(pitch.SPELLING_CLASS_TO_PITCH_CLASS)
        self.register_buffer("sounding", sounding, persistent=False)

    def forward(self, h: Tensor, note_pitch: Tensor) -> dict[str, Tensor]:
        """Return the logits of each head.

        Args:
            h: Embeddings. Shape ``(num_notes, hidden)``.
            note_pitch: MIDI pitches. Shape ``(num_notes,)``, int64.
        """
        logits = {head: layer(h) for head, layer in self.linear.items()}
        elsewhere = self.sounding != (note_pitch % 12)[:, None]  # (num_notes, 35)
        logits["spelling"] = logits["spelling"].masked_fill(elsewhere, CANNOT_SOUND)
        return logits
