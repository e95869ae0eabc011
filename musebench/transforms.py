"""Changes of graphs for training."""

import numpy as np
import torch
from torch_geometric.data import HeteroData
from torch_geometric.transforms import BaseTransform

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.features import PITCH_CLASS_COLUMNS, feature_names


class RandomTransposition(BaseTransform):  # type: ignore[misc]
    """Transpose a score to another key, spelling and key signature with it.

    A number of fifths is drawn among those that keep every spelling and key signature of the score
    within the classes, alike for all; notes move by the corresponding semitones, at most six up or
    down. A major key with many sharps thus becomes the same music with few flats.

    Args:
        inputs: Groups of features in ``x``, among them ``pitch``.
        seed: Seed of the draws.
    """

    def __init__(self, inputs: tuple[str, ...], seed: int) -> None:
        names = feature_names(inputs)
        self.pitch_class = slice(names.index(PITCH_CLASS_COLUMNS[0]), None)
        self.pitch_class = slice(self.pitch_class.start, self.pitch_class.start + 12)
        self.octaves = names.index("octaves_from_middle_c")
        self.random = np.random.default_rng(seed)

    def forward(self, data: HeteroData) -> HeteroData:
        """Return the transposed graph; the one given is left as it is."""
        fifths = int(self.random.choice(_possible_fifths(data["note"].y, data["note"].y_key_signature)))
        note = data["note"]
        semitones = (7 * fifths + 6) % 12 - 6
        if note.pitch.max() + semitones > 127:
            semitones -= 12
        if note.pitch.min() + semitones < 0:
            semitones += 12
        note.pitch = note.pitch + semitones
        x = note.x.clone()
        x[:, self.pitch_class] = x[:, self.pitch_class].roll(semitones, dims=1)
        x[:, self.octaves] += semitones / 12
        note.x = x
        for name in ("y", "y_key_signature"):
            label = note[name]
            note[name] = torch.where(label == IGNORE_LABEL, label, label + fifths)
        return data


def _possible_fifths(spelling: torch.Tensor, key_signature: torch.Tensor) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Transpositions that keep all classes in range; only 0 if the score has no labels."""
    lowest, highest = -12, 12
    ranges = (
        (spelling, pitch.MAX_TPC - pitch.MIN_TPC),
        (key_signature, pitch.MAX_FIFTHS - pitch.MIN_FIFTHS),
    )
    for label, last in ranges:
        known = label[label != IGNORE_LABEL]
        if not len(known):
            return np.array([0])
        lowest = max(lowest, -int(known.min()))
        highest = min(highest, last - int(known.max()))
    return np.arange(lowest, max(highest, lowest) + 1) if highest >= lowest else np.array([0])
