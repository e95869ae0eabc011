"""Candidate pairs: each note with the notes that may follow it in its voice."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data.storage import NodeStorage

from musebench import _core
from musebench.annotations import CANDIDATE_GROUPS, CANDIDATE_MEASURES, window_div
from musebench.graph.edges import DEFAULT_MAX_EDGES
from musebench.score import NoteTable


def candidate_pairs(
    notes: NoteTable,
    *,
    max_groups: int = CANDIDATE_GROUPS,
    max_measures: int = CANDIDATE_MEASURES,
    max_pairs: int = DEFAULT_MAX_EDGES,
) -> Tensor:
    """Pair each note with those that may be the next of its voice.

    A second note may start after the first one starts and not before it ends, within the first
    ``max_groups`` onset groups or the first ``max_measures`` measures after the end.

    Args:
        notes: A note table; only onset, duration and time signature are used.
        max_groups: Number of onset groups.
        max_measures: Number of measures, of the first note's time signature.
        max_pairs: Refuse a score with more pairs, before any is computed.

    Returns:
        First and second note of each pair, sorted. Shape ``(2, num_pairs)``, int64.

    Raises:
        InputError: If a limit is negative, or the score has more than ``max_pairs`` pairs.
    """
    columns = (notes.onset_div, notes.duration_div, window_div(notes, max_measures))
    return torch.from_numpy(_pairs(columns, max_groups=max_groups, max_pairs=max_pairs))


def pairs_of_notes(note: NodeStorage, ends: Sequence[int]) -> Tensor:
    """Pair the notes within each run, as ``candidate_pairs`` does.

    Args:
        note: The notes of a graph or batch, with ``window_div``.
        ends: Where the runs begin and end, ascending, such as ``[0, num_notes]``.

    Returns:
        Shape ``(2, num_pairs)``, int64, on the device of the notes.
    """
    columns = [note[name].cpu().numpy() for name in ("onset_div", "duration_div", "window_div")]
    pairs = [
        begin + _pairs([column[begin:end] for column in columns]) for begin, end in pairwise(ends)
    ]
    return torch.from_numpy(np.concatenate(pairs, axis=1)).to(note.window_div.device)


def _pairs(
    columns: Iterable[NDArray[np.int64]],
    max_groups: int = CANDIDATE_GROUPS,
    max_pairs: int = DEFAULT_MAX_EDGES,
) -> NDArray[np.int64]:
    times = map(np.ascontiguousarray, columns)
    return _core.candidate_pairs(*times, max_groups=max_groups, max_pairs=max_pairs)
