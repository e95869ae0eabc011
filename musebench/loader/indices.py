"""Convert indices of a piece to indices of a batch.

The nodes of a batch are ordered by hop, then score, then time, so a key of score and time consists
of a few ascending runs, which a stable sort merges in linear time.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from musebench.annotations import IGNORE_LABEL


def first_notes_of_onsets(onset_index: Tensor, score: Tensor) -> Tensor:
    """Positions where an onset group begins, among notes sorted by score and time.

    Args:
        onset_index: Onset group of each note in its score. Shape ``(num_notes,)``.
        score: Score of each note.
    """
    begins = torch.ones_like(onset_index, dtype=torch.bool)
    begins[1:] = (onset_index[1:] != onset_index[:-1]) | (score[1:] != score[:-1])
    return begins.nonzero().squeeze(1)


def number_onsets(onset_index: Tensor, score: Tensor, num_targets: int) -> Tensor:
    """Number the onset groups of a batch: first those of the targets, in order, then the others.

    Args:
        onset_index: Onset group of each note in its score. Shape ``(num_notes,)``.
        score: Score of each note.
        num_targets: Number of targets, which come first and form whole groups.

    Returns:
        Onset group of each note in the batch. Shape ``(num_notes,)``, int64.
    """
    key = _key(score, onset_index).numpy()
    number = np.empty_like(key)
    first = 0
    for begin, end in ((0, num_targets), (num_targets, len(key))):
        order = begin + np.argsort(key[begin:end], kind="stable")
        is_new = np.diff(key[order], prepend=-1) != 0
        number[order] = first - 1 + is_new.cumsum()
        first += int(is_new.sum())
    return torch.from_numpy(number)


def point_into_batch(label: Tensor, n_id: Tensor, score: Tensor) -> Tensor:
    """Convert link labels from notes of a piece to notes of a batch.

    Args:
        label: Index of a note of the same piece, or negative. Shape ``(num_notes,)``.
        n_id: Index of each note in its piece.
        score: Score of each note.

    Returns:
        Index of that note in the batch, ``IGNORE_LABEL`` if it is not in the batch; negative labels
        are unchanged. Shape ``(num_notes,)``, int64.
    """
    if not len(label):
        return label
    span = int(torch.maximum(label.max(), n_id.max())) + 1
    key: NDArray[np.int64] = (score * span + n_id).numpy()
    order = np.argsort(key, kind="stable")
    wanted = (score * span + label).numpy()
    place = order[np.searchsorted(key, wanted, sorter=order).clip(max=len(key) - 1)]
    found = torch.from_numpy(np.where(key[place] == wanted, place, IGNORE_LABEL))
    return torch.where(label < 0, label, found)


def labels_of_scores(label: Tensor, num_targets: Tensor) -> Tensor:
    """Ignore the label of scores whose window has no note, since nothing can be predicted there.

    Args:
        label: Label of each score. Shape ``(num_scores,)``.
        num_targets: Number of targets of each score.
    """
    none = float("nan") if label.is_floating_point() else IGNORE_LABEL
    return torch.where(num_targets > 0, label, torch.full_like(label, none))


def _key(score: Tensor, index: Tensor) -> Tensor:
    return score * (int(index.max()) + 1 if len(index) else 1) + index
