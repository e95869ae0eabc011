"""The pieces of ``augmentednet-roman-numeral``: their works, titles and the published split."""

from pathlib import Path, PurePosixPath

import pandas as pd

from makers.schemes import split_composers
from makers.work_names import composer_of, work_of
from musebench.corpora import CORPORA, Piece
from musebench.errors import InputError
from musebench.splits import MUSIC, SPLIT_PREFIX

AUGMENTEDNET = CORPORA["augmentednet"]
# Where the score has a pickup and the analysis counts it as a measure of its own; of the quartets,
# https://github.com/MarkGotham/When-in-Rome/issues/32 has some.
SHIFTED = Path(__file__).parent / "augmentednet_shifted.csv"

# As ``schemes.composer_scheme`` splits them by their notes: 70.0 / 10.0 / 20.0 per cent of them.
COMPOSERS_OF_AUGMENTEDNET = {
    "train": ("Bach", "Beethoven", "Chaminade", "Jaell", "Lang", "Monteverdi", "Purcell"),
    "valid": (
        "Brahms",
        "Chausson",
        "Franz",
        "Hensel",
        "Mahler",
        "Schubert",
        "Schumann-Clara",
    ),
    "test": (
        "Coleridge-Taylor",
        "Haydn",
        "Holmes",
        "Mozart",
        "Reichardt",
        "Schumann",
        "Wolf",
    ),
}
SPLIT_OF_FOLDER = {"training": "train", "validation": "valid", "test": "test"}


def published_split(piece: Piece) -> str:
    """The split of AugmentedNet 1.0.0, by the folder in which the table lies.

    Raises:
        InputError: If the folder is none of ``SPLIT_OF_FOLDER``.
    """
    folder = PurePosixPath(piece.score).parent.name
    if folder not in SPLIT_OF_FOLDER:
        msg = f"{piece.score} is in no folder of {', '.join(SPLIT_OF_FOLDER)}."
        raise InputError(msg)
    return SPLIT_OF_FOLDER[folder]


def music_of(piece_id: str) -> str:
    """Name of the music that two annotators, a and b, of TAVERN annotated; empty for others."""
    return piece_id[:-2] if piece_id.startswith("tavern-") else ""


def shifted_pieces() -> dict[str, str]:
    """Pieces whose chords stand at the wrong place, from ``tools alignment``, and the reason."""
    table = pd.read_csv(SHIFTED)
    return {
        name: f"its chords stand {-shift:g} quarter notes before the music"
        for name, shift in zip(table["piece_id"], table["shift"], strict=True)
    }


def augmentednet_pieces() -> pd.DataFrame:
    """The pieces of the board, for ``pieces.write_table``.

    Returns:
        A row per piece, sorted by id, with the columns ``piece_id``, ``work_id``, ``composer``,
        ``title`` (the id: the corpus has no titles for most), ``split_augmentednet``, ``music``,
        ``exclusion``.
    """
    rows, shifted = [], shifted_pieces()
    for piece in AUGMENTEDNET.pieces:
        work_id = work_of(AUGMENTEDNET.name, piece.piece_id)
        rows.append(
            {
                "piece_id": piece.piece_id,
                "work_id": work_id,
                "composer": composer_of(work_id).title(),
                "title": piece.piece_id,
                f"{SPLIT_PREFIX}augmentednet": published_split(piece),
                MUSIC: music_of(piece.piece_id),
                "exclusion": shifted.get(piece.piece_id, ""),
            }
        )
    return split_composers(pd.DataFrame(rows), COMPOSERS_OF_AUGMENTEDNET)
