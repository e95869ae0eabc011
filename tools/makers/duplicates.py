"""Finding the same music twice, in any key: n-grams of the outer voices.

Of each onset group the highest and the lowest note count. A gram is a run of ``GRAM`` steps, each
the interval of the highest notes and that of the lowest: neither key nor tempo nor what lies
between matters, and a repeat adds nothing. Two pieces are alike as far as the grams of the smaller
one are also those of the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.score import NoteTable

GRAM = 6  # steps
MIN_GRAMS = 12  # of a piece that says anything
MAX_PIECES_OF_GRAM = 40  # one in more pieces is a formula: a scale, a trill, a cadence
COPY = 0.9  # share of common grams from which one piece is a copy of another
SMALLEST_SHARE = 0.3  # of the grams of the smaller piece: below it two pieces merely share a style

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Likeness:
    """Two pieces that are alike.

    Attributes:
        first: Name of a piece.
        second: Name of another, later in the alphabet.
        share: Share of the grams of the smaller one that both have, 0 to 1.
    """

    first: str
    second: str
    share: float


def grams(notes: NoteTable, gram: int = GRAM) -> Hashes:
    """Hashes of the grams of a score, each once, sorted. Shape ``(num_grams,)``, uint64."""
    index = notes.onset_index
    if len(index) == 0:
        return np.empty(0, np.uint64)
    first = np.flatnonzero(np.diff(index, prepend=-1))
    lasting = notes.duration_div > 0  # grace notes are written in one edition, not in another
    highest = np.maximum.reduceat(np.where(lasting, notes.pitch, -1), first)
    lowest = np.minimum.reduceat(np.where(lasting, notes.pitch, 128), first)
    kept = highest >= 0
    steps = np.stack([np.diff(highest[kept]), np.diff(lowest[kept])], axis=1) + 128
    if len(steps) < gram:
        return np.empty(0, np.uint64)
    codes = (steps[:, 0] * 256 + steps[:, 1]).astype(np.uint64)
    hashed = np.zeros(len(codes) - gram + 1, np.uint64)
    for step in range(gram):
        hashed = (hashed ^ codes[step : step + len(hashed)]) * np.uint64(0x9E3779B97F4A7C15)
        hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed)


def find_duplicates(
    pieces: Mapping[str, Hashes], smallest_share: float = SMALLEST_SHARE
) -> list[Likeness]:
    """Return the pairs of pieces that are alike, most alike first.

    Args:
        pieces: Name -> ``grams`` of a piece.
        smallest_share: Share of common grams from which two pieces are named.
    """
    names = sorted(name for name, found in pieces.items() if len(found) >= MIN_GRAMS)
    if len(names) < 2:
        return []
    sizes = np.array([len(pieces[name]) for name in names])
    gram = np.concatenate([pieces[name] for name in names])
    piece = np.repeat(np.arange(len(names)), sizes)
    order = np.argsort(gram, kind="stable")
    gram, piece = gram[order], piece[order]
    starts = np.flatnonzero(np.diff(gram, prepend=gram[0] - np.uint64(1)) != 0)
    lengths = np.diff(np.append(starts, len(gram)))
    common: dict[int, int] = {}
    for size in range(2, MAX_PIECES_OF_GRAM + 1):
        rows = piece[starts[lengths == size][:, None] + np.arange(size)]
        left, right = np.triu_indices(size, 1)
        pairs, counts = np.unique(
            rows[:, left].ravel() * len(names) + rows[:, right].ravel(), return_counts=True
        )
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            common[pair] = common.get(pair, 0) + count
    found = []
    for pair, count in common.items():
        first, second = divmod(pair, len(names))
        share = count / min(sizes[first], sizes[second])
        if share >= smallest_share:
            found.append(Likeness(names[first], names[second], float(share)))
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def find_copies(tables: Mapping[str, NoteTable]) -> dict[str, str]:
    """Why pieces count as copies: name -> reason, that names the piece that stays.

    Args:
        tables: Name -> note table; of pieces that are alike the first by name stays.
    """
    pairs = find_duplicates({name: grams(notes) for name, notes in tables.items()}, COPY)
    reasons: dict[str, str] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.first, pair.second)):
        if pair.first not in reasons:
            reasons.setdefault(pair.second, f"near-duplicate of {pair.first}")
    return reasons
