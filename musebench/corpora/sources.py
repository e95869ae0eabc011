"""Sources of a file: a mirror on disk, the address of a mirror, the pinned address.

A source returns the whole file, with size and SHA-256 checked, or says in a phrase why it cannot.
"""

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from musebench.corpora.corpus import Collection, RegistryFile
from musebench.corpora.web import WRONG_BYTES_RETRIES, Refusal, RetryableRefusal, Web
from musebench.errors import DownloadError

PASSWORD = re.compile(r"//[^/]*@")


class Source(Protocol):
    """A place that may have the files of a corpus."""

    name: str

    def where(self, path: str) -> str:
        """Address of a file, for people."""

    def read(self, path: str, known: RegistryFile) -> bytes:
        """Return the bytes of a file of the registry.

        Raises:
            Refusal: If the source does not have them.
        """


class FolderSource:
    """A folder laid out as ``<owner>/<repo>/<commit>/<path>``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)

    def where(self, path: str) -> str:
        """Path of the copy."""
        return str(self.folder / path)

    def read(self, path: str, known: RegistryFile) -> bytes:
        """See ``Source``."""
        file = self.folder / path
        try:
            fault = known.fault_of(file)
            if fault:
                raise Refusal(fault)
            return check_bytes(file.read_bytes(), known)
        except OSError as error:
            raise Refusal(str(error)) from error


class ArchiveSource:
    """An archive of the repository, ``<owner>/<repo>-<commit>.zip``."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.name = str(file)
        self.prefix = file.stem
        self.archive: zipfile.ZipFile | None = None
        self.damage = ""
        try:
            self.archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError) as error:
            self.damage = f"the archive cannot be read ({error}): download it again"

    def close(self) -> None:
        """Close the archive."""
        if self.archive:
            self.archive.close()

    def where(self, path: str) -> str:
        """The archive and the path in it."""
        return f"{self.file}, {self.prefix}/{path}"

    def read(self, path: str, known: RegistryFile) -> bytes:
        """See ``Source``."""
        if not self.archive:
            raise Refusal(self.damage)
        try:
            with self.archive.open(f"{self.prefix}/{path}") as member:
                return check_bytes(member.read(known.size + 1), known)
        except KeyError:
            msg = "is missing"
            raise Refusal(msg) from None
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            msg = f"the archive is damaged ({error}): download it again"
            raise Refusal(msg) from error


class WebSource:
    """An http(s) base address with files by path."""

    def __init__(self, base: str, web: Web) -> None:
        self.base = base
        self.name = PASSWORD.sub("//", base)
        self.web = web

    def where(self, path: str) -> str:
        """URL of the file, without user name and password."""
        return f"{self.name}/{quote(path)}"

    def read(self, path: str, known: RegistryFile) -> bytes:
        """See ``Source``."""
        url = f"{self.base}/{quote(path)}"
        return self.web.get(url, known.size, lambda content: check_bytes(content, known))


def check_bytes(content: bytes, known: RegistryFile) -> bytes:
    """Return the bytes if they match the registry.

    Raises:
        RetryableRefusal: If not; a retry may succeed.
    """
    if hashlib.sha256(content).hexdigest() != known.sha256:
        msg = f"wrong bytes ({len(content)} of {known.size}, but another SHA-256)"
        raise RetryableRefusal(msg, WRONG_BYTES_RETRIES)
    return content


def is_offline() -> bool:
    """Whether ``MUSEBENCH_OFFLINE`` forbids the network."""
    return os.environ.get("MUSEBENCH_OFFLINE", "") not in ("", "0")


@contextmanager
def open_sources(corpus: Collection, stop: "Future[None]") -> Iterator[list[Source]]:
    """The sources of a corpus, or of other files, in the order in which they are tried.

    Args:
        corpus: The corpus.
        stop: Once it is done, sources stop waiting.

    Raises:
        DownloadError: If ``MUSEBENCH_MIRROR`` is neither a folder nor an address.
    """
    mirror = os.environ.get("MUSEBENCH_MIRROR", "")
    found: list[Source] = []
    archive = None
    if mirror.startswith(("http://", "https://")):
        if not is_offline():
            found.append(WebSource(f"{mirror.rstrip('/')}/{corpus.folder}", Web(stop)))
    elif mirror:
        if not Path(mirror).is_dir():
            msg = (
                f"MUSEBENCH_MIRROR is {mirror!r}, which is neither a folder nor an http(s) address."
            )
            raise DownloadError(msg)
        archive = _open_archive(Path(mirror), corpus)
        if archive:
            found.append(archive)
        if not archive or Path(mirror, corpus.folder).is_dir():
            found.append(FolderSource(Path(mirror, corpus.folder)))
    if not is_offline():
        found.append(WebSource(corpus.base_url, Web(stop)))
    try:
        yield found
    finally:
        if archive:
            archive.close()


def _open_archive(mirror: Path, corpus: Collection) -> ArchiveSource | None:
    """The archive of a corpus in a mirror, if there is one; other files have no archive."""
    file = mirror / corpus.archive
    return ArchiveSource(file) if file.is_file() else None
