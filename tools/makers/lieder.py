"""The pieces of ``lieder-melody``: the songs of the corpus, and why some are left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from makers.schemes import COMPOSER, composer_scheme
from makers.work_names import composer_of, work_of
from musebench.annotations import reason_without_melody
from musebench.corpora import CORPORA
from musebench.store import load_notes

LIEDER = CORPORA["lieder"]
OUTSIDE_SETS = "_"


@dataclass(frozen=True)
class Song:
    """What the table needs to know of a score: names of its parts, number of its notes."""

    parts: Sequence[str]
    num_notes: int


def lieder_pieces(songs: Mapping[str, Song]) -> pd.DataFrame:
    """The pieces of ``lieder-melody``, for ``pieces.write_table``.

    Args:
        songs: By piece id.

    Returns:
        A row per piece, sorted by id. The composer is that of the work, as its id has it: an album
        is not by its editor.
    """
    rows = []
    for piece in LIEDER.pieces:
        work_id = work_of(LIEDER.name, piece.piece_id, piece.score)
        rows.append(
            {
                "piece_id": piece.piece_id,
                "work_id": work_id,
                "composer": composer_of(work_id).title(),
                "title": song_title(piece.score),
                "exclusion": reason_without_melody(songs[piece.piece_id].parts),
            }
        )
    table = pd.DataFrame(rows)
    included = table[table["exclusion"] == ""]
    num_notes = {piece_id: songs[piece_id].num_notes for piece_id in included["piece_id"]}
    composers = {str(i): str(c) for i, c in included[["piece_id", "composer"]].to_numpy()}
    splits = composer_scheme(composers, num_notes)
    # Who has excluded songs only is in no split.
    return table.assign(**{COMPOSER: table["composer"].map(splits).fillna("")})


def song_title(path: str) -> str:
    """Set and song, or the quartet, by the folders they lie in."""
    names = path.split("/")[2:-1]
    return ": ".join(name.replace("_", " ") for name in names if name != OUTSIDE_SETS)


def read_songs() -> dict[str, Song]:
    """What the table needs to know of all scores."""
    tables = load_notes(LIEDER).tables
    return {name: Song(notes.parts.name.tolist(), len(notes)) for name, notes in tables.items()}
