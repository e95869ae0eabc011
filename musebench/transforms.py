"""Random changes of graphs, to augment the training data."""

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import HeteroData
from torch_geometric.data.storage import BaseStorage
from torch_geometric.transforms import BaseTransform

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.features import LETTER_COLUMNS, LETTERS, PITCH_CLASS_COLUMNS, feature_names
from musebench.tasks import Place, Task

MOST_FIFTHS = 12  # largest shift: twelve fifths up or down, a score sounds as before
ANY_FIFTHS = (-5, 6)  # if no label moves: each of the twelve transpositions once


class RandomTransposition(BaseTransform):  # type: ignore[misc]
    """Transpose each score to another key, together with its spellings, keys and roots.

    The number of fifths is drawn uniformly from those that keep every label between the first and
    last of its classes (a label that would fall on no class is left out) and every key (or key
    signature) within ``max_accidentals`` (within the classes, if a score already has more).
    Notes move by the corresponding semitones, at most six up or down, or by an octave more or less
    if they would leave the range of MIDI. If no label of the task moves, the twelve transpositions
    are equally likely.

    Each score of a mini-batch gets its own draw. If a batch has a ``seed``, as a batch of
    ``MuseNeighborLoader`` has, its draws depend only on that seed and the one given here.

    Args:
        task: The task; its inputs include ``pitch``, and ``places`` locates its classes.
        seed: Seed of the draws.
        max_accidentals: Largest number of sharps or flats in a key signature. With 7, D flat major
            is drawn as often as C sharp major, which sounds the same; with 5 each key has one name.
    """

    def __init__(self, task: Task, seed: int, max_accidentals: int = 5) -> None:
        names = feature_names(task.inputs)
        first = names.index(PITCH_CLASS_COLUMNS[0])
        self.pitch_class = slice(first, first + len(PITCH_CLASS_COLUMNS))
        self.octaves = names.index("octaves_from_middle_c")
        self.letters, self.alter = slice(0, 0), -1
        if LETTER_COLUMNS[0] in names:
            first = names.index(LETTER_COLUMNS[0])
            self.letters = slice(first, first + len(LETTER_COLUMNS))
            self.alter = names.index("alter")
        self.task = task
        self.moved = {head: _moved_classes(places) for head, places in task.places.items()}
        self.seed = seed
        self.random = np.random.default_rng(seed)
        self.max_accidentals = max_accidentals

    def forward(self, data: HeteroData) -> HeteroData:
        """Return the transposed graph; the given one is unchanged."""
        note = data["note"]
        score = note.batch if "batch" in note else torch.zeros_like(note.pitch)
        random = np.random.default_rng([self.seed, data.seed]) if "seed" in data else self.random
        least, most = self._possible_fifths(data, int(score.max()) + 1 if len(score) else 0)
        drawn = torch.from_numpy(random.integers(least.numpy(), most.numpy(), endpoint=True))
        semitones = _semitones(drawn, note.pitch, score)[score]
        note.pitch = note.pitch + semitones
        note.x = self._move_features(note.x, drawn[score], semitones)
        for head, moved in self.moved.items():
            store, of_score = self._labels(data)
            name = self.task.label_field(head)
            label = store[name]
            after = moved[label.clamp(min=0), drawn[of_score] + MOST_FIFTHS]
            store[name] = torch.where(label == IGNORE_LABEL, label, after)
        return data

    def _labels(self, data: HeteroData) -> tuple[BaseStorage, Tensor]:
        """The store of the labels, and the score of each label."""
        of_notes = self.task.unit == "note"
        store = data["note"] if of_notes else data._global_store
        name = "batch" if of_notes else "onset_batch"
        label = store[self.task.label_field(self.task.main_head)]
        return store, store[name] if name in store else torch.zeros_like(label)

    def _move_features(self, before: Tensor, fifths: Tensor, semitones: Tensor) -> Tensor:
        x = before.clone()
        rolled = (torch.arange(12) - semitones[:, None]) % 12  # (num_notes, 12)
        x[:, self.pitch_class] = before[:, self.pitch_class].gather(1, rolled)
        x[:, self.octaves] += semitones / 12
        if self.alter >= 0:
            letter = before[:, self.letters].argmax(dim=1)
            tpc = _LETTER_TPC[letter] + 7 * before[:, self.alter].long() + fifths
            x[:, self.letters] = torch.eye(len(LETTERS))[_TPC_LETTER[(tpc + 1) % 7]]
            x[:, self.alter] = torch.div(tpc + 1, 7, rounding_mode="floor").float()
        return x

    def _possible_fifths(self, data: HeteroData, num_scores: int) -> tuple[Tensor, Tensor]:
        """Lowest and highest shift of each score, in fifths; 0 if labels are hidden."""
        if not self.task.places:
            limits = (torch.full((num_scores,), fifths) for fifths in ANY_FIFTHS)
            return next(limits), next(limits)
        least = torch.full((num_scores,), -MOST_FIFTHS)
        most = torch.full((num_scores,), MOST_FIFTHS)
        is_known = torch.ones(num_scores, dtype=torch.bool)
        store, score = self._labels(data)
        for head, places in self.task.places.items():
            label = store[self.task.label_field(head)]
            fifths = torch.tensor([place.fifths for place in places])
            lowest, highest, has_label = _range_by_score(fifths, label, score, num_scores)
            least = torch.maximum(least, fifths.min() - lowest)
            most = torch.minimum(most, fifths.max() - highest)
            is_known &= has_label
            if places[0].mode:
                signatures = torch.tensor([place.signature for place in places])
                flattest, sharpest, _ = _range_by_score(signatures, label, score, num_scores)
                least = torch.maximum(least, (-self.max_accidentals - flattest).clamp(max=0))
                most = torch.minimum(most, (self.max_accidentals - sharpest).clamp(min=0))
        return least * is_known, torch.maximum(most, least) * is_known


_LETTER_TPC = torch.tensor([pitch.STEP_TO_TPC[letter] for letter in LETTERS])
_TPC_LETTER = torch.tensor([LETTERS.index(letter) for letter in "FCGDAEB"])


def _moved_classes(places: tuple[Place, ...]) -> Tensor:
    """Class after each shift in fifths, ``IGNORE_LABEL`` if there is none.

    Returns:
        Shape ``(num_classes, 2 * MOST_FIFTHS + 1)``, int64; the middle column does not shift.
    """
    number = {place: i for i, place in enumerate(places)}
    shifts = range(-MOST_FIFTHS, MOST_FIFTHS + 1)
    return torch.tensor(
        [
            [number.get(Place(place.fifths + k, place.mode), IGNORE_LABEL) for k in shifts]
            for place in places
        ]
    )


def _range_by_score(
    values: Tensor, label: Tensor, score: Tensor, num_scores: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Lowest and highest value of each score's classes, and whether any of them is known."""
    known, of_known = values[label[label != IGNORE_LABEL]], score[label != IGNORE_LABEL]
    nothing = values.new_zeros(num_scores)
    lowest, highest = (
        nothing.scatter_reduce(0, of_known, known, reduce, include_self=False)
        for reduce in ("amin", "amax")
    )
    return lowest, highest, torch.bincount(of_known, minlength=num_scores) > 0


def _semitones(fifths: Tensor, note_pitch: Tensor, score: Tensor) -> Tensor:
    """Smallest move in semitones that keeps all notes of each score within the range of MIDI."""
    every = torch.arange(128)
    lowest, highest, _ = _range_by_score(every, note_pitch, score, len(fifths))
    semitones = (7 * fifths + 6) % 12 - 6
    semitones = semitones - 12 * (highest + semitones > 127)
    return semitones + 12 * (lowest + semitones < 0)
