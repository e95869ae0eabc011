"""Heads of pitch spelling, and the decoding of their logits along the line of fifths."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import log_softmax
from torch_geometric.data import HeteroData

from musebench import pitch
from musebench.models.heads.classes import Logits, NoteHeads
from musebench.tasks import Task
from musebench.viterbi import best_path

IMPOSSIBLE = -1e9  # logit of a spelling that would be another pitch

# Costs of the decoding, in units of log-probability; chosen on the validation splits of both boards
# and on 482 pieces of DCML's corpora outside every test split.
LEAST_LOG_PROBABILITY = -12.0
COST_OF_FIFTH = 1.0  # for each fifth of a note from the centre
COST_OF_MOVE = 16.0  # for each fifth that the centre moves from one onset to the next


class SpellingHeads(NoteHeads):
    """Spelling and key signature of each note.

    A spelling is chosen among those that sound like the note (two or three of the 35): the pitch is
    an input, so this reveals nothing.

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
        lowest = max(IMPOSSIBLE, torch.finfo(logits["spelling"].dtype).min)
        logits["spelling"] = logits["spelling"].masked_fill(elsewhere, lowest)
        return logits

    def predict(self, logits: Logits, data: HeteroData) -> dict[str, NDArray[np.int64]]:
        """Return spellings by ``spell_along_fifths``, and the best class of the other heads."""
        log_probability = log_softmax(logits["spelling"].double(), dim=1).cpu().numpy()
        note = data["note"]
        onset, midi_pitch = note.onset_index.cpu().numpy(), note.pitch.cpu().numpy()
        spelling = spell_along_fifths(log_probability, onset, midi_pitch)
        return super().predict(logits, data) | {"spelling": spelling}


def spell_along_fifths(
    log_probability: NDArray[np.float64],
    onset_index: NDArray[np.int64],
    midi_pitch: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Spell a whole score so that neighbouring onsets are close on the line of fifths.

    In remote keys, the surroundings of a note do not show whether the key has sharps or flats; a
    model that sees a few measures decides it again in each section. Here a centre moves along the
    line of fifths from onset to onset. A note costs its negative log-probability plus its distance
    from the centre, a move of the centre costs its length; dynamic programming (Viterbi) finds the
    path of lowest cost.

    Args:
        log_probability: Log-probability of each spelling class. Shape ``(num_notes, 35)``.
        onset_index: Onset group of each note, ascending. Shape ``(num_notes,)``.
        midi_pitch: MIDI pitch of each note. Shape ``(num_notes,)``.

    Returns:
        Spelling class of each note. Shape ``(num_notes,)``, int64.
    """
    if not len(onset_index):
        return np.zeros(0, dtype=np.int64)
    tpcs = np.arange(pitch.MIN_TPC, pitch.MAX_TPC + 1)
    centre = tpcs[1:-2] + 0.5
    far = COST_OF_FIFTH * np.abs(tpcs[:, None] - centre)
    candidates, exists = _candidates()
    of_note = candidates[midi_pitch % 12]  # (num_notes, 3)
    known = np.take_along_axis(log_probability, of_note, axis=1)
    own = np.maximum(known, LEAST_LOG_PROBABILITY)
    own[~exists[midi_pitch % 12]] = -np.inf
    gain = own[:, :, None] - far[of_note]  # (num_notes, 3, num_centres)
    best = gain.max(axis=1)
    begins = np.flatnonzero(np.diff(onset_index, prepend=-1))
    cost = COST_OF_MOVE * np.abs(centre[:, None] - centre)
    path = best_path(np.add.reduceat(best, begins, axis=0), cost)
    at_centre = path[onset_index - onset_index[0]]
    choice = gain[np.arange(len(gain)), :, at_centre].argmax(axis=1)
    return np.take_along_axis(of_note, choice[:, None], axis=1)[:, 0]


def _candidates() -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The spelling classes of each pitch class, and whether each exists. Shape ``(12, 3)``."""
    sounding = np.array(pitch.SPELLING_CLASS_TO_PITCH_CLASS)
    classes = [np.flatnonzero(sounding == pitch_class) for pitch_class in range(12)]
    exists = np.array([[k < len(found) for k in range(3)] for found in classes])
    return np.array([[*found, found[0]][:3] for found in classes]), exists
