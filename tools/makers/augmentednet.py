"""The pieces of ``augmentednet-roman-numeral``: their works, titles and the published split."""

from pathlib import PurePosixPath

import pandas as pd

from makers.schemes import split_composers
from makers.work_names import composer_of, work_of
from musebench.corpora import CORPORA, Piece
from musebench.errors import InputError
from musebench.splits import MUSIC, SPLIT_PREFIX

AUGMENTEDNET = CORPORA["augmentednet"]

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


def augmentednet_pieces() -> pd.DataFrame:
    """The pieces of the board, for ``pieces.write_table``; none is excluded.

    Returns:
        A row per piece, sorted by id, with the columns ``piece_id``, ``work_id``, ``composer``,
        ``title`` (the id: the corpus has no titles for most), ``split_augmentednet``, ``music``,
        ``exclusion``.
    """
    rows = []
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
                "exclusion": "",
            }
        )
    return split_composers(pd.DataFrame(rows), COMPOSERS_OF_AUGMENTEDNET)
