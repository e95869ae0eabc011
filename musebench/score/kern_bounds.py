"""Bounds of a kern score, checked on its own text before any library reads it.

Only spines of ``**kern`` are looked at: what a text or a figured bass says counts no time.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest

from musebench.score.errors import Refusal
from musebench.score.limits import (
    MAX_DOTS,
    MAX_METER,
    check_note_count,
    check_number,
    check_part_count,
)

KERN = "**kern"
MAX_LINES = 200_000  # of one spine, notes and barlines of the longest score that is read
MAX_RECIP = 9_999  # of a whole note
MAX_IN_SIGN = 999_999  # number in a tempo, a staff, a transposition
LETTERS = re.compile(r"([A-Ga-g])\1{8,}")  # nine are C11, beyond MIDI's pitches
SIGNS = re.compile(r"#{5,}|-{5,}")
RHYTHM = re.compile(r"([0-9]+)(?:%([0-9]+))?(\.*)")
# Interpretations whose numbers a reader counts with: meter, tempo, transposition, scale, tuplet.
COUNTING = re.compile(r"\*(M(?!M)|MM|I?Tr|rscale|staff|part|tb|tuplet|d|x)[^A-Za-z]*[0-9]")
METER = re.compile(r"\*M[0-9]")
DIGITS = re.compile(r"[0-9]+")


def check_kern(lines: list[list[str]]) -> None:
    """Refuse a kern score that could take a reader more than bounded time and memory.

    Args:
        lines: The cells of its lines, without comments.

    Raises:
        Refusal: If a number, or how many notes there are, is out of bounds.
    """
    if len(lines) > MAX_LINES:
        msg = f"it has more than {MAX_LINES:,} lines"
        raise Refusal(msg)
    tokens = 0
    seen: set[str] = set()
    for cell in kern_cells(lines):
        if cell.startswith("*"):
            seen.add(cell)
        elif not cell.startswith("="):
            found = cell.split(" ")
            tokens += len(found)
            seen.update(found)
    check_note_count(tokens, slow=True)
    check_part_count(max(map(len, lines)))
    for token in sorted(seen):
        if token.startswith("*"):
            _check_interpretation(token)
        else:
            _check_note(token)


def kern_cells(lines: list[list[str]]) -> Iterator[str]:
    """The cells of the ``**kern`` spines, line by line, and of what belongs to no spine."""
    spines: list[str] = []
    for line in lines:
        if not spines:
            spines = [cell if cell.startswith("**") else KERN for cell in line]
            continue
        for cell, spine in zip_longest(line, spines[: len(line)], fillvalue=KERN):
            if spine.startswith(KERN):
                yield cell
        if any(cell in {"*^", "*v", "*-", "*+", "*x"} or cell[:2] == "**" for cell in line):
            spines = _follow(line, spines)


def _follow(line: list[str], spines: list[str]) -> list[str]:
    """The spines behind a line that splits, joins, ends, adds, exchanges or names some."""
    following: list[str] = []
    before = ""
    for cell, spine in zip_longest(line, spines, fillvalue=KERN):
        if cell == "*^":
            following += [spine, spine]
        elif cell == "*+":
            following += [spine, KERN]
        elif cell == "*x" and before == "*x":
            following[-1:] = [spine, following[-1]]
        elif cell[:2] == "**":
            following.append(cell)
        elif cell != "*-" and (cell != "*v" or before != "*v"):
            following.append(spine)
        before = "" if cell == "*x" == before else cell
    return following


def _check_interpretation(cell: str) -> None:
    if COUNTING.match(cell):
        least, most = (1, MAX_METER) if METER.match(cell) else (0, MAX_IN_SIGN)
        for number in DIGITS.findall(cell):
            check_number(number, least, most, f"the interpretation {cell[:40]!r} has the number")


def _check_note(token: str) -> None:
    told = f"the note {token[:40]!r} has"
    for rhythm in RHYTHM.finditer(token):
        for number in rhythm.groups()[:2]:
            if number:
                check_number(number, 0, MAX_RECIP, f"{told} the rhythm")
        if len(rhythm[3]) > MAX_DOTS:
            msg = f"{told} {len(rhythm[3])} dots, and up to {MAX_DOTS} are read"
            raise Refusal(msg)
    if LETTERS.search(token) or SIGNS.search(token):
        msg = f"{told} a pitch beyond music"
        raise Refusal(msg)
