"""Changes of graphs for training."""

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import HeteroData
from torch_geometric.transforms import BaseTransform

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.features import PITCH_CLASS_COLUMNS, feature_names


class RandomTransposition(BaseTransform):  # type: ignore[misc]
    """Transpose each score to another key, spelling and key signature with it.

    A number of fifths is drawn, alike among those that keep every spelling within the classes and
    every key signature within ``max_accidentals`` (within the classes, for a score that has more as
    it is). Notes move by the corresponding semitones, at most six up or down.

    In a mini-batch, each score has its own draw. The draws of a batch that has a ``seed``, as those
    of ``MuseNeighborLoader`` have, follow from it and the seed given here.

    Args:
        inputs: Groups of features in ``x``, among them ``pitch``.
        seed: Seed of the draws.
        max_accidentals: Most sharps or flats of a key signature. With 7, D flat major would be
            drawn as often as C sharp major, which sounds the same; with 5 each key has one name.
    """

    def __init__(self, inputs: tuple[str, ...], seed: int, max_accidentals: int = 5) -> None:
        names = feature_names(inputs)
        first = names.index(PITCH_CLASS_COLUMNS[0])
        self.pitch_class = slice(first, first + len(PITCH_CLASS_COLUMNS))
        self.octaves = names.index("octaves_from_middle_c")
        self.seed = seed
        self.random = np.random.default_rng(seed)
        self.max_accidentals = max_accidentals

    def forward(self, data: HeteroData) -> HeteroData:
        """Return the transposed graph; the one given is left as it is."""
        note = data["note"]
        score = note.batch if "batch" in note else torch.zeros_like(note.pitch)
        random = np.random.default_rng([self.seed, data.seed]) if "seed" in data else self.random
        least, most = self._possible_fifths(note.y, note.y_key_signature, score)
        drawn = torch.from_numpy(random.integers(least.numpy(), most.numpy(), endpoint=True))
        fifths, semitones = drawn[score], _semitones(drawn, note.pitch, score)[score]
        note.pitch = note.pitch + semitones
        x = note.x.clone()
        rolled = (torch.arange(12) - semitones[:, None]) % 12  # (num_notes, 12)
        x[:, self.pitch_class] = note.x[:, self.pitch_class].gather(1, rolled)
        x[:, self.octaves] += semitones / 12
        note.x = x
        for name in ("y", "y_key_signature"):
            label = note[name]
            note[name] = torch.where(label == IGNORE_LABEL, label, label + fifths)
        return data

    def _possible_fifths(
        self, spelling: Tensor, key_signature: Tensor, score: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Fewest and most fifths up for each score, down as negative; 0 if labels are hidden."""
        lowest, highest, has_spelling = _range_by_score(spelling, score)
        flattest, sharpest, has_key = _range_by_score(key_signature, score)
        flats, sharps = (
            n - pitch.MIN_FIFTHS for n in (-self.max_accidentals, self.max_accidentals)
        )
        least = torch.maximum(-lowest, (flats - flattest).clamp(max=0))
        most = torch.minimum(
            len(pitch.SPELLING_CLASSES) - 1 - highest, (sharps - sharpest).clamp(min=0)
        )
        is_known = has_spelling & has_key
        return least * is_known, most * is_known


def _range_by_score(values: Tensor, score: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lowest and highest value of each score, and whether it has any that is not hidden."""
    known, of_known = values[values != IGNORE_LABEL], score[values != IGNORE_LABEL]
    nothing = values.new_zeros(int(score.max()) + 1 if len(score) else 0)
    lowest, highest = (
        nothing.scatter_reduce(0, of_known, known, reduce, include_self=False)
        for reduce in ("amin", "amax")
    )
    return lowest, highest, torch.bincount(of_known, minlength=len(nothing)) > 0


def _semitones(fifths: Tensor, note_pitch: Tensor, score: Tensor) -> Tensor:
    """The nearest way that keeps all notes of each score within MIDI pitch."""
    lowest, highest, _ = _range_by_score(note_pitch, score)
    semitones = (7 * fifths + 6) % 12 - 6
    semitones = semitones - 12 * (highest + semitones > 127)
    return semitones + 12 * (lowest + semitones < 0)
