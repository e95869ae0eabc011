"""The data home, the locks of its folders, and errors of the disk."""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from musebench.errors import StorageError
from musebench.files import FULL

logger = logging.getLogger(__name__)

UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
UNUSABLE = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG}


def data_home(root: str | Path | None = None) -> Path:
    """Return the folder of everything musebench stores.

    Args:
        root: A folder; if None, ``MUSEBENCH_DATA``, else the user's cache folder.

    Raises:
        StorageError: If its name is too long or invalid.
    """
    chosen = root or os.environ.get("MUSEBENCH_DATA")
    if not chosen:
        import pooch

        chosen = pooch.os_cache("musebench")
    home = Path(chosen).expanduser().absolute()
    with storing_in(home), suppress(FileNotFoundError, NotADirectoryError):
        home.stat()
    return home


@contextmanager
def storing_in(folder: Path) -> Iterator[None]:
    """Turn an error of the disk into a sentence: which folder, what happened, what to do.

    Raises:
        StorageError: If the disk is full or the folder cannot be written to or used.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        failure = _failure_of_the_disk(error)
        if failure is None or not _concerns(failure, folder):
            raise
        if failure.errno in FULL:
            msg = (
                f"the disk of {folder} is full ({failure}). Free some space (`musebench clean` "
                "removes outdated files) or set MUSEBENCH_DATA to a folder on another disk. Stored "
                "files are kept, and the next try resumes from there."
            )
        elif failure.errno in UNWRITABLE:
            msg = (
                f"{folder} cannot be written to ({failure}). Make it writable, or set "
                "MUSEBENCH_DATA to a folder that is. Intact files are used where they are."
            )
        else:
            msg = (
                f"{folder} cannot be used to store files ({failure}). Move away the file in its "
                "place, or set MUSEBENCH_DATA to another folder."
            )
        raise StorageError(msg) from error


def _failure_of_the_disk(error: BaseException | None) -> OSError | None:
    """The disk error behind an error; torch raises a RuntimeError after one."""
    while isinstance(error, RuntimeError):
        error = error.__context__
    if isinstance(error, OSError) and error.errno in FULL | UNWRITABLE | UNUSABLE:
        return error
    return None


def _concerns(failure: OSError, folder: Path) -> bool:
    """Whether a failure concerns the folder, not a file that a user's transform opens."""
    if failure.errno in FULL or failure.filename is None:
        return True
    file = Path(os.fsdecode(failure.filename))
    return file.is_relative_to(folder.parent) or folder.is_relative_to(file)


def lock_path(folder: Path) -> Path:
    """The file that a process locks while it changes a folder."""
    return folder.parent / f".{folder.name}.lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Prevent other processes from changing a folder; the lock ends with the process."""
    from filelock import FileLock, Timeout

    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_path(folder))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.warning("another process is working on %s; waiting for it.", folder)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
