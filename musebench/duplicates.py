"""Finding the same music twice, in any key: n-grams of the outer voices.

Of each onset group the highest and the lowest note count. A gram is a run of steps, each an
interval in semitones: of both voices, or (an arrangement may keep one of them) of one alone, then
a longer run. So neither key nor tempo nor what lies between matters, and a repeat adds nothing. Two
pieces are alike as far as the grams of the smaller one are also those of the other (containment: an
excerpt is found in the whole).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.score import NoteTable

GRAM = 6  # steps of both voices
LINE = 12  # steps of one voice
MIN_GRAMS = 12  # of a piece that says anything
MAX_PIECES_OF_GRAM = 40  # one in more pieces is a formula: a scale, a trill, a cadence
COPY = 0.9  # share of common grams from which one piece is a copy of another
SMALLEST_SHARE = 0.3  # of the grams of the smaller piece: below it two pieces merely share a style
SAMPLED = 8  # one gram of so many finds candidates, which are then compared in full
MANY_PAIRS = 2**24  # that are listed before they are counted: 130 MB
FEW_GRAMS = 24 * SAMPLED  # pieces with fewer are compared in full at once

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]


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


def outer_voices(notes: NoteTable) -> tuple[Ints, Ints]:
    """The highest and the lowest pitch of each onset group; grace notes do not count."""
    index = notes.onset_index
    if len(index) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first = np.flatnonzero(np.diff(index, prepend=-1))
    lasting = notes.duration_div > 0  # grace notes are written in one edition, not in another
    highest = np.maximum.reduceat(np.where(lasting, notes.pitch, -1), first)
    lowest = np.minimum.reduceat(np.where(lasting, notes.pitch, 128), first)
    kept = highest >= 0
    return highest[kept], lowest[kept]


def grams(notes: NoteTable, gram: int = GRAM) -> Hashes:
    """Hashes of the grams of both voices, each once, sorted. Shape ``(num_grams,)``, uint64."""
    highest, lowest = outer_voices(notes)
    steps = np.stack([np.diff(highest), np.diff(lowest)], axis=1) + 128
    return _hashed((steps[:, 0] * 256 + steps[:, 1]).astype(np.uint64), gram)


def line_grams(notes: NoteTable) -> tuple[Hashes, Hashes]:
    """Hashes of the grams of the highest line, and of the lowest; steps of 0 do not count."""
    lines = (np.diff(voice) for voice in outer_voices(notes))
    high, low = (_hashed((line[line != 0] + 128).astype(np.uint64), LINE) for line in lines)
    return high, low


def _hashed(codes: Hashes, gram: int) -> Hashes:
    if len(codes) < gram:
        return np.empty(0, np.uint64)
    hashed = np.zeros(len(codes) - gram + 1, np.uint64)
    for step in range(gram):
        hashed = (hashed ^ codes[step : step + len(hashed)]) * np.uint64(0x9E3779B97F4A7C15)
        hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed)


def find_duplicates(
    pieces: Mapping[str, Hashes],
    smallest_share: float = SMALLEST_SHARE,
    *,
    max_pieces: int = MAX_PIECES_OF_GRAM,
    is_wanted: Callable[[str, str], bool] = lambda first, second: True,  # noqa: ARG005
) -> list[Likeness]:
    """Return the pairs of pieces that are alike, most alike first.

    Candidates are found by a sample of the grams, the same of all pieces, and of pieces with few
    grams by all of them; their share is then counted in full. The time grows with the grams, not
    with the pairs of pieces.

    Args:
        pieces: Name -> ``grams`` of a piece.
        smallest_share: Share of common grams from which two pieces are named.
        max_pieces: A gram in more pieces does not count, as it says nothing of what is alike.
        is_wanted: Whether a pair, given by its names in order, is of interest.
    """
    names = sorted(name for name, found in pieces.items() if len(found) >= MIN_GRAMS)
    if len(names) < 2:
        return []
    hashes = [pieces[name] for name in names]
    common = _common(hashes, max_pieces)
    found = []
    for first, second in _candidates(hashes, max_pieces, smallest_share / 2):
        if is_wanted(names[first], names[second]):
            smaller, larger = sorted((first, second), key=lambda i: len(hashes[i]))
            shared = hashes[smaller][_contains(hashes[larger], hashes[smaller])]
            count = len(shared) - int(_contains(common, shared).sum())
            share = count / len(hashes[smaller])
            if share >= smallest_share:
                found.append(Likeness(names[first], names[second], float(share)))
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def _contains(sorted_hashes: Hashes, wanted: Hashes) -> NDArray[np.bool_]:
    """Whether each of the wanted hashes is among others, which are sorted."""
    if not len(sorted_hashes):
        return np.zeros(len(wanted), bool)
    at = np.searchsorted(sorted_hashes, wanted)
    found: NDArray[np.bool_] = sorted_hashes[np.minimum(at, len(sorted_hashes) - 1)] == wanted
    return found


def _common(hashes: Sequence[Hashes], max_pieces: int) -> Hashes:
    """Grams that are in too many pieces, sorted."""
    gram, counts = np.unique(np.concatenate(hashes), return_counts=True)
    common: Hashes = gram[counts > max_pieces]
    return common


def _candidates(
    hashes: Sequence[Hashes], max_pieces: int, smallest_share: float
) -> Iterator[tuple[int, int]]:
    """Pairs of positions of pieces that may be alike."""
    sizes = np.array([len(found) for found in hashes])
    sampled = [found[found % np.uint64(SAMPLED) == 0] for found in hashes]
    few = np.flatnonzero(sizes < FEW_GRAMS)
    pairs = [_pairs(sampled, max_pieces, smallest_share)]
    if len(few):
        of_few = np.unique(np.concatenate([hashes[i] for i in few.tolist()]))
        there = [found[_contains(of_few, found)] for found in hashes]
        pairs.append(
            _pairs(there, max_pieces, smallest_share, np.where(sizes < FEW_GRAMS, sizes, 0))
        )
    for code in np.unique(np.concatenate(pairs)).tolist():
        yield divmod(code, len(hashes))


def _pairs(
    hashes: Sequence[Hashes],
    max_pieces: int,
    smallest_share: float,
    sizes: Ints | None = None,
) -> Ints:
    """Pairs that share so many of their grams, as ``first * num_pieces + second``.

    Args:
        hashes: Grams of each piece.
        max_pieces: See ``find_duplicates``.
        smallest_share: Share of the grams of the smaller piece.
        sizes: Number of grams that each piece has; 0 of one that is never the smaller. None: as
            many as there are.
    """
    number = np.array([len(found) for found in hashes]) if sizes is None else sizes
    gram = np.concatenate(hashes)
    piece = np.repeat(np.arange(len(hashes)), [len(found) for found in hashes])
    order = np.argsort(gram, kind="stable")
    gram, piece = gram[order], piece[order]
    starts = np.flatnonzero(np.diff(gram, prepend=gram[:1] - np.uint64(1)) != 0)
    lengths = np.diff(np.append(starts, len(gram)))
    codes, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    waiting = [codes]
    for size in np.unique(lengths[(lengths > 1) & (lengths <= max_pieces)]).tolist():
        rows = piece[starts[lengths == size][:, None] + np.arange(size)]
        left, right = np.triu_indices(size, 1)
        waiting.append((rows[:, left] * len(hashes) + rows[:, right]).ravel())
        if sum(map(len, waiting)) > MANY_PAIRS:
            codes, counts = _added(codes, counts, np.concatenate(waiting))
            waiting = []
    if waiting:
        codes, counts = _added(codes, counts, np.concatenate(waiting))
    first, second = np.divmod(codes, len(hashes))
    smaller = np.where(number == 0, np.iinfo(np.int64).max, number)
    smaller = np.minimum(smaller[first], smaller[second])
    kept: Ints = codes[counts >= np.maximum(1, smallest_share * smaller)]
    return kept


def _added(codes: Ints, counts: Ints, more: Ints) -> tuple[Ints, Ints]:
    """Pairs and how often they were seen, with those that were seen now."""
    of_more, seen = np.unique(more, return_counts=True)
    joined, place = np.unique(np.concatenate([codes, of_more]), return_inverse=True)
    totals = np.bincount(place, np.concatenate([counts, seen]), len(joined)).astype(np.int64)
    return joined, totals


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
