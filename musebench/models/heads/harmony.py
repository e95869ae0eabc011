"""Heads of Roman numerals, and the decoding of their logits into chords that exist."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax
from torch_geometric.data import HeteroData

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.models.heads.classes import Logits, OnsetHeads
from musebench.models.onset_context import find_onsets
from musebench.tasks import Place, Task
from musebench.viterbi import best_path_in_groups

# Constants of the decoding, chosen on the validation split of augmentednet-roman-numeral, fold 0.
COST_OF_KEY_CHANGE = 3.0
WEIGHT_OF_KEY = 0.3
WEIGHT_OF_HEADS = 0.5  # they are not independent
LIKELY = 0.02  # probability that a key needs at some onset of a score
IMPOSSIBLE = -1e9

SEMITONES = 12
CHANGE = "change"  # of any head from the onset before, an auxiliary output

MODES = (*pitch.MODES, "")  # of keys; a root has no mode


class HarmonyHeads(OnsetHeads):
    """The parts of a Roman numeral at each onset, decoded together.

    Keys and roots are read twice: by name, and in semitones above the lowest note that sounds (in a
    mini-batch: of its window), which is the same in every transposition.

    The parts of a chord are not independent: key, degree and applied degree determine the root.
    Among all chords that occur in the training split (relative to the tonic) in all keys that are
    likely somewhere in the score, the path of keys and chords is chosen whose parts are most
    probable together. A change costs what one more output says, which learns whether any part
    changes from onset to onset; a change of key costs more.

    Args:
        hidden: Size of the note embedding.
        task: The task. Its first head is the key.
    """

    chords: Tensor

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__(hidden, task)
        self.register_buffer("chords", torch.zeros(0, len(task.heads), dtype=torch.long))
        self.change = nn.Linear(hidden, 1)
        size = SEMITONES * len(MODES)
        self.above = nn.ModuleDict({head: nn.Linear(hidden, size) for head in task.places})

    def forward(self, h: Tensor, data: HeteroData) -> Logits:
        """Return the logits of each head; those of a change have shape ``(num_onsets, 1)``."""
        pooled = self.pool(h, data)
        logits = {head: layer(pooled) for head, layer in self.linear.items()}
        note = data["note"]
        bass = note.pitch[find_onsets(note, len(h)).bass] if len(h) else note.pitch[:0]
        for head, layer in self.above.items():
            logits[head] = logits[head] + layer(pooled).gather(1, self._above(head, bass))
        return logits | {CHANGE: self.change(pooled)}

    def _above(self, head: str, bass: Tensor) -> Tensor:
        """Column of each class at each onset: its semitones above the bass, and its mode."""
        places = self.task.places[head]
        semitone, mode = torch.tensor(
            [(7 * place.fifths, MODES.index(place.mode)) for place in places], device=bass.device
        ).T
        column: Tensor = (semitone - bass[:, None]) % SEMITONES * len(MODES) + mode
        return column

    def loss(self, logits: Logits, data: HeteroData) -> Tensor:
        """Loss of the heads, and of whether any head changes from one onset to the next."""
        changes = logits[CHANGE].squeeze(1)
        labels = torch.stack([self.labels(h, data)[: len(changes)] for h in self.task.heads], dim=1)
        score = data.get("onset_batch", torch.zeros_like(labels[:, 0]))[: len(changes)]
        is_known = (labels != IGNORE_LABEL).all(dim=1)
        counts = is_known[1:] & is_known[:-1] & (score[1:] == score[:-1])
        wanted = (labels[1:] != labels[:-1]).any(dim=1).float()
        total = binary_cross_entropy_with_logits(
            changes[1:][counts], wanted[counts], reduction="sum"
        )
        heads = {head: values for head, values in logits.items() if head != CHANGE}
        loss: Tensor = total / counts.sum().clamp(min=1)
        return super().loss(heads, data) + loss

    def fit(self, labels: Mapping[str, Tensor], balance: float) -> None:
        """Weigh the classes as ``ClassHeads.fit`` does, and list the chords that occur."""
        super().fit(labels, balance)
        table = torch.stack([labels[head] for head in self.task.heads], dim=1)
        table = torch.unique(table[(table != IGNORE_LABEL).all(dim=1)], dim=0)
        key_places = self.task.places[self.task.main_head]
        found = set()
        for row in table.tolist():
            key = key_places[row[0]]
            chord = [MODES.index(key.mode)]
            for head, label in list(zip(self.task.heads, row, strict=True))[1:]:
                chord.append(self._relative(head, label, key.fifths))
            found.add(tuple(chord))
        self.chords = torch.tensor(sorted(found), device=self.chords.device)

    def _relative(self, head: str, label: int, tonic: int) -> int:
        """A class relative to the tonic: the distance of a root or key, other classes unchanged."""
        if head not in self.task.places:
            return label
        place = self.task.places[head][label]
        return len(MODES) * (place.fifths - tonic) + MODES.index(place.mode)

    def _absolute(self, head: str, relative: NDArray[np.int64], tonic: int) -> NDArray[np.int64]:
        """The class of a head in a key; -1 if there is none."""
        if head not in self.task.places:
            return relative
        number = {place: i for i, place in enumerate(self.task.places[head])}
        fifths, mode = np.divmod(relative, len(MODES))
        places = zip(fifths.tolist(), mode.tolist(), strict=True)
        return np.array([number.get(Place(tonic + f, MODES[m]), -1) for f, m in places])

    def predict(self, logits: Logits, data: HeteroData) -> dict[str, NDArray[np.int64]]:
        """Return the class of each head at each onset of a score."""
        change = logits[CHANGE].squeeze(1).double().cpu().numpy()
        logits = {head: values for head, values in logits.items() if head != CHANGE}
        if not len(self.chords) or not len(change):
            return super().predict(logits, data)
        log_probability = {
            head: log_softmax(values.float(), dim=1).cpu().numpy()
            for head, values in logits.items()
        }
        of_key = log_probability.pop(self.task.main_head)
        keys = self._likely_keys(of_key)
        chords = self._chords_in(keys)
        is_none = np.any([classes < 0 for classes in chords.values()], axis=0)
        chords = {head: np.maximum(classes, 0) for head, classes in chords.items()}

        def gain(time: int) -> NDArray[np.float32]:
            of_heads = sum(log_probability[head][time][chords[head]] for head in chords)
            both = WEIGHT_OF_KEY * of_key[time, keys, None] + WEIGHT_OF_HEADS * of_heads
            return np.where(is_none, IMPOSSIBLE, both)

        cost = -np.minimum(change, 0)  # a chord changes for free where a change is likelier
        group, chord = best_path_in_groups(gain, cost, COST_OF_KEY_CHANGE)
        parts = {head: classes[group, chord] for head, classes in chords.items()}
        return {self.task.main_head: keys[group], **parts}

    def _likely_keys(self, log_probability: NDArray[np.float32]) -> NDArray[np.int64]:
        """Keys that are likely at some onset, of those whose mode has chords."""
        modes = [MODES.index(place.mode) for place in self.task.places[self.task.main_head]]
        known = np.isin(modes, self.chords[:, 0].cpu().numpy())
        best = np.where(known, log_probability.max(axis=0), IMPOSSIBLE)
        return np.flatnonzero(best >= min(best.max(), np.log(LIKELY)))

    def _chords_in(self, keys: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Class of each head of each chord of each key; -1 where there is none.

        Shape ``(num_keys, num_chords)``, where a key has as many as that with most.
        """
        places = [self.task.places[self.task.main_head][key] for key in keys]
        table = self.chords.cpu().numpy()
        of_key = [table[table[:, 0] == MODES.index(place.mode)] for place in places]
        found = {}
        for i, head in enumerate(list(self.task.heads)[1:], start=1):
            found[head] = np.full((len(keys), max(map(len, of_key))), -1)
            for row, chords, place in zip(found[head], of_key, places, strict=True):
                row[: len(chords)] = self._absolute(head, chords[:, i], place.fifths)
        return found

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        """Accept any stored number of chords."""
        stored = state_dict.get(f"{prefix}chords")
        if stored is not None:
            self.chords = torch.empty_like(stored, device=self.chords.device)
        super()._load_from_state_dict(state_dict, prefix, *args)
