"""The pieces of the boards of Bach's chorales."""

from pathlib import Path

import pandas as pd

from makers.work_names import work_of
from musebench.corpora import CORPORA, fetch
from musebench.score import read_fermatas

(CHORALES,) = CORPORA["music21_chorales"].members
FOLDER = Path(__file__).parent
NO_FERMATA = "no note has a fermata"


def chorale_pieces() -> pd.DataFrame:
    """The pieces of ``chorale-pitch-spelling``: the title is the tune."""
    tunes = pd.read_csv(FOLDER / "chorale_tunes.csv", dtype=str)
    reasons = pd.read_csv(FOLDER / "chorale_exclusions.csv", dtype=str)
    table = tunes[tunes["corpus"] == CHORALES.name].rename(columns={"tune": "title"})
    table = table.merge(reasons.rename(columns={"reason": "exclusion"}), "left", "piece_id")
    table["exclusion"] = table["exclusion"].fillna("")
    table["composer"] = "Bach"
    table["work_id"] = [work_of(CHORALES.name, piece) for piece in table["piece_id"]]
    return table.drop(columns=["corpus", "basis"]).sort_values("piece_id")


def chorale_phrase_pieces(root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of ``chorale-phrase``: those of ``chorale-pitch-spelling`` with a fermata."""
    table = chorale_pieces()
    files = fetch(CHORALES, CHORALES.paths, root)
    scores = {piece.piece_id: files[piece.score] for piece in CHORALES.pieces}
    reasons = [
        reason or ("" if len(read_fermatas(scores[piece_id])[1]) else NO_FERMATA)
        for piece_id, reason in zip(table["piece_id"], table["exclusion"], strict=True)
    ]
    return table.assign(exclusion=reasons)
