"""Results as they were published, for ``leaderboards/published.csv``: shown, never ranked."""

from dataclasses import dataclass, fields
from pathlib import Path

from musebench.tables import read_rows

PUBLISHED = "published.csv"


@dataclass(frozen=True)
class Published:
    """A result of a publication.

    Attributes:
        board: The board that asks the same question.
        method: Name of the method.
        reference: Authors, venue and year.
        address: Where it was published; may be empty.
        metric: What was measured, in the words of the publication.
        value: The number as published; empty if it could not be read.
        source: Where the number was read.
        differs: What differs from the board.
        models: Names of the models here that follow it, separated by commas; may be empty.
    """

    board: str
    method: str
    reference: str
    address: str
    metric: str
    value: str
    source: str
    differs: str
    models: str


COLUMNS = tuple(column.name for column in fields(Published))


def read_published(leaderboards: str | Path) -> list[Published]:
    """All rows; none if there is no file.

    Raises:
        InputError: If the file is damaged.
    """
    return read_rows(Path(leaderboards) / PUBLISHED, COLUMNS, Published)
