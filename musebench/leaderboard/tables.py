"""Tables of the leaderboards as CSV files: written the same each time, refused if damaged."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from musebench.errors import InputError
from musebench.files import is_file, read_text

AnyRow = TypeVar("AnyRow")


def read_rows(
    file: str | Path, columns: Sequence[str], make: Callable[..., AnyRow]
) -> list[AnyRow]:
    """The rows of a table; none if there is no file.

    Args:
        file: The file.
        columns: Names of the columns, in order.
        make: Makes a row of its cells; raises ``ValueError`` for a cell that cannot be.

    Raises:
        InputError: If the table has other columns, or a row cannot be made.
    """
    if not is_file(file):
        return []
    rows = csv.reader(io.StringIO(read_text(file)))
    if next(rows, None) != list(columns):
        msg = f"{file} must have the columns {', '.join(columns)}."
        raise InputError(msg)
    found = []
    for row in rows:
        try:
            if len(row) != len(columns):
                msg = f"{len(row)} cells"
                raise ValueError(msg)
            found.append(make(*row))
        except ValueError as error:
            msg = f"{file}, line {rows.line_num}, is damaged: {error}."
            raise InputError(msg) from error
    return found


def rows_to_text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """The text of a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
