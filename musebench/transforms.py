"""Changes of graphs for training."""

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import HeteroData
from torch_geometric.transforms import BaseTransform

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.features import PITCH_CLASS_COLUMNS, feature_names
from musebench.graph import NOTE_EDGE_TYPES


class RandomTransposition(BaseTransform):  # type: ignore[misc]
    """Transpose a score to another key, spelling and key signature with it.

    A number of fifths is drawn, alike among those that keep every spelling within the classes and
    every key signature within ``max_accidentals`` (within the classes, for a score that has more as
    it is). Notes move by the corresponding semitones, at most six up or down.

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
        self.random = np.random.default_rng(seed)
        self.max_accidentals = max_accidentals

    def forward(self, data: HeteroData) -> HeteroData:
        """Return the transposed graph; the one given is left as it is."""
        note = data["note"]
        fifths = int(self.random.choice(self._possible_fifths(note.y, note.y_key_signature)))
        semitones = _semitones(fifths, note.pitch)
        note.pitch = note.pitch + semitones
        x = note.x.clone()
        x[:, self.pitch_class] = x[:, self.pitch_class].roll(semitones, dims=1)
        x[:, self.octaves] += semitones / 12
        note.x = x
        for name in ("y", "y_key_signature"):
            label = note[name]
            note[name] = torch.where(label == IGNORE_LABEL, label, label + fifths)
        return data

    def _possible_fifths(self, spelling: Tensor, key_signature: Tensor) -> list[int]:
        spelling = spelling[spelling != IGNORE_LABEL] + pitch.MIN_TPC
        keys = key_signature[key_signature != IGNORE_LABEL] + pitch.MIN_FIFTHS
        if not len(spelling) or not len(keys):  # hidden labels
            return [0]
        most = self.max_accidentals
        low = max(pitch.MIN_TPC - int(spelling.min()), min(-most - int(keys.min()), 0))
        high = min(pitch.MAX_TPC - int(spelling.max()), max(most - int(keys.max()), 0))
        return list(range(low, high + 1))


def _semitones(fifths: int, note_pitch: Tensor) -> int:
    """The nearest way that keeps all notes within MIDI pitch."""
    semitones = (7 * fifths + 6) % 12 - 6
    if int(note_pitch.max()) + semitones > 127:
        return semitones - 12
    if int(note_pitch.min()) + semitones < 0:
        return semitones + 12
    return semitones


class RandomWindow(BaseTransform):  # type: ignore[misc]
    """Cut a run of consecutive notes out of a score, whole chords, without beats and measures.

    Args:
        num_notes: Notes at most; a score that is not longer is taken whole, and so is a chord.
        seed: Seed of the draws.
    """

    def __init__(self, num_notes: int, seed: int) -> None:
        self.num_notes = num_notes
        self.random = np.random.default_rng(seed)

    def forward(self, data: HeteroData) -> HeteroData:
        """Return the window; the graph given is left as it is."""
        onset = data["note"].onset_index
        last_start = max(len(onset) - self.num_notes, 0)
        middle = int(self.random.integers(last_start + 1))
        begin = int(torch.searchsorted(onset, onset[middle]))
        end = int(
            torch.searchsorted(onset, onset[min(middle + self.num_notes, len(onset)) - 1] + 1)
        )
        window = HeteroData()
        for name, values in data["note"].items():
            window["note"][name] = values[begin:end]
        for edge_type in NOTE_EDGE_TYPES:
            edge_index = data[edge_type].edge_index
            inside = ((edge_index >= begin) & (edge_index < end)).all(dim=0)
            window[edge_type].edge_index = edge_index[:, inside] - begin
        return window
