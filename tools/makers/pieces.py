"""The table of the pieces of a board: their works and splits, why some are left out."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from makers import asap, chorales
from makers.assign import fold_by_hash, split_of_fold
from makers.augmentednet import augmentednet_pieces
from makers.dcml import composer_pieces, dcml_board, ensemble_pieces
from makers.openscore import REASONS, openscore_pieces
from makers.schemes import OFFICIAL
from makers.work_names import CORPORA, composer_of, slug, work_of
from makers.works import WORKS
from musebench.boards import Board
from musebench.errors import InputError
from musebench.files import write_file
from musebench.splits import DESCRIBING_COLUMNS, FOLD, NUM_FOLDS, table_of_pieces

# What musebench's tables come from; of other boards see ``all_pieces``.
MAKERS: dict[str, Callable[[], pd.DataFrame]] = {
    "asap-performance": asap.performance_pieces,
    "asap-pitch-spelling": asap.asap_pieces,
    "asap-staff-separation": asap.staff_pieces,
    "augmentednet-roman-numeral": augmentednet_pieces,
    "chorale-phrase": chorales.chorale_phrase_pieces,
    "chorale-pitch-spelling": chorales.chorale_pieces,
    "chorale-voice-separation": chorales.chorale_pieces,
    "dcml-cadence": partial(dcml_board, "cadence"),
    "dcml-composer": composer_pieces,
    "dcml-phrase": partial(dcml_board, "phrase"),
    "dcml-roman-numeral": partial(dcml_board, "harmony"),
    "dcml-voice-separation": ensemble_pieces,
    **{board: partial(openscore_pieces, board) for board in REASONS},
}


def all_pieces(board: Board) -> pd.DataFrame:
    """All pieces of a board's corpus.

    What the board's table says already of a piece stays: its work, composer and title can be
    corrected there, and the reason for which it is left out. The work of a new piece is that of the
    rules of ``work_names``; where a corpus has none, each piece is a work.

    Args:
        board: The board.

    Returns:
        A row per piece, in the order of the ids: ``DESCRIBING_COLUMNS``, further columns of the
        table, and ``exclusion``.
    """
    table = pd.DataFrame(_rows(board)).assign(exclusion="")
    file = Path(str(table_of_pieces(board.name)))
    if file.is_file():
        known = pd.read_csv(file, dtype=str, keep_default_na=False)
        table = pd.concat([known, table]).drop_duplicates("piece_id")
    return table.fillna("").sort_values("piece_id", ignore_index=True)


def _rows(board: Board) -> Iterator[dict[str, str]]:
    for corpus in board.corpus.members:
        for piece in corpus.pieces:
            own = f"{slug(corpus.name)}/{slug(piece.piece_id)}"
            known = corpus.name in CORPORA
            work = work_of(corpus.name, piece.piece_id, piece.score) if known else own
            yield {
                "piece_id": board.corpus.piece_id(corpus, piece.piece_id),
                "work_id": work,
                "composer": composer_of(work).title(),
                "title": piece.piece_id,
            }


def write_pieces(board: Board) -> Path:
    """Write the table of the pieces of a board, with the split and fold of their works.

    A board of so few works that a fold would be empty has fold 0 only: no column of folds.

    Returns:
        The table.

    Raises:
        InputError: If a work of a corpus with rules is not in ``works.csv``.
    """
    table = MAKERS.get(board.name, partial(all_pieces, board))()
    known = pd.read_csv(WORKS, dtype=str).set_index("work_id")
    splits, folds = known["split"].to_dict(), known["fold"].to_dict()
    included = table["exclusion"] == ""
    missing = set(table.loc[included, "work_id"]) - splits.keys()
    if missing and any(corpus.name in CORPORA for corpus in board.corpus.members):
        names = ", ".join(sorted(missing)[:5])
        msg = f"works.csv lacks {names}; run `python tools works` first."
        raise InputError(msg)
    folds |= {work: str(fold_by_hash(work)) for work in missing}
    splits |= {work: split_of_fold(work, int(folds[work])) for work in missing}
    for column, values in ((OFFICIAL, splits), (FOLD, folds)):
        table[column] = [values.get(work, "") for work in table["work_id"]]
    if table[FOLD][included].nunique() < NUM_FOLDS:
        table = table.drop(columns=FOLD)
    first, last = [*DESCRIBING_COLUMNS, OFFICIAL], "exclusion"
    others = [name for name in table if name not in {*first, FOLD, last}]
    first += [FOLD] if FOLD in table else []
    file = Path(str(table_of_pieces(board.name)))
    content = table[[*first, *others, last]].to_csv(index=False, lineterminator="\n")
    write_file(file, content.encode())
    return file
