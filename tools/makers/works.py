"""Counts the notes of all musical works, and assigns each to a split and a fold, once.

The works of version 1 were spread over the splits greedily, by notes; those of its test split are
fold 0, and the others were spread over the folds 1 to 4. The works that came with version 2 were
spread over all folds. A later work goes by the SHA-256 of its id. An assigned work never moves.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lxml import etree

from makers.assign import (
    FOLDS,
    Piece,
    fold_by_hash,
    fold_greedily,
    split_greedily,
    split_of_fold,
)
from makers.work_names import composer_of, work_of
from musebench.corpora import Corpus
from musebench.splits import FOLDER
from musebench.store import load_notes

log = logging.getLogger(__name__)

WORKS = Path(str(FOLDER / "works.csv"))

_WORK_COLUMNS = ("work_id", "composer", "split", "fold", "num_notes")


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
    return sum(tied not in {"0", "-1"} for tied in _column(file, "tied"))


def count_augmentednet_notes(file: IO[bytes]) -> int:
    """Counts the notes of an AugmentedNet array: rows where a note begins."""
    return sum(is_onset == "True" for is_onset in _column(file, "s_isOnset"))


def _column(file: IO[bytes], name: str) -> Iterator[str]:
    rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8"), delimiter="\t")
    place = next(rows).index(name)
    return (row[place] for row in rows if row)


def count_musicxml_notes(file: IO[bytes]) -> int:
    """Counts the notes of a MusicXML score: pitched notes that do not end a tie."""
    return int(etree.parse(file).xpath("count(//note[pitch][not(tie/@type = 'stop')])"))


def count_mxl_notes(file: IO[bytes]) -> int:
    """Counts the notes of a compressed MusicXML score, as ``count_musicxml_notes`` does."""
    with zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        with archive.open("META-INF/container.xml") as container:
            (path, *_) = etree.parse(container).xpath("//*[local-name() = 'rootfile']/@full-path")
        with archive.open(path) as score:
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


_DCML_OF_VERSION_1 = (
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
_DCML_OF_VERSION_2 = (
    "bach_solo",
    "bartok_bagatelles",
    "c_schumann_lieder",
    "couperin_clavecin",
    "couperin_concerts",
    "cpe_bach_keyboard",
    "frescobaldi_fiori_musicali",
    "handel_keyboard",
    "jc_bach_sonatas",
    "kleine_geistliche_konzerte",
    "mahler_kindertotenlieder",
    "mendelssohn_quartets",
    "pergolesi_stabat_mater",
    "poulenc_mouvements_perpetuels",
    "rachmaninoff_piano",
    "ravel_piano",
    "schubert_winterreise",
    "schumann_liederkreis",
    "sweelinck_keyboard",
    "wagner_overtures",
    "wf_bach_sonatas",
)
# Works that share music, found by ``python tools duplicates``: the first goes where the second is.
JOINED = {
    "bach/chorale-helft-mir-gotts-guete-preisen": "bach/chorale-von-gott-will-ich-nicht-lassen",
    "couperin/concert-11": "couperin/concert-4",  # a courante of each
}
_CORPORA_OF_VERSION_2 = {*_DCML_OF_VERSION_2, "string_quartets"}

_SOURCES = (
    *(
        _Source(name.lower(), name, r"notes/(?P<id>.+)\.notes\.tsv", count_dcml_notes)
        for name in (*_DCML_OF_VERSION_1, *_DCML_OF_VERSION_2)
    ),
    _Source("asap", "asap-dataset", r"(?P<id>.+)/xml_score\.musicxml", count_musicxml_notes),
    _Source(
        "augmentednet",
        "dilemmadata",
        r"pitch_arrays/AN/[a-z]+/(?P<id>.+)_joint\.tsv",
        count_augmentednet_notes,
    ),
    _Source("lieder", "Lieder", r"scores/.+/(?P<id>lc\d+)\.mxl", count_mxl_notes),
    _Source("string_quartets", "StringQuartets", r"scores/.+/(?P<id>sq\d+)\.mxl", count_mxl_notes),
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


def update_works(out: Path, pieces: Iterable[Piece]) -> None:
    """Write the splits and folds of all works, keeping every row that the file already has.

    Without a file, the assignments of versions 1 and 2 are repeated; with one, new works go by the
    SHA-256 of their id.

    Args:
        out: The CSV file of works.
        pieces: All pieces of all corpora.
    """
    pieces = list(pieces)
    rows: list[dict[str, str]] = []
    if out.exists():
        with out.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    folds = {row["work_id"]: int(row["fold"]) for row in rows}
    new = {piece.work_id for piece in pieces} - folds.keys()
    if rows:
        folds |= {work: fold_by_hash(work) for work in new}
        rows += _rows(new, pieces, folds, {})
    else:
        rows = _first_rows(pieces)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _WORK_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    log.info("%s: %d works, %d of them new", out, len(rows), len(new))


def _first_rows(pieces: Sequence[Piece]) -> list[dict[str, str]]:
    """The works of version 1, by splits first, then by folds; those of version 2, by folds."""
    first = [piece for piece in pieces if piece.corpus not in _CORPORA_OF_VERSION_2]
    splits = split_greedily(first)
    test = {work: 0 for work, split in splits.items() if split == "test"}
    others = [piece for piece in first if piece.work_id not in test]
    folds = _join(fold_greedily(others, FOLDS[1:], {}) | test)
    rows = _rows(splits.keys(), first, folds, splits)
    folds = _join(fold_greedily(pieces, FOLDS, folds))
    return rows + _rows(folds.keys() - splits.keys(), pieces, folds, {})


def _join(folds: Mapping[str, int]) -> dict[str, int]:
    joined = {work: folds[other] for work, other in JOINED.items() if {work, other} <= folds.keys()}
    return {**folds, **joined}


def _rows(
    works: Iterable[str],
    pieces: Iterable[Piece],
    folds: Mapping[str, int],
    splits: Mapping[str, str],
) -> list[dict[str, str]]:
    num_notes = dict.fromkeys(sorted(works), 0)
    for piece in pieces:
        if piece.work_id in num_notes:
            num_notes[piece.work_id] += piece.num_notes
    return [
        {
            "work_id": work,
            "composer": composer_of(work),
            "split": splits.get(work) or split_of_fold(work, folds[work]),
            "fold": str(folds[work]),
            "num_notes": str(count),
        }
        for work, count in num_notes.items()
    ]
