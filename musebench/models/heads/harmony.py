"""Heads of Roman numerals, and the decoding of their logits into chords that exist."""

from collections.abc import Mapping
from itertools import pairwise
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
from musebench.tasks import Place, Task
from musebench.viterbi import best_path

# Constants of the decoding, chosen on the validation split of augmentednet-roman-numeral.
COST_OF_KEY_CHANGE = 3.0
WEIGHT_OF_HEADS = 0.3  # they are not independent
IMPOSSIBLE = -1e9

CHANGE = "change"  # of any head from the onset before, an auxiliary output

MODES = (*pitch.MODES, "")  # of keys; a root has no mode


class HarmonyHeads(OnsetHeads):
    """The parts of a Roman numeral at each onset, decoded together.

    The parts of a chord are not independent: key, degree and applied degree determine the root. The
    key of each onset is that of the most probable path over the onsets of a score, where a change
    of key has a cost. In this key, among all chords that occur in the training split (relative to
    the tonic), the path of chords is chosen whose parts are most probable together, where a change
    costs what one more output says, which learns whether any part changes from onset to onset.

    Args:
        hidden: Size of the note embedding.
        task: The task. Its first head is the key.
    """

    chords: Tensor

    def __init__(self, hidden: int, task: Task) -> None:
        super().__init__(hidden, task)
        self.register_buffer("chords", torch.zeros(0, len(task.heads), dtype=torch.long))
        self.change = nn.Linear(hidden, 1)

    def forward(self, h: Tensor, data: HeteroData) -> Logits:
        """Return the logits of each head; those of a change have shape ``(num_onsets, 1)``."""
        pooled = self.pool(h, data)
        logits = {head: layer(pooled) for head, layer in self.linear.items()}
        return logits | {CHANGE: self.change(pooled)}

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
        if not len(self.chords):
            return super().predict(logits, data)
        log_probability = {
            head: log_softmax(values.double(), dim=1).cpu().numpy()
            for head, values in logits.items()
        }
        key_head, *others = self.task.heads
        known = set(self.chords[:, 0].tolist())
        modes = [MODES.index(place.mode) for place in self.task.places[key_head]]
        has_chords = np.array([mode in known for mode in modes])
        of_keys = np.where(has_chords, log_probability[key_head], IMPOSSIBLE)
        key = best_path(of_keys, COST_OF_KEY_CHANGE)
        cost = -np.minimum(change, 0)  # a chord changes for free where a change is likelier
        predicted = {head: np.zeros(len(key), dtype=np.int64) for head in others}
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        for begin, end in pairwise([*begins, len(key)]):
            here, of_head = slice(begin, end), self._chords_in(int(key[begin]))
            gain = sum(
                np.where(classes >= 0, log_probability[head][here, classes], IMPOSSIBLE)
                for head, classes in of_head.items()
            )
            chosen = best_path(WEIGHT_OF_HEADS * np.asarray(gain), cost[here])
            for head, classes in of_head.items():
                predicted[head][here] = np.maximum(classes[chosen], 0)
        return {key_head: key, **predicted}

    def _chords_in(self, key: int) -> dict[str, NDArray[np.int64]]:
        """Class of each head of each chord of a key."""
        _, *others = self.task.heads
        place = self.task.places[self.task.main_head][key]
        chords = self.chords.cpu().numpy()
        chords = chords[chords[:, 0] == MODES.index(place.mode)]
        return {
            head: self._absolute(head, chords[:, i], place.fifths)
            for i, head in enumerate(others, start=1)
        }

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        """Accept any stored number of chords."""
        stored = state_dict.get(f"{prefix}chords")
        if stored is not None:
            self.chords = torch.empty_like(stored, device=self.chords.device)
        super()._load_from_state_dict(state_dict, prefix, *args)
