"""The schemes of a split: works, and composers."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from makers.assign import SHARES, assign_greedily
from musebench.errors import InputError
from musebench.splits import SPLIT_PREFIX

OFFICIAL, COMPOSER = f"{SPLIT_PREFIX}official", f"{SPLIT_PREFIX}composer"


def split_composers(table: pd.DataFrame, composers: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Add the scheme ``composer``.

    Args:
        table: A row per piece, with the column ``composer``.
        composers: The composers of each split; those that no piece is by are passed over.

    Raises:
        InputError: If a composer has no split.
    """
    splits = {name: split for split, names in composers.items() for name in names}
    if unknown := set(table["composer"]) - splits.keys():
        msg = f"no split of composers has {', '.join(sorted(unknown))}."
        raise InputError(msg)
    return table.assign(**{COMPOSER: table["composer"].map(splits)})


def composer_scheme(
    composer_of_piece: Mapping[str, str],
    num_notes: Mapping[str, int],
    known: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Split the composers, the largest first, each to where the shares of notes come nearest.

    Args:
        composer_of_piece: Composer of each piece.
        num_notes: Number of notes of each piece.
        known: Split of composers that stay where they are.

    Returns:
        Split of each composer of a piece.
    """
    notes: dict[str, Counter[str]] = defaultdict(Counter)
    for piece_id, composer in composer_of_piece.items():
        notes[composer]["all"] += num_notes[piece_id]
    splits = assign_greedily(notes, SHARES, known or {})
    return {composer: splits[composer] for composer in notes}
