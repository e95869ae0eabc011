"""Make the frozen tables of the Bach chorales: the tune of each piece, the files left out.

Two corpora are covered: the 408 Bach ``.mxl`` files of music21 (``music21_chorales``) and the 370
``**kern`` files of bach-370-chorales (``bach_370_chorales``). Settings of one tune must stay on
one side of a split, also across the corpora, so every piece gets a tune.

Two pieces share a tune when they are linked, directly or through others, by one of

* the same German title (bach-370-chorales only; slugs, misprints corrected),
* the same BWV number, if the sopranos agree (alignment >= ``SAME_TUNE_ALIGNMENT``),
* the soprano: n-gram similarity >= ``SAME_TUNE_NGRAM`` and alignment >= ``SAME_TUNE_ALIGNMENT``,
* a row of ``HAND_LINKS``.

Sopranos are compared as skeletons: the diatonic steps that sound on the quarter-note beats, with
immediate repetitions dropped. Octave, key, mode, metre and passing notes hardly matter then. A
wrong link costs nothing, a missing link leaks, so the links are generous.
"""

import csv
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from makers.chorale_voices import (
    BACH_370,
    MUSIC21,
    Bwv,
    IntArray,
    Piece,
    natural_key,
    read_bach_370,
    read_music21,
)

# (corpus, piece, corpus, piece, reason): two pieces that share a tune although the rules miss it.
HAND_LINKS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        MUSIC21,
        "bwv137.5",
        BACH_370,
        "chor090",
        "'Lobe den Herren' (BWV 137, 120a) and 'Hast du denn, Jesu' (BWV 57) are one tune (Zahn "
        "1912); the first lines agree, the other lines are sung in variants",
    ),
    (
        BACH_370,
        "chor072",
        BACH_370,
        "chor091",
        "'Erhalt uns, Herr' and 'Verleih uns Frieden' both go back to 'Veni redemptor gentium' "
        "and share their lines (n-gram similarity 0.73); the second is too long to align",
    ),
    (
        BACH_370,
        "chor151",
        BACH_370,
        "chor152",
        "two tunes of 'Meinen Jesum lass ich nicht' that share most of their line openings: "
        "alignment 0.70, n-gram similarity 0.25",
    ),
)

TUNE_NGRAM = 5
SAME_TUNE_NGRAM = 0.32
SAME_TUNE_ALIGNMENT = 0.70
# Short tunes align well by chance, so they are measured as if they had this many notes.
SHORT_TUNE = 20
ALIGNMENT_OFFSETS = 9
VOICES = 4
DUPLICATE_NGRAM = 4
# A copy in another key or edition scores near 1. At 0.48, variant harmonisations that share 71-87 %
# of the pitches sounding on the beats count as near-duplicates too.
NEAR_DUPLICATE = 0.48

FloatArray = npt.NDArray[np.float64]
Gram = tuple[int, ...]


@dataclass
class Links:
    """Disjoint sets of integers."""

    parent: dict[int, int] = field(default_factory=dict)

    def find(self, item: int) -> int:
        """Return the representative of the set of ``item``."""
        while self.parent.setdefault(item, item) != item:
            item = self.parent[item]
        return item

    def join(self, first: int, second: int) -> None:
        """Merge the sets of two items; the smaller representative stays."""
        low, high = sorted((self.find(first), self.find(second)))
        self.parent[high] = low


@dataclass
class Summary:
    """What was found, for the report."""

    files: int
    kept: int
    duplicates: list[tuple[str, str, float]]
    tunes: int
    shared_tunes: int
    basis: Counter[str]
    merged_titles: dict[str, list[str]]
    title_conflicts: list[str]


def ngrams(pitches: IntArray, length: int) -> set[Gram]:
    """Return the n-grams of successive intervals, which do not change under transposition."""
    intervals = np.diff(pitches).tolist()
    return {tuple(intervals[i : i + length]) for i in range(len(intervals) - length + 1)}


def membership(grams: Sequence[set[Gram]]) -> FloatArray:
    """Return the 0/1 matrix of pieces by n-grams."""
    index = {gram: column for column, gram in enumerate(sorted(set().union(*grams)))}
    matrix = np.zeros((len(grams), len(index)))
    for row, present in enumerate(grams):
        matrix[row, [index[gram] for gram in present]] = 1.0
    return matrix


def ngram_similarity(sopranos: Sequence[IntArray]) -> FloatArray:
    """Return the n-gram similarity of all pairs of sopranos.

    It is the weight of the shared n-grams divided by that of the smaller set. An n-gram weighs
    the more the fewer pieces have it, as scales and neighbour notes are in all tunes.
    """
    matrix = membership([ngrams(soprano, TUNE_NGRAM) for soprano in sopranos])
    weighted = matrix * np.log(len(sopranos) / matrix.sum(axis=0))
    total = weighted.sum(axis=1)
    smaller = np.minimum(total[:, None], total[None, :])
    return np.asarray(weighted @ matrix.T / np.maximum(smaller, 1e-9))


def alignment(first: IntArray, second: IntArray) -> float:
    """Return the best local alignment score of two sopranos divided by the shorter length.

    A match counts 1, a mismatch or a gap -1 (Smith and Waterman 1981). The transpositions tried
    are the ones under which most pairs of notes agree. 1 means that one tune contains the other.
    """
    if not len(first) or not len(second):
        return 0.0
    offsets, counts = np.unique(first[:, None] - second[None, :], return_counts=True)
    offsets = offsets[np.argsort(-counts, kind="stable")[:ALIGNMENT_OFFSETS]]
    columns = np.arange(len(second) + 1)
    shifted = second[None, :] + offsets[:, None]
    previous = np.zeros((len(offsets), len(columns)), np.int64)
    best = 0
    for note in first:
        row = np.zeros_like(previous)
        match = previous[:, :-1] + np.where(shifted == note, 1, -1)
        row[:, 1:] = np.maximum(match, previous[:, 1:] - 1).clip(min=0)
        # A run of gaps within the row costs 1 per column.
        previous = np.maximum.accumulate(row + columns, axis=1) - columns
        best = max(best, int(previous.max()))
    return best / max(SHORT_TUNE, min(len(first), len(second)))


def link_groups(pieces: Sequence[Piece], links: Links, key: Callable[[Piece], Hashable]) -> None:
    """Link the pieces that agree in ``key``; an empty key links nothing."""
    first: dict[Hashable, int] = {}
    for index, piece in enumerate(pieces):
        if key(piece):
            links.join(first.setdefault(key(piece), index), index)


def link_bwv(pieces: Sequence[Piece], links: Links) -> tuple[set[int], list[str]]:
    """Link music21 files with the titled pieces of their BWV number.

    Returns:
        The indices of the music21 files so linked, and a line for each match that was turned
        down because the sopranos disagree.
    """
    titled: dict[Bwv, list[int]] = {}
    for index, piece in enumerate(pieces):
        for number in piece.bwv if piece.title else ():
            titled.setdefault(number, []).append(index)
    linked: set[int] = set()
    conflicts = []
    for index, piece in enumerate(pieces):
        for number in piece.bwv if not piece.title else ():
            for other in titled.get(number, []):
                score = alignment(piece.soprano, pieces[other].soprano)
                if score >= SAME_TUNE_ALIGNMENT:
                    links.join(index, other)
                    linked.add(index)
                else:
                    name = f"{pieces[other].piece_id} ({pieces[other].title})"
                    conflicts.append(f"{piece.piece_id} is not {name}: alignment {score:.2f}")
    return linked, conflicts


def link_sopranos(pieces: Sequence[Piece], links: Links) -> None:
    """Link the pieces whose sopranos are the same melody."""
    similarity = ngram_similarity([piece.soprano for piece in pieces])
    for first, second in np.argwhere(np.triu(similarity >= SAME_TUNE_NGRAM, 1)).tolist():
        if links.find(first) == links.find(second):
            continue
        score = alignment(pieces[first].soprano, pieces[second].soprano)
        if score >= SAME_TUNE_ALIGNMENT:
            links.join(first, second)


def groups(pieces: Sequence[Piece], links: Links) -> dict[int, list[Piece]]:
    """Return the linked pieces by the representative of their set."""
    result: dict[int, list[Piece]] = {}
    for index, piece in enumerate(pieces):
        result.setdefault(links.find(index), []).append(piece)
    return result


def tune_name(members: Sequence[Piece]) -> str:
    """Return the most frequent title of the pieces, or a name made of the smallest BWV id."""
    titles = Counter(piece.title for piece in members if piece.title)
    if titles:
        return min(titles, key=lambda title: (-titles[title], title))
    smallest = min((piece.piece_id for piece in members), key=natural_key)
    return "untitled-" + smallest.replace(".", "-")


def link_hand(pieces: Sequence[Piece], links: Links) -> None:
    """Link the pieces of ``HAND_LINKS``."""
    index = {(piece.corpus, piece.piece_id): i for i, piece in enumerate(pieces)}
    for corpus, piece_id, other_corpus, other_id, _ in HAND_LINKS:
        links.join(index[corpus, piece_id], index[other_corpus, other_id])


def assign_tunes(pieces: Sequence[Piece]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the tune and its basis for each piece, and the refused BWV matches."""
    links = Links()
    link_groups(pieces, links, lambda piece: piece.title)
    by_title, conflicts = link_bwv(pieces, links)
    link_sopranos(pieces, links)
    by_rule = {
        root for root, members in groups(pieces, links).items() if any(p.title for p in members)
    }
    found = [links.find(index) in by_rule for index in range(len(pieces))]
    link_hand(pieces, links)
    names = {root: tune_name(members) for root, members in groups(pieces, links).items()}
    rows = []
    for index, piece in enumerate(pieces):
        name = names[links.find(index)]
        if piece.title or index in by_title:
            basis = "title"
        elif found[index]:
            basis = "soprano"
        else:
            basis = "cluster" if name.startswith("untitled-") else "hand"
        rows.append((name, basis))
    return rows, conflicts


def unfit(piece: Piece) -> str:
    """Return why a file has not four monophonic parts, or an empty string."""
    count = len(piece.parts)
    if count != VOICES:
        return f"{count} part{'' if count == 1 else 's'}"
    for number, part in enumerate(piece.parts, 1):
        end = np.maximum.accumulate(part.onset + part.duration)
        # A grace note lasts no time, but shares the onset of its main note.
        if np.any(part.onset[1:] < end[:-1]) or np.any(np.diff(part.onset) == 0):
            return f"part {number} is not monophonic"
    return ""


def near_duplicates(pieces: Sequence[Piece]) -> list[tuple[int, int, float]]:
    """Return the pairs of four-part pieces that are one setting, with their similarity.

    The similarity is the mean over the four voices of the Jaccard index of the sets of 4-grams
    of chromatic intervals, so neither key nor rhythm nor a written-out repeat counts.
    """
    similarity = np.zeros((len(pieces), len(pieces)))
    for voice in range(VOICES):
        grams = [ngrams(piece.parts[voice].pitch, DUPLICATE_NGRAM) for piece in pieces]
        matrix = membership(grams)
        shared = matrix @ matrix.T
        size = matrix.sum(axis=1)
        union = size[:, None] + size[None, :] - shared
        similarity += shared / np.maximum(union, 1.0) / VOICES
    pairs = combinations(range(len(pieces)), 2)
    return [(i, j, float(similarity[i, j])) for i, j in pairs if similarity[i, j] >= NEAR_DUPLICATE]


def exclusions(
    pieces: Sequence[Piece],
) -> tuple[list[tuple[str, str]], list[tuple[str, str, float]]]:
    """Return the files left out with the reason, and the pairs of near-duplicates."""
    reasons = {piece.piece_id: unfit(piece) for piece in pieces}
    fit = [piece for piece in pieces if not reasons[piece.piece_id]]
    pairs = near_duplicates(fit)
    links = Links()
    for first, second, _ in pairs:
        links.join(first, second)
    for index, piece in enumerate(fit):
        # The pieces are in natural order and the smallest index of a set represents it.
        if links.find(index) != index:
            reasons[piece.piece_id] = f"near-duplicate of {fit[links.find(index)].piece_id}"
    named = [(fit[i].piece_id, fit[j].piece_id, score) for i, j, score in pairs]
    return [(name, reason) for name, reason in reasons.items() if reason], named


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table with Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def merged_titles(pieces: Sequence[Piece], names: Sequence[str]) -> dict[str, list[str]]:
    """Return the tunes that have more than one title, with their titles."""
    titles: dict[str, set[str]] = {}
    for piece, name in zip(pieces, names, strict=True):
        if piece.title:
            titles.setdefault(name, set()).add(piece.title)
    return {name: sorted(found) for name, found in sorted(titles.items()) if len(found) > 1}


def make_tables(music21: Path, bach_370: Path, out: Path) -> Summary:
    """Write ``chorale_tunes.csv`` and ``chorale_exclusions.csv``.

    Args:
        music21: The folder ``music21/corpus/bach``.
        bach_370: The zip of craigsapp/bach-370-chorales.
        out: The folder to write to.

    Returns:
        The counts and lists for a report.
    """
    files = read_music21(music21)
    pieces = files + read_bach_370(bach_370)
    rows, conflicts = assign_tunes(pieces)
    left_out, duplicates = exclusions(files)
    write_csv(
        out / "chorale_tunes.csv",
        ("corpus", "piece_id", "tune", "basis"),
        [(piece.corpus, piece.piece_id, *row) for piece, row in zip(pieces, rows, strict=True)],
    )
    write_csv(out / "chorale_exclusions.csv", ("piece_id", "reason"), left_out)
    names = [name for name, _ in rows]
    basis = Counter(f"{p.corpus} {row[1]}" for p, row in zip(pieces, rows, strict=True))
    shared = set(names[: len(files)]) & set(names[len(files) :])
    return Summary(
        files=len(files),
        kept=len(files) - len(left_out),
        duplicates=duplicates,
        tunes=len(set(names)),
        shared_tunes=len(shared),
        basis=basis,
        merged_titles=merged_titles(pieces, names),
        title_conflicts=conflicts,
    )
