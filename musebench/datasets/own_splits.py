"""The splits of a user's scores, and the works that stay together in them."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from musebench.datasets.base import NO_SPLIT
from musebench.datasets.own_labels import ID, read_table_of_pieces
from musebench.errors import InputError
from musebench.splits import SPLITS

RANDOM, FOLDERS, FOLDER = "random", "folders", "folder"
OTHER_NAMES = {"val": "valid", "validation": "valid"}
MOST_SHOWN = 3


def works_of(piece_ids: Sequence[str], group_by: Any, keys: Mapping[str, str]) -> dict[str, str]:
    """The work of each piece.

    Args:
        piece_ids: The pieces.
        group_by: See ``ScoreFolder``.
        keys: Piece id -> what identifies its content: without ``group_by``, pieces of the same
            content are one work, named after the first.

    Raises:
        InputError: If a piece has no work.
    """
    if group_by is None:
        first: dict[str, str] = {}
        return {name: first.setdefault(keys[name], name) for name in piece_ids}
    if group_by == FOLDER:
        return {name: str(PurePosixPath(name).parent) for name in piece_ids}
    return _look_up(piece_ids, group_by, "group_by", "work_id")


def splits_of(
    works: Mapping[str, str],
    splits: Any,
    ratio: Sequence[float],
    seed: int,
    *,
    are_given: bool,
) -> dict[str, str]:
    """The split of each piece.

    Args:
        works: Piece id -> its work.
        splits: See ``ScoreFolder``.
        ratio: See ``ScoreFolder``.
        seed: See ``ScoreFolder``.
        are_given: Whether the user says which pieces are of one work.

    Raises:
        InputError: If a piece has none, or one that does not exist, or a given work is in two.
    """
    piece_ids = list(works)
    if splits is None:
        return dict.fromkeys(piece_ids, NO_SPLIT)
    if isinstance(splits, str) and splits == RANDOM:
        _check_ratio(ratio)
        return {name: _draw(work, ratio, seed) for name, work in works.items()}
    if isinstance(splits, str) and splits == FOLDERS:
        splits = {name: PurePosixPath(name).parts[0] for name in piece_ids}
    elif isinstance(splits, str) and not splits.endswith((".csv", ".tsv")):
        msg = (
            f"splits is {splits!r}; accepted are None, {RANDOM!r}, {FOLDERS!r} (train/, valid/ and "
            "test/), a dict or CSV file, piece id -> split, and a function of the piece id."
        )
        raise InputError(msg)
    found = _look_up(piece_ids, splits, "splits", "split")
    found = {name: OTHER_NAMES.get(split, split) for name, split in found.items()}
    for name, split in found.items():
        if split not in SPLITS:
            msg = f"the split of {name!r} is {split!r}; accepted are {', '.join(SPLITS)}."
            raise InputError(msg)
    _check_works(works, found, are_given=are_given)
    return found


def _check_works(works: Mapping[str, str], splits: Mapping[str, str], *, are_given: bool) -> None:
    """Refuse a work in two splits, or warn of it: what is tested would have been learned."""
    first: dict[str, str] = {}
    for name, work in works.items():
        other = first.setdefault(work, name)
        if splits[other] == splits[name]:
            continue
        same = f"are of the same work ({work!r})" if are_given else "have the same content"
        where = f"and are in {splits[other]} and {splits[name]}; a work belongs in one split."
        msg = f"{other!r} and {name!r} {same}, {where}"
        if are_given:
            raise InputError(msg)
        warnings.warn(msg, stacklevel=4)
        return


def _look_up(piece_ids: Sequence[str], given: Any, argument: str, column: str) -> dict[str, str]:
    """What a function, dict or CSV file says of each piece.

    Raises:
        InputError: If it says nothing of a piece.
    """
    if callable(given):
        return {name: str(given(name)) for name in piece_ids}
    if isinstance(given, str | Path):
        table = read_table_of_pieces(given)
        if column not in table:
            msg = f"{given} has no column {column!r}; it has {', '.join(map(str, table))}."
            raise InputError(msg)
        given = dict(zip(table[ID], table[column].astype(str), strict=True))
    if not isinstance(given, Mapping):
        msg = f"{argument} is a {type(given).__name__}; give a dict, a CSV file or a function."
        raise InputError(msg)
    if missing := [name for name in piece_ids if name not in given]:
        named = ", ".join(map(repr, missing[:MOST_SHOWN]))
        more = f" and {len(missing) - MOST_SHOWN} more" if len(missing) > MOST_SHOWN else ""
        msg = f"{argument} says nothing of {named}{more}; name every piece."
        raise InputError(msg)
    return {name: str(given[name]) for name in piece_ids}


def _check_ratio(ratio: Sequence[float]) -> None:
    if len(ratio) != len(SPLITS) or min(ratio) < 0 or sum(ratio) <= 0:
        msg = f"ratio is {ratio}; it has a share, at least 0, for each of {', '.join(SPLITS)}."
        raise InputError(msg)


def _draw(work: str, ratio: Sequence[float], seed: int) -> str:
    """The split of a work: by its name and the seed alone, so that no other work moves it."""
    digest = hashlib.sha256(f"{seed}/{work}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64 * sum(ratio)
    for split, share in zip(SPLITS, ratio, strict=True):
        place -= share
        if place < 0:
            return split
    return next(split for split, share in reversed(list(zip(SPLITS, ratio, strict=True))) if share)
