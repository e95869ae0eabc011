"""The pieces of the boards of OpenScore: songs, their piano parts, and string quartets."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from makers.schemes import COMPOSER, composer_scheme
from makers.voices import reason_without_voices
from makers.work_names import composer_of, work_of
from musebench.annotations import STAVES, count_staves, keyboard_parts, reason_without_melody
from musebench.boards import find_board
from musebench.duplicates import find_copies
from musebench.score import NoteTable
from musebench.splits import table_of_pieces
from musebench.store import load_notes

OUTSIDE_SETS = "_"  # a folder of songs


def reason_without_staves(piano: NoteTable) -> str:
    """Why the piano part of a song is not on two staves; empty if it is."""
    if not keyboard_parts(piano.parts.name.tolist()).any():
        return "no piano"
    count = count_staves(piano)
    if count == len(STAVES):
        return ""
    return f"notes on {count} staves" if count > 1 else "notes on one staff"


# Why a score is left out, by board.
REASONS: dict[str, Callable[[NoteTable], str]] = {
    "lieder-melody": lambda notes: reason_without_melody(notes.parts.name.tolist()),
    "openscore-pitch-spelling": lambda notes: "",  # noqa: ARG005 (all have names)
    "openscore-staff-separation": reason_without_staves,
    "openscore-voice-separation": reason_without_voices,
}


def openscore_pieces(board: str, root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of a board of OpenScore.

    Args:
        board: One of ``REASONS``.
        root: The data home.

    Returns:
        A row per piece, sorted by id. The composer is that of the work, as its id has it: an album
        is not by its editor. Of near-duplicates the first stays. A composer stays in the split of
        the scheme ``composer`` that the board's table has already.
    """
    corpus, rows = find_board(board).corpus, []
    store = load_notes(corpus, root)
    for member in corpus.members:
        for piece in member.pieces:
            piece_id = corpus.piece_id(member, piece.piece_id)
            work_id = work_of(member.name, piece.piece_id, piece.score)
            rows.append(
                {
                    "piece_id": piece_id,
                    "work_id": work_id,
                    "composer": composer_of(work_id).title(),
                    "title": title_of(piece.score),
                    "exclusion": REASONS[board](store.tables[piece_id]),
                }
            )
    table = pd.DataFrame(rows).sort_values("piece_id", ignore_index=True)
    fit = table["piece_id"][table["exclusion"] == ""]
    copies = find_copies({piece_id: store.tables[piece_id] for piece_id in fit})
    table["exclusion"] = table["piece_id"].map(copies).fillna(table["exclusion"])
    included = table[table["exclusion"] == ""]
    composers = dict(zip(included["piece_id"], included["composer"], strict=True))
    splits = composer_scheme(composers, store.num_notes, _known_composers(board))
    # Who has excluded songs only is in no split.
    return table.assign(**{COMPOSER: table["composer"].map(splits).fillna("")})


def _known_composers(board: str) -> dict[str, str]:
    file = Path(str(table_of_pieces(board)))
    if not file.is_file():
        return {}
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    known = table[(table[COMPOSER] != "") & (table["exclusion"] == "")]
    return dict(zip(known["composer"], known[COMPOSER], strict=True))


def title_of(path: str) -> str:
    """Set and song, or the quartet, by the folders they lie in."""
    names = path.split("/")[2:-1]
    return ": ".join(name.replace("_", " ") for name in names if name != OUTSIDE_SETS)
