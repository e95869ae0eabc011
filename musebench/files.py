"""Files that users name: read if they are regular files, written whole or not at all.

The kind of a path (missing, a folder, a pipe, a device, a circular link) is checked before it is
opened, so nothing waits for a pipe or reads a device forever.
"""

import errno
import hashlib
import json
import os
import reprlib
import secrets
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musebench.errors import InputError, StorageError

if TYPE_CHECKING:
    from pydantic import ValidationError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MAX_BYTES = 64 * 2**20  # of a file that is read whole
FILE, FOLDER, NOTHING = "a file", "a folder", "nothing"
KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(path: str | Path) -> str:
    """What a path is, after following links: a file, a folder, nothing, a pipe, ..."""
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    except (OSError, ValueError) as error:  # a name too long, a circle of links, a zero byte
        return f"not accessible ({getattr(error, 'strerror', None) or error})"
    return KINDS.get(stat.S_IFMT(mode), "not a regular file")


def is_file(path: str | Path) -> bool:
    """Whether there is a regular file; no name raises an error."""
    return kind_of(path) == FILE


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder; no name raises an error."""
    return kind_of(path) == FOLDER


def why_unreadable(path: str | Path) -> str:
    """Why there is no regular file to read, as the end of a sentence; empty if there is one."""
    kind = kind_of(path)
    if kind == NOTHING:
        return "there is no such file"
    return "" if kind == FILE else f"it is {kind}"


def resolved(path: str | Path) -> Path:
    """The path with its links resolved; a circular link is returned as it is."""
    return Path(os.path.realpath(path))


def read_file(path: str | Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a regular file.

    Args:
        path: The file, or a link to one.
        max_bytes: Largest size accepted, bytes.

    Raises:
        InputError: If it is not a regular file, is larger, or cannot be read.
    """
    reason = why_unreadable(path)
    if not reason:
        try:
            with Path(path).open("rb") as stream:
                content = stream.read(max_bytes + 1)
        except OSError as error:
            reason = f"it cannot be read ({error.strerror})"
        else:
            if len(content) <= max_bytes:
                return content
            reason = f"it is larger than the limit of {max_bytes:,} bytes"
    msg = f"{path}: {reason}."
    raise InputError(msg)


def sha256_of(file: Path) -> str:
    """SHA-256 of what is in a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_text(path: str | Path) -> str:
    """Read a regular file of text.

    Raises:
        InputError: As ``read_file`` does, or if it is not UTF-8.
    """
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{path}: it is not text in UTF-8 (byte {error.start:,})."
        raise InputError(msg) from error


def read_json(path: str | Path) -> Any:
    """Read a regular file of JSON.

    Raises:
        InputError: As ``read_text`` does, or if it is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        msg = f"{path}: it is not JSON ({error})."
        raise InputError(msg) from error


def faults_of(error: "ValidationError") -> list[str]:
    """What pydantic rejects, one clause per fault: where, what is there, what is accepted."""
    faults = []
    for fault in error.errors(include_url=False):
        place = printable(".".join(map(str, fault["loc"]))[:200])
        accepted = fault["msg"].removeprefix("Value error, ").replace("Input should", "it must")
        accepted = accepted[:1].lower() + accepted[1:]
        given = "" if fault["type"] == "missing" else f" is {reprlib.repr(fault['input'])}"
        faults.append(f"{place}{given}: {accepted}" if place else accepted)
    return faults


def printable(text: str, kept: str = "") -> str:
    r"""Escape a text, such as a file name, so that it can be printed anywhere.

    Bytes that are not UTF-8 and control characters become escapes such as ``\x1b``, except the
    characters in ``kept``.
    """
    return "".join(
        char if char.isprintable() or char in kept else ascii(char)[1:-1] for char in text
    )


def check_target(path: str | Path, suffixes: Sequence[str] = (), written: str = "") -> Path:
    """Refuse a file that could not be written, before anything is computed.

    Args:
        path: File to write.
        suffixes: Accepted suffixes in lower case; empty accepts any.
        written: The accepted formats in words.

    Raises:
        InputError: If its suffix is not accepted, it is a folder, a pipe or a device, or its
            folder is missing or cannot be written to.
    """
    path = Path(path)
    if suffixes:
        check_suffix(path, suffixes, written)
    _check_kind(path)
    if not is_folder(path.parent):
        msg = f"{path}: there is no folder {path.parent}; make it first, or choose another."
        raise InputError(msg)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        msg = f"{path}: the folder cannot be written to ({error.strerror}); choose another."
        raise InputError(msg) from error
    return path


def check_suffix(path: str | Path, suffixes: Sequence[str], written: str) -> None:
    """Refuse a file of another format.

    Args:
        path: File to write.
        suffixes: Accepted suffixes in lower case.
        written: The accepted formats in words.

    Raises:
        InputError: If its suffix is not accepted.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes:
        msg = f"{path}: {suffix or 'a file without suffix'} cannot be written; use {written}."
        raise InputError(msg)


def _check_kind(path: Path) -> None:
    """Refuse to write over a folder, a pipe or a device."""
    kind = kind_of(path)
    if kind == FOLDER:
        msg = f"{path} is a folder; give the name of a file in it."
        raise InputError(msg)
    if kind not in {FILE, NOTHING}:
        msg = f"{path} is {kind}; give the name of a file."
        raise InputError(msg)


def make_folder(path: str | Path) -> Path:
    """Create a folder and its parents, unless they exist.

    Raises:
        InputError: If something else has its name, or it cannot be created.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"the folder {path} cannot be created ({reason}); choose another."
        raise InputError(msg) from error
    return path


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Write a file of the cache whole or not at all; disk errors are raised unchanged.

    Args:
        file: The file to write.

    Yields:
        A temporary path to write to. It replaces ``file`` at the end and is removed after an error.
    """
    unfinished = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def writing_whole(file: Path) -> Iterator[Path]:
    """Write a file whole or not at all.

    Args:
        file: The file to write.

    Yields:
        A temporary path to write to. It replaces ``file`` at the end; after an error it is removed
        and ``file`` is unchanged. A link is replaced; the file that it points to is unchanged.

    Raises:
        InputError: If a folder, a pipe or a device has its name.
        StorageError: If the disk is full or the file cannot be written.
    """
    _check_kind(file)
    unfinished = file
    try:
        with replacing(file) as unfinished:
            yield unfinished
    except OSError as error:
        if error.filename not in {None, str(unfinished), str(file)}:
            raise  # the error concerns another file
        advice = "free some space" if error.errno in FULL else "choose another file"
        msg = f"{file} cannot be written ({error.strerror}); {advice}."
        raise StorageError(msg) from error


def write_file(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        StorageError: If it cannot be written.
    """
    with writing_whole(path) as unfinished:
        unfinished.write_bytes(content)


def remove_file(path: Path) -> None:
    """Remove a file, or a link, if there is one.

    Raises:
        StorageError: If something else has its name, or it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{path} cannot be removed ({error.strerror}); remove it by hand."
        raise StorageError(msg) from error
