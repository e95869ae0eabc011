"""Write ``lieder-melody.csv``: the songs of the OpenScore Lieder Corpus, and why some are excluded.

Run as ``python -m musebench.splits.lieder --jobs 2`` after ``works.csv`` or the rules of
``musebench.annotations.melody`` have changed. It reads all scores, which takes minutes.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from joblib import Parallel, delayed

from musebench.annotations import reason_without_melody
from musebench.corpora import fetch
from musebench.corpora.lieder import LIEDER
from musebench.score import read_score
from musebench.splits.assign import Piece, assign_greedily
from musebench.splits.tables import COMPOSER, write_table
from musebench.splits.work_names import composer_of, work_of

BOARD = "lieder-melody"
OUTSIDE_SETS = "_"


@dataclass(frozen=True)
class Song:
    """What the table needs to know of a score: names of its parts, number of its notes."""

    parts: Sequence[str]
    num_notes: int


def lieder_pieces(songs: Mapping[str, Song]) -> pd.DataFrame:
    """The pieces of ``lieder-melody``, for ``tables.write_table``.

    Args:
        songs: By piece id.

    Returns:
        A row a piece, sorted by id. The composer is that of the work, as its id has it: an album
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
                "title": _title(piece.score),
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


def composer_scheme(
    composer_of_piece: Mapping[str, str], num_notes: Mapping[str, int]
) -> dict[str, str]:
    """Split the composers, the largest first, each to where the shares of notes come nearest.

    As ``assign.assign_greedily`` splits works, with all that a composer wrote as one work.

    Args:
        composer_of_piece: Composer of each piece.
        num_notes: Number of notes of each piece.

    Returns:
        Split of each composer.
    """
    pieces = [
        Piece(LIEDER.name, piece_id, f"{composer}/all", num_notes[piece_id])
        for piece_id, composer in composer_of_piece.items()
    ]
    splits = assign_greedily(pieces)
    return {composer_of(everything): split for everything, split in splits.items()}


def _title(path: str) -> str:
    """Set and song by the folders they lie in."""
    song_set, song = (name.replace("_", " ") for name in path.split("/")[2:4])
    return song if path.split("/")[2] == OUTSIDE_SETS else f"{song_set}: {song}"


def read_songs(num_jobs: int) -> dict[str, Song]:
    """Read all scores of the corpus.

    Raises:
        DownloadError: If a score cannot be had.
        ScoreError: If a score cannot be read.
    """
    files = fetch(LIEDER, LIEDER.paths)
    read_piece = delayed(partial(read_score, **LIEDER.layout))
    read = Parallel(n_jobs=num_jobs)(read_piece(files[piece.score]) for piece in LIEDER.pieces)
    return {
        piece.piece_id: Song(notes.parts.name.tolist(), len(notes))
        for piece, notes in zip(LIEDER.pieces, read, strict=True)
    }


def main() -> None:
    """Read the command line and the scores, and write the table."""
    parser = argparse.ArgumentParser(description="Write lieder-melody.csv.")
    parser.add_argument("--jobs", type=int, default=1, help="scores read at a time")
    write_table(lieder_pieces(read_songs(parser.parse_args().jobs)), BOARD)


if __name__ == "__main__":
    main()
