"""Assigns every musical work of the corpora to train, valid or test, once and for all.

The first run spreads the works greedily so that each corpus, and each composer in it, comes near
the shares of ``SHARES`` by notes. Later runs leave every assigned work where it is; a work that is
new goes by the SHA-256 of its id. Nothing is drawn at random.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import logging
import re
import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from makers.work_names import composer_of, work_of
from musebench.corpora import Corpus
from musebench.splits import FOLDER
from musebench.store import load_notes

log = logging.getLogger(__name__)

WORKS = Path(str(FOLDER / "works.csv"))

SHARES = {"train": 0.7, "valid": 0.1, "test": 0.2}
"""Share of the notes that each split is meant to hold."""

_SMALLEST_COMPOSER = 5  # composers with fewer works are spread together, as one group
_POOLED = ""
_WORK_COLUMNS = ("work_id", "composer", "split", "num_notes")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a corpus, its work, and its number of notes (tied notes counted once)."""

    corpus: str
    piece_id: str
    work_id: str
    num_notes: int


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a corpus lies in the mirror, and how the notes of its pieces are counted.

    The pattern is matched with the path inside the repository; its group ``id`` is the piece id.
    """

    corpus: str
    repository: str
    pattern: str
    count: Callable[[IO[bytes]], int]


def count_dcml_notes(file: IO[bytes]) -> int:
    """Counts the notes of a DCML notes table: rows that do not continue or end a tie."""
    rows = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8"), delimiter="\t")
    return sum(row["tied"] not in {"0", "-1"} for row in rows)


def count_augmentednet_notes(file: IO[bytes]) -> int:
    """Counts the notes of an AugmentedNet array: rows where a note begins."""
    rows = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8"), delimiter="\t")
    return sum(row["s_isOnset"] == "True" for row in rows)


def count_musicxml_notes(file: IO[bytes]) -> int:
    """Counts the notes of a MusicXML score: pitched notes that do not end a tie."""
    num_notes = 0
    for _, element in ET.iterparse(file):
        if element.tag == "note":
            ends_tie = any(tie.get("type") == "stop" for tie in element.findall("tie"))
            num_notes += element.find("pitch") is not None and not ends_tie
            element.clear()
    return num_notes


def count_mxl_notes(file: IO[bytes]) -> int:
    """Counts the notes of a compressed MusicXML score, as ``count_musicxml_notes`` does."""
    with zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        with archive.open("META-INF/container.xml") as container:
            roots = [node for _, node in ET.iterparse(container) if node.tag.endswith("rootfile")]
        with archive.open(roots[0].attrib["full-path"]) as score:
            return count_musicxml_notes(score)


def count_kern_notes(file: IO[bytes]) -> int:
    """Counts the notes of a kern score: tokens that do not go on (``_``) or end (``]``) a tie."""
    num_notes = 0
    for line in io.TextIOWrapper(file, encoding="utf-8"):
        if line.startswith(("*", "!", "=")):
            continue
        tokens = line.rstrip("\n").replace("\t", " ").split(" ")
        num_notes += sum(
            re.search("[a-gA-G]", token) is not None and not set(token) & set("_]r")
            for token in tokens
        )
    return num_notes


_DCML_REPOSITORIES = (
    "ABC",
    "bach_en_fr_suites",
    "beethoven_piano_sonatas",
    "chopin_mazurkas",
    "corelli",
    "debussy_suite_bergamasque",
    "dvorak_silhouettes",
    "grieg_lyric_pieces",
    "liszt_pelerinage",
    "medtner_tales",
    "mozart_piano_sonatas",
    "scarlatti_sonatas",
    "schumann_kinderszenen",
    "tchaikovsky_seasons",
)

_SOURCES = (
    *(
        _Source(name.lower(), name, r"notes/(?P<id>.+)\.notes\.tsv", count_dcml_notes)
        for name in _DCML_REPOSITORIES
    ),
    _Source("asap", "asap-dataset", r"(?P<id>.+)/xml_score\.musicxml", count_musicxml_notes),
    _Source(
        "augmentednet",
        "dilemmadata",
        r"pitch_arrays/AN/[a-z]+/(?P<id>.+)_joint\.tsv",
        count_augmentednet_notes,
    ),
    _Source("lieder", "Lieder", r"scores/.+/(?P<id>lc\d+)\.mxl", count_mxl_notes),
    _Source(
        "bach_370_chorales", "bach-370-chorales", r"kern/(?P<id>chor\d+)\.krn", count_kern_notes
    ),
)


def count_pieces(mirror: Path) -> list[Piece]:
    """Counts the notes of every piece of every corpus.

    Args:
        mirror: Folder of source archives ``<owner>/<repository>-<commit>.zip``. The chorales of
            music21 are read from the installed package.

    Returns:
        The pieces, ordered by corpus and piece id.

    Raises:
        FileNotFoundError: If the mirror lacks an archive, or music21 is not installed.
        InputError: If a piece has no work.
    """
    pieces = list(_music21_pieces())
    for source in _SOURCES:
        pieces.extend(_archive_pieces(mirror, source))
        log.info("%s: %d pieces", source.corpus, sum(p.corpus == source.corpus for p in pieces))
    return sorted(pieces, key=lambda piece: (piece.corpus, piece.piece_id))


def _archive_pieces(mirror: Path, source: _Source) -> Iterator[Piece]:
    archives = sorted(mirror.glob(f"*/{source.repository}-*.zip"))
    if len(archives) != 1:
        message = f"{mirror} holds {len(archives)} archives of {source.repository}, not one."
        raise FileNotFoundError(message)
    with zipfile.ZipFile(archives[0]) as archive:
        for name in archive.namelist():
            path = name.partition("/")[2]
            match = re.fullmatch(source.pattern, path)
            if match is None:
                continue
            with archive.open(name) as file:
                work_id = work_of(source.corpus, match["id"], path)
                yield Piece(source.corpus, match["id"], work_id, source.count(file))


def _music21_pieces() -> Iterator[Piece]:
    package = importlib.util.find_spec("music21")
    if package is None or package.origin is None:
        message = "music21 is not installed; install the extra 'chorales'."
        raise FileNotFoundError(message)
    corpus = "music21_chorales"
    for path in sorted(Path(package.origin).parent.glob("corpus/bach/*.mxl")):
        with path.open("rb") as file:
            yield Piece(corpus, path.stem, work_of(corpus, path.stem), count_mxl_notes(file))


def stored_pieces(corpus: Corpus) -> list[Piece]:
    """The pieces of a corpus that came later, their notes counted in its note tables.

    Raises:
        InputError: If a piece has no work.
    """
    tables = load_notes(corpus).tables
    return [
        Piece(
            corpus.name,
            piece.piece_id,
            work_of(corpus.name, piece.piece_id, piece.score),
            len(tables[piece.piece_id]),
        )
        for piece in corpus.pieces
    ]


def assign_greedily(pieces: Iterable[Piece]) -> dict[str, str]:
    """Spreads works over the splits, composer by composer, the largest works first.

    Each work goes to the split that leaves the smallest squared deviation from ``SHARES``, summed
    over the corpora it occurs in; the deviation in a corpus is relative to the notes that the
    composer has there. The pass is repeated, each work moving if another split is better now,
    until none moves. Composers with fewer than five works form one group.

    Args:
        pieces: All pieces of all corpora.

    Returns:
        Split of each work id.
    """
    notes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for piece in pieces:
        notes[piece.work_id][piece.corpus] += piece.num_notes
    groups: dict[str, list[str]] = defaultdict(list)
    for work_id in notes:
        groups[composer_of(work_id)].append(work_id)
    for composer in [name for name in groups if len(groups[name]) < _SMALLEST_COMPOSER]:
        groups[_POOLED].extend(groups.pop(composer))
    splits: dict[str, str] = {}
    for group in groups.values():
        splits |= _assign_group({work_id: notes[work_id] for work_id in group})
    return splits


def _assign_group(notes: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    total: dict[str, int] = defaultdict(int)
    for notes_of_work in notes.values():
        for corpus, num_notes in notes_of_work.items():
            total[corpus] += num_notes
    filled = {corpus: dict.fromkeys(SHARES, 0) for corpus in total}
    splits: dict[str, str] = {}
    before: dict[str, str] | None = None
    while splits != before:  # ends, for each move makes the sum of all deviations smaller
        before = splits.copy()
        for work_id in sorted(notes, key=lambda name: (-sum(notes[name].values()), name)):
            current = splits.get(work_id)
            for corpus, num_notes in notes[work_id].items():
                if current is not None:
                    filled[corpus][current] -= num_notes
            splits[work_id] = _best_split(notes[work_id], filled, total, current)
            for corpus, num_notes in notes[work_id].items():
                filled[corpus][splits[work_id]] += num_notes
    return splits


def _best_split(
    notes_of_work: Mapping[str, int],
    filled: Mapping[str, Mapping[str, int]],
    total: Mapping[str, int],
    current: str | None,
) -> str:
    def deviation(split: str) -> tuple[float, bool]:
        squares = 0.0
        for corpus in sorted(notes_of_work):
            for name, share in SHARES.items():
                added = notes_of_work[corpus] if name == split else 0
                squares += ((filled[corpus][name] + added) / total[corpus] - share) ** 2
        # Rounded, so that a tie is a tie on every machine; a work stays where it is on a tie.
        return round(squares, 12), split != current

    return min(SHARES, key=deviation)


def split_by_hash(work_id: str) -> str:
    """Names the split of a work that is added after the first run.

    The SHA-256 of the id, read as a big-endian integer, modulo 10: 0-6 train, 7 valid, 8-9 test.
    """
    digit = int.from_bytes(hashlib.sha256(work_id.encode()).digest(), "big") % 10
    if digit < 7:
        return "train"
    return "valid" if digit == 7 else "test"


def update_works(out: Path, pieces: Iterable[Piece]) -> dict[str, str]:
    """Writes the splits of all works, keeping every row that the file already has.

    Args:
        out: The CSV file of works; absent on the first run.
        pieces: All pieces of all corpora.

    Returns:
        Split of each work id.
    """
    pieces = list(pieces)
    rows: list[dict[str, str]] = []
    if out.exists():
        with out.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    splits = {row["work_id"]: row["split"] for row in rows}
    new = {piece.work_id for piece in pieces} - splits.keys()
    splits |= {work: split_by_hash(work) for work in new} if rows else assign_greedily(pieces)
    num_notes = dict.fromkeys(new, 0)
    for piece in pieces:
        if piece.work_id in new:
            num_notes[piece.work_id] += piece.num_notes
    for work_id in sorted(new):
        values = (work_id, composer_of(work_id), splits[work_id], str(num_notes[work_id]))
        rows.append(dict(zip(_WORK_COLUMNS, values, strict=True)))
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _WORK_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    log.info("%s: %d works, %d of them new", out, len(rows), len(new))
    return splits
