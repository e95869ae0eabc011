"""Splits: the pieces for training, validation and test, as fixed files.

``works.csv`` assigns each work once, for all corpora; ``<board>.csv`` (or the table that a board of
another package names) lists the pieces of a board with their work, composer and title, the fold of
the work, the split of each scheme (columns ``split_<scheme>``), the music if it is there twice, and
the reason if a piece is excluded. Both are made by ``tools/``, which is not part of the package.

Schemes:
    ``official`` splits works, the same in all corpora; ``composer`` splits composers, so that those
    of validation and test are unseen in training (only where a board has enough of them).

Folds:
    Of the scheme ``official`` there are five folds. The works of fold k are its test split; of
    fold 0, the columns ``split_official`` are the whole split. In fold k > 0, half of the works of
    the next fold (that after the last is 0) validate, by the SHA-256 of their ids, and the rest
    trains. So every work is in one test split, in all corpora. The table of a board of another
    package may have fewer folds; without the column ``fold`` it has fold 0 alone, as have the other
    schemes.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from typing import TYPE_CHECKING

from musebench.errors import InputError
from musebench.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "valid", "test")
NUM_FOLDS = 5  # of works.csv; no table has more
HIDDEN_SPLIT = "test"  # its labels are hidden unless they are requested
DESCRIBING_COLUMNS = ("piece_id", "work_id", "composer", "title")
FOLD = "fold"  # the column
MUSIC = "music"  # an optional column: pieces of one name are the same music, annotated twice
SPLIT_PREFIX = "split_"  # distinguishes the scheme ``composer`` from the column of composers
FOLDER = files("musebench.splits")
TABLES: Registry[Traversable] = Registry("table of pieces", "musebench.boards")


def table_of_pieces(board: str) -> Traversable:
    """The file that lists the pieces of a board: its own, or one that its declaration names."""
    own = FOLDER.joinpath(f"{board}.csv")
    return own if own.is_file() or board not in TABLES else TABLES[board]


@lru_cache
def _read(board: str) -> "pd.DataFrame":
    import pandas as pd

    file = table_of_pieces(board)
    if not file.is_file():
        msg = f"{board} has no table of pieces: neither splits/{board}.csv nor a registered one."
        raise InputError(msg)
    table = pd.read_csv(StringIO(file.read_text("utf-8")), dtype=str, keep_default_na=False)
    _check(table, file)
    return table


def _check(table: "pd.DataFrame", file: Traversable) -> None:
    """Refuse an invalid table of pieces."""
    missing = {*DESCRIBING_COLUMNS, f"{SPLIT_PREFIX}official", "exclusion"} - set(table.columns)
    if missing:
        msg = f"{file} lacks the columns {', '.join(sorted(missing))}."
        raise InputError(msg)
    doubled = table.loc[table["piece_id"].duplicated(), "piece_id"]
    if len(doubled):
        msg = f"{file} lists {doubled.iloc[0]!r} twice; each piece must have one row."
        raise InputError(msg)
    included = table[table["exclusion"] == ""]
    _check_folds(included, file)
    for column in (name for name in table.columns if name.startswith(SPLIT_PREFIX)):
        odd = included[~included[column].isin(SPLITS)]
        if len(odd):
            piece = odd.iloc[0]
            msg = (
                f"{file}: the {column} of {piece['piece_id']!r} is "
                f"{piece[column]!r}; accepted are {', '.join(SPLITS)}."
            )
            raise InputError(msg)


def _check_folds(included: "pd.DataFrame", file: Traversable) -> None:
    if FOLD not in included:
        return
    found = set(included[FOLD])
    if len(found) > NUM_FOLDS or found != {str(fold) for fold in range(len(found))}:
        msg = (
            f"{file}: the folds are {', '.join(sorted(found))}; accepted are 0, 1, ... without a "
            f"gap, at most {NUM_FOLDS}."
        )
        raise InputError(msg)
    wrong = included[(included[FOLD] == "0") != (included[f"{SPLIT_PREFIX}official"] == "test")]
    if len(wrong):
        msg = f"{file}: {wrong['piece_id'].iloc[0]!r} must be in fold 0 if its split is test."
        raise InputError(msg)


def read_pieces(board: str) -> "pd.DataFrame":
    """The pieces of a board, in order, with the columns DESCRIBING_COLUMNS."""
    return _included(board)[list(DESCRIBING_COLUMNS)]


def _included(board: str) -> "pd.DataFrame":
    table = _read(board)
    return table[table["exclusion"] == ""].reset_index(drop=True)


def read_column(board: str, name: str) -> "pd.Series[str]":
    """A further column of the table of a board, in the order of ``read_pieces``.

    Raises:
        InputError: If the table has no such column.
    """
    table = _included(board)
    if name not in table:
        msg = f"the table of pieces of {board} has no column {name!r}; it has {list(table)}."
        raise InputError(msg)
    return table[name]


def read_exclusions(board: str) -> "pd.DataFrame":
    """The pieces of the corpus that are not in a board: ``piece_id`` and ``reason``."""
    table = _read(board)
    excluded = table[table["exclusion"] != ""][["piece_id", "exclusion"]]
    return excluded.rename(columns={"exclusion": "reason"}).reset_index(drop=True)


def music_of_pieces(board: str) -> "pd.Series[str]":
    """Name of the music of each piece of ``read_pieces``: that of the piece, if it is alone.

    Pieces of one music are annotations of the same notes by different people.
    """
    table = _included(board)
    if MUSIC not in table:
        return table["piece_id"].rename(MUSIC)
    return table[MUSIC].where(table[MUSIC] != "", table["piece_id"])


def weight_of_pieces(board: str) -> "pd.Series[float]":
    """Weight of each piece of ``read_pieces``: the same music counts once.

    A piece weighs 1 divided by the number of pieces of its music.
    """
    music = music_of_pieces(board)
    weight: pd.Series[float] = (1 / music.groupby(music).transform("size")).rename("weight")
    return weight


def split_schemes(board: str) -> tuple[str, ...]:
    """Names of the split schemes of a board; the first is ``official``."""
    columns = [name for name in _read(board).columns if name.startswith(SPLIT_PREFIX)]
    return tuple(name.removeprefix(SPLIT_PREFIX) for name in columns)


def num_folds(board: str) -> int:
    """Number of folds of the scheme ``official``: 1 if the table has no such column."""
    return int(_included(board)[FOLD].nunique()) if FOLD in _read(board) else 1


def fold_of_pieces(board: str) -> "pd.Series[int]":
    """Fold whose test split holds each piece of ``read_pieces``.

    A table without folds has fold 0 only, of the pieces of its test split; the others are in none,
    -1.
    """
    if num_folds(board) > 1:
        folds: pd.Series[int] = _included(board)[FOLD].astype(int)
        return folds
    return (split_of_pieces(board) == HIDDEN_SPLIT).astype(int).rename(FOLD) - 1


def split_of_pieces(board: str, scheme: str = "official", fold: int = 0) -> "pd.Series[str]":
    """Split of each piece of ``read_pieces``, one of ``SPLITS``.

    Args:
        board: Name of the board.
        scheme: One of ``split_schemes``.
        fold: 0 to ``num_folds(board) - 1``; of schemes other than ``official``, 0.

    Raises:
        InputError: If the board does not have the scheme or the fold.
    """
    if scheme not in split_schemes(board):
        msg = (
            f"{board} has no split scheme {scheme!r}; there are {', '.join(split_schemes(board))}."
        )
        raise InputError(msg)
    check_fold(board, scheme, fold)
    if fold == 0:
        return _included(board)[SPLIT_PREFIX + scheme].rename("split")
    import pandas as pd

    following = (fold + 1) % num_folds(board)
    pairs = zip(fold_of_pieces(board), _included(board)["work_id"], strict=True)
    splits = [
        "test"
        if of_work == fold
        else "valid"
        if of_work == following and hashlib.sha256(work.encode()).digest()[-1] & 1
        else "train"
        for of_work, work in pairs
    ]
    return pd.Series(splits, name="split")


def check_fold(board: str, scheme: str, fold: int) -> None:
    """Refuse a fold that a scheme of a board does not have.

    Raises:
        InputError: If it has no such fold.
    """
    number = num_folds(board) if scheme == "official" else 1
    if fold not in range(number):
        there = f"0 to {number - 1}" if number > 1 else "fold 0 only"
        msg = f"the scheme {scheme!r} of {board} has no fold {fold!r}; there is {there}."
        raise InputError(msg)


def check_split(split: str) -> None:
    """Refuse a split that does not exist."""
    if split not in SPLITS:
        msg = f"there is no split {split!r}; accepted are {', '.join(SPLITS)}."
        raise InputError(msg)
