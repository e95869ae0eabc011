"""Which split and which fold a musical work goes to. Nothing is drawn at random.

The test split of fold k is the works of fold k. Fold 0 has the splits of version 1.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from makers.work_names import composer_of
from musebench.corpora import CORPORA
from musebench.splits import NUM_FOLDS

SHARES = {"train": 0.7, "valid": 0.1, "test": 0.2}
"""Share of the notes that each split was meant to hold in version 1."""
FOLDS = range(NUM_FOLDS)

_SMALLEST_COMPOSER = 5  # composers with fewer works are spread together, as one group
_POOLED = ""
_ENSEMBLES = {corpus.name for corpus in CORPORA["dcml_ensembles"].members}
_DCML = {corpus.name for corpus in CORPORA["dcml"].members}

_Place = TypeVar("_Place", str, int)
_Notes = Mapping[str, int]  # stratum -> number of notes


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a corpus, its work, and its number of notes (tied notes counted once)."""

    corpus: str
    piece_id: str
    work_id: str
    num_notes: int


def split_greedily(pieces: Iterable[Piece]) -> dict[str, str]:
    """Spread works over the splits, as version 1 did.

    Each composer comes near ``SHARES`` in each corpus. Composers with fewer than five works form
    one group.

    Args:
        pieces: All pieces of all corpora.

    Returns:
        Split of each work id.
    """
    pieces = list(pieces)
    num_works = Counter(map(composer_of, {piece.work_id for piece in pieces}))

    def strata(piece: Piece) -> list[str]:
        composer = composer_of(piece.work_id)
        group = composer if num_works[composer] >= _SMALLEST_COMPOSER else _POOLED
        return [f"{group} {piece.corpus}"]

    return assign_greedily(_count_notes(pieces, strata), SHARES, {})


def fold_greedily(
    pieces: Iterable[Piece], folds: Sequence[int], known: Mapping[str, int]
) -> dict[str, int]:
    """Spread works over folds, evenly per composer and over all composers.

    Both count in each family of corpora that boards combine: DCML's keyboard music, DCML's
    ensembles, and each other corpus.

    Args:
        pieces: The pieces of the works, and of those that have a fold.
        folds: Where a work may go.
        known: Fold of works that have one; they stay, and count.

    Returns:
        Fold of each work id.
    """

    def strata(piece: Piece) -> list[str]:
        family = "dcml_keyboard" if piece.corpus in _DCML - _ENSEMBLES else piece.corpus
        family = "dcml_ensembles" if piece.corpus in _ENSEMBLES else family
        return [family, f"{composer_of(piece.work_id)} {family}"]

    shares = dict.fromkeys(folds, 1 / len(folds))
    return assign_greedily(_count_notes(pieces, strata), shares, known)


def _count_notes(
    pieces: Iterable[Piece], strata: Callable[[Piece], list[str]]
) -> dict[str, dict[str, int]]:
    notes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for piece in pieces:
        for stratum in strata(piece):
            notes[piece.work_id][stratum] += piece.num_notes
    return notes


def assign_greedily(
    notes: Mapping[str, _Notes], shares: Mapping[_Place, float], known: Mapping[str, _Place]
) -> dict[str, _Place]:
    """Spread works over places (splits or folds), the largest works first.

    Each work goes to the place that leaves the smallest squared deviation from the shares, summed
    over the strata it occurs in; the deviation in a stratum is relative to its notes. The pass is
    repeated, each work moving if another place is better now, until none moves.

    Args:
        notes: Per work id, its notes in each stratum, such as a corpus.
        shares: Share of the notes that each place is meant to hold; together 1.
        known: Place of works that stay where they are.

    Returns:
        Place of each work id, those of ``known`` as well.
    """
    total: dict[str, int] = defaultdict(int)
    for notes_of_work in notes.values():
        for stratum, num_notes in notes_of_work.items():
            total[stratum] += num_notes
    filled = {stratum: dict.fromkeys(shares, 0) for stratum in total}

    def fill(work_id: str, place: _Place, sign: int) -> None:
        for stratum, num_notes in notes[work_id].items():
            filled[stratum][place] += sign * num_notes

    for work_id in known.keys() & notes.keys():
        fill(work_id, known[work_id], 1)
    free = sorted(notes.keys() - known.keys(), key=lambda name: (-sum(notes[name].values()), name))
    places = dict(known)
    before: dict[str, _Place] | None = None
    while places != before:  # ends, for each move makes the sum of all deviations smaller
        before = places.copy()
        for work_id in free:
            current = places.get(work_id)
            if current is not None:
                fill(work_id, current, -1)
            places[work_id] = _best_place(notes[work_id], filled, total, shares, current)
            fill(work_id, places[work_id], 1)
    return places


def _best_place(
    notes_of_work: _Notes,
    filled: Mapping[str, Mapping[_Place, int]],
    total: Mapping[str, int],
    shares: Mapping[_Place, float],
    current: _Place | None,
) -> _Place:
    def deviation(place: _Place) -> tuple[float, bool]:
        squares = 0.0
        for stratum in sorted(notes_of_work):
            for name, share in shares.items():
                added = notes_of_work[stratum] if name == place else 0
                squares += ((filled[stratum][name] + added) / total[stratum] - share) ** 2
        # Rounded, so that a tie is a tie on every machine; a work stays where it is on a tie.
        return round(squares, 12), place != current

    return min(shares, key=deviation)


def fold_by_hash(work_id: str) -> int:
    """Fold of a work that is added later.

    The last digit d of the SHA-256 of its id, read as a big-endian integer: 4 - d // 2.
    """
    return 4 - _number(work_id) % 10 // 2


def split_of_fold(work_id: str, fold: int) -> str:
    """Split of a work in fold 0, by its fold, unless version 1 had it.

    Test in fold 0; valid in fold 1, if the SHA-256 of the id is odd; else train. After
    ``fold_by_hash``, 7 of 10 works train, one validates, 2 are for the test.
    """
    if fold == 0:
        return "test"
    return "valid" if fold == 1 and _number(work_id) % 2 else "train"


def _number(work_id: str) -> int:
    return int.from_bytes(hashlib.sha256(work_id.encode()).digest(), "big")
