"""Tables of tab-separated text, as DCML publishes them: columns by name, fractions, sentences."""

import csv
import functools
import io
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from musebench.score.errors import Refusal
from musebench.score.source import read_source
from musebench.score.table import Ints

MAX_TSV_BYTES = 16 * 2**20  # the largest of the corpora has 1.4 MB
NUMBER = re.compile(r"-?[0-9]{1,9}")
FRACTION = re.compile(r"(-?[0-9]{1,9})(?:/([0-9]{1,9}))?")

Columns = dict[str, list[str]]


def read_columns(
    file: str | Path, required: Sequence[str], optional: Sequence[str] = ()
) -> Columns:
    """Read columns of a table by their names.

    Args:
        file: Path or http(s) address.
        required: Names that must be in its first line.
        optional: Names that may be; where a column is not there, it is empty in every row.

    Returns:
        The text of each row, column by column.

    Raises:
        Refusal: If the file cannot be read, a column is missing, or a row is too long or too short.
    """
    text = read_source(file, MAX_TSV_BYTES).data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    header, rows = rows[0], rows[1:]
    if missing := [name for name in required if name not in header]:
        msg = f"it has no column {missing[0]!r}; needed are {', '.join(required)}"
        raise Refusal(msg)
    for number, row in enumerate(rows):
        if len(row) != len(header):
            msg = f"row {number + 1} has {len(row)} cells instead of {len(header)}"
            raise Refusal(msg)
    places = {name: place for place, name in enumerate(header)}
    return {
        name: [row[places[name]] for row in rows] if name in places else [""] * len(rows)
        for name in (*required, *optional)
    }


def numbers(columns: Columns, name: str) -> Ints:
    """A column of whole numbers. Shape ``(num_rows,)``, int64.

    Raises:
        Refusal: If a cell is something else.
    """
    for number, cell in enumerate(columns[name]):
        if not NUMBER.fullmatch(cell):
            msg = f"row {number + 1}: {name} is {cell[:30]!r}, not a whole number"
            raise Refusal(msg)
    return np.array([int(cell) for cell in columns[name]], dtype=np.int64)


def fractions(columns: Columns, name: str, empty: Fraction | None = None) -> list[Fraction]:
    """A column of fractions such as ``3/8`` or ``1``, none of them negative.

    Args:
        columns: The table.
        name: Name of the column.
        empty: What an empty cell means; None: it is refused.

    Raises:
        Refusal: If a cell is something else.
    """
    found = []
    for number, cell in enumerate(columns[name]):
        value = empty if cell == "" else _to_fraction(cell)
        if value is None or value < 0:
            msg = f"row {number + 1}: {name} is {cell[:30]!r}, not a fraction such as 3/8"
            raise Refusal(msg)
        found.append(value)
    return found


@functools.lru_cache(maxsize=10_000)
def _to_fraction(cell: str) -> Fraction | None:
    """The fraction that a cell is, such as ``3/8``; None if it is none."""
    match = FRACTION.fullmatch(cell)
    if not match or (match[2] and int(match[2]) == 0):
        return None
    return Fraction(int(match[1]), int(match[2] or 1))
