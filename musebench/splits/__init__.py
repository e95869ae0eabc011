"""Splits: the pieces for training, validation and test, as fixed files.

``works.csv`` assigns each work once, for all corpora; ``<board>.csv`` (or the table that a board of
another package names) lists the pieces of a board with their work, composer and title, the split
of each scheme (columns ``split_<scheme>``), and the reason if a piece is excluded. Both are made by
``tools/``, which is not part of the package.

Schemes:
    ``official`` splits works, the same in all corpora; ``composer`` splits composers, so that those
    of validation and test are unseen in training (only where a board has enough of them).
"""

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
HIDDEN_SPLIT = "test"  # its labels are hidden unless they are requested
DESCRIBING_COLUMNS = ("piece_id", "work_id", "composer", "title")
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
    for column in (name for name in table.columns if name.startswith(SPLIT_PREFIX)):
        odd = included[~included[column].isin(SPLITS)]
        if len(odd):
            piece = odd.iloc[0]
            msg = (
                f"{file}: the {column} of {piece['piece_id']!r} is "
                f"{piece[column]!r}; accepted are {', '.join(SPLITS)}."
            )
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


def split_schemes(board: str) -> tuple[str, ...]:
    """Names of the split schemes of a board; the first is ``official``."""
    columns = [name for name in _read(board).columns if name.startswith(SPLIT_PREFIX)]
    return tuple(name.removeprefix(SPLIT_PREFIX) for name in columns)


def split_of_pieces(board: str, scheme: str = "official") -> "pd.Series[str]":
    """Split of each piece of ``read_pieces``, one of ``SPLITS``.

    Raises:
        InputError: If the board does not have the scheme.
    """
    if scheme not in split_schemes(board):
        msg = (
            f"{board} has no split scheme {scheme!r}; there are {', '.join(split_schemes(board))}."
        )
        raise InputError(msg)
    return _included(board)[SPLIT_PREFIX + scheme].rename("split")


def check_split(split: str) -> None:
    """Refuse a split that does not exist."""
    if split not in SPLITS:
        msg = f"there is no split {split!r}; accepted are {', '.join(SPLITS)}."
        raise InputError(msg)
