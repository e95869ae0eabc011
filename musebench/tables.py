"""Tables of texts as CSV or TSV: written the same each time, refused if damaged."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from musebench.errors import InputError
from musebench.files import is_file, read_text

AnyRow = TypeVar("AnyRow")

COMMA, TAB = ",", "\t"


def rows_of(
    text: str,
    where: object,
    columns: Sequence[str],
    make: Callable[..., AnyRow],
    separator: str = COMMA,
) -> list[AnyRow]:
    """The rows of a table.

    Args:
        text: The table; lines before the names of the columns that begin with ``#`` are comments.
        where: The file it is from, for messages.
        columns: Names of the columns, in order.
        make: Makes a row of its cells; raises ``ValueError`` for a cell that cannot be.
        separator: What is between two cells.

    Raises:
        InputError: If the table has other columns, or a row cannot be made.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    head = next((row for row in rows if not "".join(row[:1]).startswith("#")), None)
    if head != list(columns):
        msg = f"{where} must have the columns {', '.join(columns)}."
        raise InputError(msg)
    found = []
    for row in rows:
        try:
            if len(row) != len(columns):
                msg = f"{len(row)} cells"
                raise ValueError(msg)
            found.append(make(*row))
        except ValueError as error:
            msg = f"{where}, line {rows.line_num}, is damaged: {str(error).removesuffix('.')}."
            raise InputError(msg) from error
    return found


def read_rows(
    file: str | Path, columns: Sequence[str], make: Callable[..., AnyRow]
) -> list[AnyRow]:
    """The rows of a CSV file; none if there is no file.

    Raises:
        InputError: As ``rows_of`` does.
    """
    return rows_of(read_text(file), file, columns, make) if is_file(file) else []


def rows_to_text(
    columns: Sequence[str], rows: Iterable[Iterable[object]], separator: str = COMMA
) -> str:
    """The text of a table."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
