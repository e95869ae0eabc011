"""Path or address of a score -> its bytes, within bounds of size and time."""

import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from musebench.files import why_unreadable
from musebench.score.errors import Refusal

MAX_FILE_BYTES = 64 * 2**20  # the largest score of the corpora has 4 MB, a long opera some 50
TIMEOUT_SECONDS = 30  # without a byte
DEADLINE_SECONDS = 300  # for a whole file: 64 MB at 2 Mbit/s
CHUNK_BYTES = 2**16


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


def read_source(source: str | Path, max_bytes: int = MAX_FILE_BYTES) -> Source:
    """Read a file, or download it.

    Args:
        source: Path or http(s) address.
        max_bytes: Largest size accepted, bytes.

    Raises:
        Refusal: If it cannot be had, or is too large.
    """
    data = _download(str(source), max_bytes) if is_url(source) else _load(Path(source), max_bytes)
    if not data:
        msg = "the file is empty"
        raise Refusal(msg)
    return Source(str(source), suffix_of(source), data)


def too_large(max_bytes: int) -> Refusal:
    """The refusal of a file beyond the limit."""
    return Refusal(f"it is larger than the limit of {max_bytes // 2**20} MB for one score")


def _load(path: Path, max_bytes: int) -> bytes:
    if reason := why_unreadable(path):
        raise Refusal(reason)
    if path.stat().st_size > max_bytes:
        raise too_large(max_bytes)
    return path.read_bytes()


def _download(url: str, max_bytes: int) -> bytes:
    if urlsplit(url).scheme.lower() not in {"http", "https"}:
        msg = f"{urlsplit(url).scheme}:// is not read; give a path or an http(s) address"
        raise Refusal(msg)
    if os.environ.get("MUSEBENCH_OFFLINE", "") not in {"", "0"}:
        msg = "it is not downloaded, because MUSEBENCH_OFFLINE is set; give the path of a file"
        raise Refusal(msg)
    try:
        return _receive(url, max_bytes)
    except (OSError, ValueError, urllib.error.URLError) as error:
        msg = f"the download failed ({error}); download it by hand and give the path of the file"
        raise Refusal(msg) from error


def _receive(url: str, max_bytes: int) -> bytes:
    deadline = time.monotonic() + DEADLINE_SECONDS
    request = urllib.request.Request(url, headers={"User-Agent": "musebench"})
    data = bytearray()
    with _opener().open(request, timeout=TIMEOUT_SECONDS) as response:
        # read1 comes back after every packet, so a server that drips cannot outlast the deadline.
        while chunk := response.read1(CHUNK_BYTES):
            data += chunk
            if len(data) > max_bytes:
                raise too_large(max_bytes)
            if time.monotonic() > deadline:
                msg = f"not complete after {DEADLINE_SECONDS} s"
                raise TimeoutError(msg)
    return bytes(data)


def _opener() -> urllib.request.OpenerDirector:
    """An opener without ftp, file and data, so no redirection leads there."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener
