"""The pieces of DCML's corpora for a board: their works, titles, and why some are left out.

What is not annotated is excluded, never taken for "none".
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from musebench.corpora import CombinedCorpus, Corpus, fetch
from musebench.errors import InputError
from musebench.splits.work_names import composer_of, work_of

if TYPE_CHECKING:
    import pandas as pd

Annotation = Literal["notes", "harmony", "cadence", "phrase"]

METADATA = "metadata.tsv"
NO_TABLE = "no harmonies are annotated"
NO_CADENCES = "no cadences are annotated"
# The quartets have no cadences, and of phrases only the older sign \\ in place of { and }.
REASONS: Mapping[tuple[str, Annotation], str] = {
    ("abc", "cadence"): NO_CADENCES,
    ("abc", "phrase"): "phrases are marked by an older sign",
}
# Analysed like the others, but without a single cadence.
WITHOUT_CADENCES: Mapping[str, tuple[str, ...]] = {
    "chopin_mazurkas": (
        "BI122op41-2",
        "BI126-4op41-3",
        "BI162-1op63-1",
        "BI60-4op06-4",
        "BI61-5op07-5",
    ),
    "corelli": ("op03n12b",),
    "grieg_lyric_pieces": ("op47n04",),
}
# All of its four cadences stand where no note starts.
WITHOUT_ALIGNED_CADENCES: Mapping[str, tuple[str, ...]] = {"grieg_lyric_pieces": ("op65n03",)}
NO_ALIGNED_CADENCES = "none of its cadences stands on an onset"


def dcml_exclusions(corpus: Corpus, annotation: Annotation) -> dict[str, str]:
    """Why pieces cannot be used for what an annotation is needed for.

    Args:
        corpus: One of the members of ``CORPORA["dcml"]``.
        annotation: ``notes`` (none is needed), ``harmony``, ``cadence`` or ``phrase``.

    Returns:
        Piece id -> reason; pieces that can be used are not in it.

    Raises:
        InputError: If there is no such annotation.
    """
    if annotation not in {"notes", "harmony", "cadence", "phrase"}:
        msg = f"DCML has no annotation {annotation!r}; there are notes, harmony, cadence, phrase."
        raise InputError(msg)
    if annotation == "notes":
        return {}
    without = (piece for piece in corpus.pieces if len(piece.files) < len(corpus.files))
    reasons = {piece.piece_id: NO_TABLE for piece in without}
    if reason := REASONS.get((corpus.name, annotation)):
        reasons |= {piece.piece_id: reason for piece in corpus.pieces}
    if annotation == "cadence":
        reasons |= dict.fromkeys(WITHOUT_CADENCES.get(corpus.name, ()), NO_CADENCES)
        unaligned = WITHOUT_ALIGNED_CADENCES.get(corpus.name, ())
        reasons |= dict.fromkeys(unaligned, NO_ALIGNED_CADENCES)
    return reasons


def dcml_pieces(
    corpora: Iterable[Corpus], annotation: Annotation, root: str | Path | None = None
) -> "pd.DataFrame":
    """The pieces of a board that draws on DCML's corpora, for ``tables.write_table``.

    Args:
        corpora: Members of the board's ``CombinedCorpus``.
        annotation: What the board needs of each piece, see ``dcml_exclusions``.
        root: The data home.

    Returns:
        A row a piece, sorted by id (``<corpus>/<piece>``), with the columns ``piece_id``,
        ``work_id``, ``composer``, ``title``, ``exclusion``.

    Raises:
        DownloadError: If the titles of a corpus cannot be had.
        InputError: If a piece has no work, or there is no such annotation.
    """
    import pandas as pd

    rows = []
    for corpus in corpora:
        exclusions = dcml_exclusions(corpus, annotation)
        titles = _read_titles(fetch(corpus, [METADATA], root)[METADATA])
        for piece in corpus.pieces:
            work_id = work_of(corpus.name, piece.piece_id)
            rows.append(
                {
                    "piece_id": CombinedCorpus.piece_id(corpus, piece.piece_id),
                    "work_id": work_id,
                    "composer": composer_of(work_id).capitalize(),
                    "title": titles[piece.piece_id],
                    "exclusion": exclusions.get(piece.piece_id, ""),
                }
            )
    return pd.DataFrame(rows).sort_values("piece_id", ignore_index=True)


def _read_titles(file: Path) -> dict[str, str]:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return {row["piece"]: _title(row) for row in rows}


def _title(row: Mapping[str, str]) -> str:
    """Work, number and movement; where the corpus names no work (the quartets), the piece's id."""
    if not row["workTitle"]:
        return row["piece"]
    movement = ". ".join(filter(None, (row["movementNumber"], row["movementTitle"])))
    return ", ".join(filter(None, (row["workTitle"], row["workNumber"], movement)))
