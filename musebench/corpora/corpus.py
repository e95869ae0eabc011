"""Corpora: the origin, size, hashes and licence of published files."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from musebench.corpora.storage import data_home
from musebench.errors import InputError
from musebench.files import sha256_of
from musebench.shown import Shown
from musebench.tables import TAB, rows_of

MISSING = "is missing"
COLUMNS = ("path", "size", "sha256")  # of a table of files
REGISTRIES = files("musebench.corpora").joinpath("registry")


@dataclass(frozen=True)
class RegistryFile:
    """A file of the registry: size in bytes, SHA-256 in hexadecimal."""

    size: int
    sha256: str

    def fault_of(self, file: Path, *, deep: bool = True) -> str:
        """The fault of a copy of this file on disk; empty if there is none.

        Args:
            file: The copy.
            deep: Compare its SHA-256, not only its size.
        """
        if not file.is_file():
            return MISSING
        size = file.stat().st_size
        if size != self.size:
            return f"has {size} bytes instead of {self.size}"
        changed = deep and sha256_of(file) != self.sha256
        return "was changed (its SHA-256 differs)" if changed else ""


def _row(path: str, size: str, sha256: str) -> tuple[str, RegistryFile]:
    return path, RegistryFile(int(size), sha256)


@dataclass(frozen=True)
class Piece:
    """One piece of a corpus.

    Attributes:
        piece_id: Identifier.
        files: Paths of its files in the corpus, the score first.
    """

    piece_id: str
    files: tuple[str, ...]

    @property
    def score(self) -> str:
        """Path of the score."""
        return self.files[0]


@dataclass(frozen=True, repr=False)
class Collection(ABC, Shown):
    """Published files for ``fetch``, each with a known size and SHA-256.

    Attributes:
        name: Name in musebench.
        title: Name in prose.
        repository: ``owner/name`` where they are published.
    """

    name: str
    title: str
    repository: str = ""

    @property
    @abstractmethod
    def registry(self) -> Mapping[str, RegistryFile]:
        """The files by path, in order."""

    @property
    @abstractmethod
    def folder(self) -> str:
        """Folder of the files in a mirror."""

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Base address of the files."""

    @property
    def store(self) -> str:
        """Folder of the files in the data home."""
        return f"raw/{self.folder}"

    @property
    def source(self) -> str:
        """Where the files come from, for people."""
        return self.base_url

    @property
    def archive(self) -> str:
        """Path of an archive of all files in a mirror; empty if archives are not supported."""
        return ""

    @property
    def install(self) -> str:
        """Command that installs the package of the files; empty if they are downloaded."""
        return ""

    def place(self, root: str | Path | None = None) -> Path:
        """Folder of the files on this machine; it contains them once they were fetched.

        Args:
            root: The data home, see ``data_home``.

        Raises:
            DownloadError: If they are in a package that is not installed.
        """
        return data_home(root) / self.store

    def url(self, path: str) -> str:
        """Address of a file."""
        return f"{self.base_url}/{quote(path)}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Corpus(Collection):
    """A published collection of pieces in a repository, at one commit.

    Attributes:
        name: Name in musebench.
        title: Name in prose.
        repository: ``owner/name`` where it is published.
        commit: The 40 hexadecimal digits that pin it.
        license: SPDX identifier.
        citation: BibTeX entry.
        files: Paths of the files of a piece, with ``{piece_id}`` and, for any part of a folder's or
            file's name, ``*``. The first path finds the pieces; the others are optional files of a
            piece, if the registry has them.
        format: How the files of a piece are read, one of ``musebench.annotations.FORMATS``.
        layout: Options for its format.
        table: The registry: path, size and SHA-256 of each file; None for
            ``musebench/corpora/registry/<name>.tsv``.
    """

    commit: str = ""
    license: str
    citation: str
    files: tuple[str, ...]
    format: str = "score"
    layout: Mapping[str, Any] = field(default_factory=dict, hash=False)
    table: Traversable | None = None

    @property
    def registry_file(self) -> Traversable:
        """The table of the registry."""
        return self.table or REGISTRIES.joinpath(f"{self.name}.tsv")

    @cached_property
    def registry(self) -> Mapping[str, RegistryFile]:
        """The files of the corpus by path, in order.

        Raises:
            InputError: If there is no table of them, or it is damaged.
        """
        file = self.registry_file
        if not file.is_file():
            msg = (
                f"{self.title} have no table of files {file}; `python tools registry {self.name}` "
                "makes it, and a package must be installed with its tables."
            )
            raise InputError(msg)
        return dict(rows_of(file.read_text("utf-8"), file, COLUMNS, _row, TAB))

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of the corpus with their files, sorted by id."""
        scores, *others = self.files
        found: dict[str, list[str]] = {}
        for match in filter(None, map(pattern_of(scores).fullmatch, sorted(self.registry))):
            found.setdefault(match["piece_id"], []).append(match.string)
        for piece_id, paths in found.items():
            beside = (other.format(piece_id=piece_id) for other in others)
            paths += [path for path in beside if path in self.registry]
        return tuple(Piece(piece_id, tuple(found[piece_id])) for piece_id in sorted(found))

    @property
    def paths(self) -> list[str]:
        """The files of all pieces."""
        return [path for piece in self.pieces for path in piece.files]

    @property
    def members(self) -> "tuple[Corpus, ...]":
        """The members of this corpus: itself."""
        return (self,)

    @staticmethod
    def piece_id(corpus: "Corpus", piece_id: str) -> str:  # noqa: ARG004 (see CombinedCorpus)
        """Identifier of a member's piece: its own."""
        return piece_id

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all names and hashes: it changes if any file changes."""
        lines = (f"{path}\t{file.sha256}\n" for path, file in sorted(self.registry.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def source(self) -> str:
        """Where the files come from, for people."""
        return f"{self.repository} at {self.commit}"

    @property
    def folder(self) -> str:
        """Folder of the corpus in a cache or mirror: ``<owner>/<repository>/<commit>``."""
        return f"{self.repository}/{self.commit}"

    @property
    def archive(self) -> str:
        """Path of an archive of all files in a mirror: ``<owner>/<repository>-<commit>.zip``."""
        return f"{self.repository}-{self.commit}.zip"

    @property
    def base_url(self) -> str:
        """Base address of the files at the pinned commit."""
        return f"https://raw.githubusercontent.com/{self.folder}"


def pattern_of(text: str) -> re.Pattern[str]:
    """What the paths match that a text of ``Corpus.files`` stands for."""
    escaped = re.escape(text).replace(r"\*", "[^/]+")
    return re.compile(escaped.replace(r"\{piece_id\}", "(?P<piece_id>.+)"))
