"""Humdrum kern -> partitura's parts."""

import contextlib
import io
import re
import tempfile
from pathlib import Path
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.kern_bounds import check_kern
from musebench.score.limits import common_divisions

MAX_KERN_BYTES = 8 * 2**20  # the largest score of the corpora has 0.1 MB
MAX_CELLS = 1_000_000  # partitura goes through each several times
MAX_CHARACTERS = 2**26  # numpy gives every cell the room of the longest
# Interpretations that no column of a note table is made of, and some of which break partitura.
UNUSED = re.compile(r"\*(clef|MM|M(?![M\d])|>|[A-Ga-g][#-]*:|[^\t]*:$)")
NOT_READ = "which are not read from kern; convert it to MusicXML first"
RHYTHM = re.compile(r"(\d+)(%?)(\.*)")


def load_kern(data: bytes) -> list[Any]:
    """Read the parts of a kern score: one a spine, or an instrument, from high to low.

    Args:
        data: The file.

    Returns:
        Its parts in order, as partitura's.

    Raises:
        Refusal: If it is cut off, out of bounds, or holds what partitura reads wrongly.
    """
    lines = _lines(data)
    check_kern(lines)
    _check_bounds(lines)
    _check_rhythm(lines)
    from partitura import load_kern as load
    from partitura.score import KeySignature

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.krn"
        path.write_text("\n".join("\t".join(line) for line in lines) + "\n", encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()):  # partitura prints
            parts = list(load(str(path)).parts)
    for part in parts:
        for signature in part.iter_all(KeySignature):
            signature.mode = None  # partitura calls every key major
    return parts


def _lines(data: bytes) -> list[list[str]]:
    """The cells of every line but comments, ASCII, without what is of no use."""
    text = re.sub(r"[^\t\n -~]", "", data.decode("latin-1").replace("\r", "\n"))
    lines = [line.split("\t") for line in text.split("\n") if line and not line.startswith("!")]
    if not lines or not lines[0][0].startswith("**"):
        msg = "it is not Humdrum: its first line is not **kern or another interpretation"
        raise Refusal(msg)
    if not any(cell.startswith("**kern") for cell in lines[0]):
        msg = "it has no **kern spine"
        raise Refusal(msg)
    if not all(cell == "*-" for cell in lines[-1]):
        msg = "it is cut off: its spines do not end with *-"
        raise Refusal(msg)
    return [["*" if UNUSED.match(cell) else cell for cell in line] for line in lines]


def _check_bounds(lines: list[list[str]]) -> None:
    cells = len(lines) * max(map(len, lines))
    longest_cell = max(len(cell) for line in lines for cell in line)
    longest_line = max(sum(map(len, line)) + len(line) for line in lines)
    if cells > MAX_CELLS or max(cells * longest_cell, len(lines) * longest_line) > MAX_CHARACTERS:
        msg = "its lines are too many or too long for a score"
        raise Refusal(msg)


def _check_rhythm(lines: list[list[str]]) -> None:
    """Refuse rhythms and ties that partitura would take for others."""
    rhythms: set[tuple[int, int]] = set()
    for line in lines:
        if line[0].startswith(("*", "=")):
            continue
        for cell in line:
            notes = cell.split(" ")
            if len(notes) > 1 and any(mark in cell for mark in "[_]"):
                msg = f"it has ties inside chords ({cell[:40]!r}), {NOT_READ}"
                raise Refusal(msg)
            for note in notes:
                rhythm = RHYTHM.search(note)
                if rhythm is None or "q" in note:
                    continue
                if rhythm[2]:
                    msg = f"it has rational rhythms ({note[:40]!r}), {NOT_READ}"
                    raise Refusal(msg)
                rhythms.add((int(rhythm[1]), len(rhythm[3])))
    _check_rhythms(rhythms)


def _check_rhythms(rhythms: set[tuple[int, int]]) -> None:
    common_divisions({recip * (2**dots) for recip, dots in rhythms if recip}, ())
    longer_than_whole = any(recip == 0 for recip, _ in rhythms)
    if longer_than_whole and any(recip and 16 % (recip * 2**dots) for recip, dots in rhythms):
        msg = f"it has breves beside tuplets or notes shorter than a 16th, {NOT_READ}"
        raise Refusal(msg)
