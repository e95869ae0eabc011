"""The pieces of the boards of OpenScore: songs, their piano parts, and string quartets."""

from collections.abc import Callable

import pandas as pd

from makers.duplicates import find_copies
from makers.lieder import song_title
from makers.schemes import COMPOSER, composer_scheme
from makers.voices import reason_without_voices
from makers.work_names import composer_of, work_of
from musebench.annotations import STAVES, count_staves, keyboard_parts
from musebench.corpora import CORPORA, AnyCorpus
from musebench.score import NoteTable
from musebench.store import load_notes


def spelling_pieces() -> pd.DataFrame:
    """The pieces of ``openscore-pitch-spelling``: the songs and quartets."""
    return _pieces(CORPORA["openscore"], lambda _: "")


def staff_pieces() -> pd.DataFrame:
    """The pieces of ``openscore-staff-separation``: the songs whose piano is on two staves."""
    return _pieces(CORPORA["lieder_piano"], _reason_without_staves)


def voice_pieces() -> pd.DataFrame:
    """The pieces of ``openscore-voice-separation``: the quartets whose parts are voices."""
    return _pieces(CORPORA["string_quartets"], reason_without_voices)


def _reason_without_staves(notes: NoteTable) -> str:
    if not keyboard_parts(notes.parts.name.tolist()).any():
        return "no piano"
    count = count_staves(notes)
    if count == len(STAVES):
        return ""
    return f"notes on {count} staves" if count > 1 else "notes on one staff"


def _pieces(corpus: AnyCorpus, reason: Callable[[NoteTable], str]) -> pd.DataFrame:
    """A row per piece, sorted by id; of near-duplicates the first stays."""
    store, rows = load_notes(corpus), []
    for member in corpus.members:
        for piece in member.pieces:
            piece_id = corpus.piece_id(member, piece.piece_id)
            work_id = work_of(member.name, piece.piece_id, piece.score)
            rows.append(
                {
                    "piece_id": piece_id,
                    "work_id": work_id,
                    "composer": composer_of(work_id).title(),
                    "title": song_title(piece.score),
                    "exclusion": reason(store.tables[piece_id]),
                }
            )
    table = pd.DataFrame(rows).sort_values("piece_id", ignore_index=True)
    included = table[table["exclusion"] == ""]
    copies = find_copies({piece: store.tables[piece] for piece in included["piece_id"]})
    reasons = table["piece_id"].map(copies).fillna(table["exclusion"])
    included = included[~included["piece_id"].isin(list(copies))]
    composers = dict(zip(included["piece_id"], included["composer"], strict=True))
    splits = composer_scheme(composers, store.num_notes)
    return table.assign(exclusion=reasons, **{COMPOSER: table["composer"].map(splits).fillna("")})
