"""Path or address of a score -> its bytes, within bounds of size and time."""

import codecs
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from musebench.corpora import Refusal as WebRefusal
from musebench.corpora import ask, is_offline
from musebench.errors import ScoreWarning
from musebench.files import why_unreadable
from musebench.score.errors import Refusal

MAX_FILE_BYTES = 64 * 2**20  # the largest score of the corpora has 4 MB, a long opera some 50
DEADLINE_SECONDS = 300  # for a whole file, headers and all: 64 MB at 2 Mbit/s
T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """A score file in memory: its name as the user gave it, lower-case suffix, content."""

    name: str
    suffix: str
    data: bytes


def suffix_of(source: str | Path) -> str:
    """Suffix of a path, or of the path inside an address, in lower case."""
    if is_url(source):
        return PurePosixPath(unquote(urlsplit(str(source)).path)).suffix.lower()
    return Path(source).suffix.lower()


def is_url(source: str | Path) -> bool:
    """Whether a source is an address rather than a path."""
    return isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def split_number(source: str | Path) -> tuple[str | Path, int | None]:
    """The file or address, and which of its tunes or movements is meant (``tunes.abc#3``).

    Returns:
        The source without the number, and the number, or None; a file of that very name is meant
        as it is.
    """
    match = re.fullmatch(r"(.+)#([0-9]{1,9})", str(source), re.DOTALL)
    if match is None or (not is_url(source) and Path(source).exists()):
        return source, None
    return match[1], int(match[2])


def pick(items: Sequence[T], number: int | None, what: str) -> T:
    """One of several scores in a file.

    Args:
        items: The scores, at least one.
        number: Which, from 1; None: the first.
        what: What they are, in the plural.

    Raises:
        Refusal: If there are not so many.

    Warns:
        ScoreWarning: If there are several and none was named.
    """
    if number is None and len(items) > 1:
        msg = (
            f"it has {len(items):,} {what}; the first is read, and #2 after its name names another"
        )
        warnings.warn(msg, ScoreWarning, stacklevel=2)
    if not 1 <= (number or 1) <= len(items):
        msg = f"it has {len(items):,} {what}, and number {number} is asked for"
        raise Refusal(msg)
    return items[(number or 1) - 1]


def read_source(source: str | Path, max_bytes: int = MAX_FILE_BYTES) -> Source:
    """Read a file, or download it.

    Args:
        source: Path or http(s) address.
        max_bytes: Largest size accepted, bytes.

    Raises:
        Refusal: If it cannot be read, or is too large.
    """
    data = _download(str(source), max_bytes) if is_url(source) else _load(Path(source), max_bytes)
    if not data:
        msg = "the file is empty"
        raise Refusal(msg)
    return Source(str(source), suffix_of(source), data)


def text_of(data: bytes) -> str:
    """The text of a file: in the encoding of its byte-order mark, else UTF-8, else Latin-1."""
    for mark, code in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
                       (codecs.BOM_UTF16_BE, "utf-16-be")):  # fmt: skip
        if data.startswith(mark):
            return data[len(mark) :].decode(code, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def too_large(max_bytes: int) -> Refusal:
    """The refusal of a file beyond the limit."""
    return Refusal(f"it is larger than the limit of {max_bytes // 2**20} MB for one score")


def _load(path: Path, max_bytes: int) -> bytes:
    """Read a file on disk."""
    if reason := why_unreadable(path):
        raise Refusal(reason)
    if path.stat().st_size > max_bytes:
        raise too_large(max_bytes)
    return path.read_bytes()


def _download(url: str, max_bytes: int) -> bytes:
    """Download a file, within the deadline."""
    if urlsplit(url).scheme.lower() not in {"http", "https"}:
        msg = f"{urlsplit(url).scheme}:// is not read; give a path or an http(s) address"
        raise Refusal(msg)
    if is_offline():
        msg = "it is not downloaded, because MUSEBENCH_OFFLINE is set; give the path of a file"
        raise Refusal(msg)
    by_hand = "download it by hand and give the path of the file"
    try:
        body = ask(url, max_bytes, DEADLINE_SECONDS)
    except WebRefusal as refusal:
        msg = f"the download failed ({refusal}); {by_hand}"
        raise Refusal(msg) from refusal
    if len(body.content) > max_bytes:
        raise too_large(max_bytes)
    if body.fault:
        msg = f"the download broke off after {len(body.content):,} bytes ({body.fault}); {by_hand}"
        raise Refusal(msg)
    return body.content
