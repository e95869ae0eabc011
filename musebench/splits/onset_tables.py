"""Write ``<board>.csv`` of the boards of cadences, phrases and Roman numerals.

Run ``python -m musebench.splits.onset_tables`` after ``works.csv`` has changed; the tables of DCML
are fetched as always (``MUSEBENCH_MIRROR``, ``MUSEBENCH_DATA``).
"""

from pathlib import Path

import pandas as pd

from musebench.corpora import CORPORA, fetch
from musebench.corpora.music21_chorales import MUSIC21_CHORALES
from musebench.score import read_fermatas
from musebench.splits.dcml import Annotation, dcml_pieces
from musebench.splits.tables import COMPOSER, chorale_pieces, write_table

# The composers of the test and of validation are unseen in training: Beethoven, who has most, and
# Bach, with the same share on all boards. The others train.
COMPOSERS_OF_DCML = {"Bach": "valid", "Beethoven": "test"}
NO_FERMATA = "no note has a fermata"


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


def chorale_phrase_pieces(root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of ``chorale-phrase``: those of ``chorale-pitch-spelling`` with a fermata."""
    table = chorale_pieces()
    files = fetch(MUSIC21_CHORALES, MUSIC21_CHORALES.paths, root)
    scores = {piece.piece_id: files[piece.score] for piece in MUSIC21_CHORALES.pieces}
    reasons = [
        reason or ("" if len(read_fermatas(scores[piece_id])[1]) else NO_FERMATA)
        for piece_id, reason in zip(table["piece_id"], table["exclusion"], strict=True)
    ]
    return table.assign(exclusion=reasons)


def main() -> None:
    """Write the tables of all four boards."""
    write_table(dcml_board("cadence"), "dcml-cadence")
    write_table(dcml_board("phrase"), "dcml-phrase")
    write_table(dcml_board("harmony"), "dcml-roman-numeral")
    write_table(chorale_phrase_pieces(), "chorale-phrase")


if __name__ == "__main__":
    main()
