"""The pieces of DCML's corpora for a board: their works, titles, and why some are left out.

What is not annotated is excluded, never taken for "none".
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pandas as pd

from makers.schemes import COMPOSER
from makers.voices import reason_without_voices
from makers.work_names import composer_of, work_of
from musebench.corpora import CORPORA, CombinedCorpus, Corpus, fetch
from musebench.errors import InputError
from musebench.store import load_notes
from musebench.tasks import TASKS

Annotation = Literal["notes", "harmony", "cadence", "phrase"]

METADATA = "metadata.tsv"
NO_TABLE = "no harmonies are annotated"
KINDS: Mapping[Annotation, str] = {
    "harmony": "harmonies",
    "cadence": "cadences",
    "phrase": "phrases",
}
# The composers of the test and of validation are unseen in training: Beethoven, who has most, and
# Bach, with the same share on all boards. The others train.
COMPOSERS_OF_DCML = {"Bach": "valid", "Beethoven": "test"}
SMALLEST_COMPOSER = 5  # works: each split needs some of its own


def dcml_exclusions(
    corpus: Corpus, annotation: Annotation, root: str | Path | None = None
) -> dict[str, str]:
    """Why pieces cannot be used for what an annotation is needed for.

    Args:
        corpus: One of the members of ``CORPORA["dcml"]``.
        annotation: ``notes`` (none is needed), ``harmony``, ``cadence`` or ``phrase``.
        root: The data home.

    Returns:
        Piece id -> reason; pieces that can be used are not in it.

    Raises:
        InputError: If there is no such annotation.
    """
    if annotation == "notes":
        return {}
    if annotation not in KINDS:
        msg = f"DCML has no annotation {annotation!r}; there are notes, {', '.join(KINDS)}."
        raise InputError(msg)
    labels = load_notes(corpus, root).labels
    reasons = {
        piece.piece_id: _reason(labels[piece.piece_id][annotation].counts, KINDS[annotation])
        if piece.piece_id in labels
        else NO_TABLE
        for piece in corpus.pieces
    }
    return {piece_id: reason for piece_id, reason in reasons.items() if reason}


def _reason(counts: Mapping[str, int], kind: str) -> str:
    if counts["annotated"] == 0:
        return f"no {kind} are annotated"
    is_lost = counts["annotated"] == counts["unaligned"]
    return f"none of its {kind} stands on an onset" if is_lost else ""


def dcml_pieces(
    corpora: Iterable[Corpus], annotation: Annotation, root: str | Path | None = None
) -> pd.DataFrame:
    """The pieces of a board that draws on DCML's corpora, for ``pieces.write_table``.

    Args:
        corpora: Members of the board's ``CombinedCorpus``.
        annotation: What the board needs of each piece, see ``dcml_exclusions``.
        root: The data home.

    Returns:
        A row per piece, sorted by id (``<corpus>/<piece>``), with the columns ``piece_id``,
        ``work_id``, ``composer``, ``title``, ``exclusion``.

    Raises:
        DownloadError: If the titles of a corpus cannot be read.
        InputError: If a piece has no work, or there is no such annotation.
    """
    rows = []
    for corpus in corpora:
        exclusions = dcml_exclusions(corpus, annotation, root)
        titles = _read_titles(fetch(corpus, [METADATA], root)[METADATA])
        for piece in corpus.pieces:
            work_id = work_of(corpus.name, piece.piece_id)
            rows.append(
                {
                    "piece_id": CombinedCorpus.piece_id(corpus, piece.piece_id),
                    "work_id": work_id,
                    "composer": composer_of(work_id).title(),
                    "title": titles[piece.piece_id],
                    "exclusion": exclusions.get(piece.piece_id, ""),
                }
            )
    return pd.DataFrame(rows).sort_values("piece_id", ignore_index=True)


def dcml_board(annotation: Annotation, root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of a board of DCML, with the scheme ``composer``.

    Args:
        annotation: ``cadence``, ``phrase`` or ``harmony``; the quartets have only the last.
        root: The data home.
    """
    corpus = CORPORA["dcml" if annotation == "harmony" else "dcml_with_cadences"]
    table = dcml_pieces(corpus.members, annotation, root)
    return table.assign(
        **{COMPOSER: [COMPOSERS_OF_DCML.get(name, "train") for name in table["composer"]]}
    )


def composer_pieces(root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of ``dcml-composer``: the keyboard music of composers with five works or more.

    Args:
        root: The data home.

    Raises:
        DownloadError: If the titles of a corpus cannot be read.
        InputError: If the composers are not the classes of the task.
    """
    table = dcml_pieces(CORPORA["dcml_keyboard"].members, "notes", root)
    num_works = table.groupby("composer")["work_id"].nunique()
    enough = tuple(sorted(num_works[num_works >= SMALLEST_COMPOSER].index))
    if enough != TASKS["composer"].heads["composer"]:
        msg = f"{SMALLEST_COMPOSER} works or more have {', '.join(enough)}: the classes differ."
        raise InputError(msg)
    few = f"fewer than {SMALLEST_COMPOSER} works of " + table["composer"]
    return table.assign(exclusion=few.where(~table["composer"].isin(enough), ""))


def ensemble_pieces(root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of ``dcml-voice-separation``: those whose parts are voices.

    Args:
        root: The data home.
    """
    corpus = CORPORA["dcml_ensembles"]
    table = dcml_pieces(corpus.members, "notes", root)
    scores = load_notes(corpus, root).tables
    reasons = [reason_without_voices(scores[piece]) for piece in table["piece_id"]]
    return table.assign(exclusion=reasons)


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
