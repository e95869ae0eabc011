"""What a corpus is: where its files come from, what they weigh, who may use them."""

import csv
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

MISSING = "is missing"


@dataclass(frozen=True)
class RegistryFile:
    """A file as it was when the corpus was read: size in bytes, SHA-256 in hexadecimal."""

    size: int
    sha256: str

    def fault_of(self, file: Path, *, deep: bool = True) -> str:
        """What is wrong with a copy of this file on disk; empty if nothing is.

        Args:
            file: The copy.
            deep: Compare its SHA-256 too, not only its size.
        """
        if not file.is_file():
            return MISSING
        size = file.stat().st_size
        if size != self.size:
            return f"has {size} bytes instead of {self.size}"
        if deep:
            with file.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != self.sha256:
                    return "was changed (its SHA-256 differs)"
        return ""


@dataclass(frozen=True)
class Piece:
    """One score of a corpus and the paths of its files in the corpus.

    Attributes:
        piece_id: Identifier.
        score: The score; of DCML's tables, that of the notes.
        measures: The table of the measures, where it is a file of its own; else empty.
        harmonies: The table of harmonies, cadences and phrases; empty if there is none.
    """

    piece_id: str
    score: str
    measures: str = ""
    harmonies: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """All its files, the score first."""
        return tuple(path for path in (self.score, self.measures, self.harmonies) if path)


@dataclass(frozen=True)
class Collection(ABC):
    """Files that are published, each known by its size and SHA-256: what ``fetch`` fetches.

    Attributes:
        name: Name in musebench.
        title: Name in prose.
        repository: ``owner/name`` where they are published.
    """

    name: str
    title: str
    repository: str

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
        """Address under which the files lie."""

    @property
    def store(self) -> str:
        """Folder of the files in the data home."""
        return f"raw/{self.folder}"

    def url(self, path: str) -> str:
        """Address of a file."""
        return f"{self.base_url}/{quote(path)}"


@dataclass(frozen=True)
class Corpus(Collection):
    """A published collection of pieces in a repository, at one commit.

    Attributes:
        name: Name in musebench; its registry is ``registry/<name>.tsv``.
        title: Name in prose.
        repository: ``owner/name`` where it is published.
        commit: The 40 hexadecimal digits that pin it.
        license: SPDX identifier.
        citation: BibTeX entry.
        score_path: Path of a piece's score, with ``{piece_id}`` in it.
    """

    commit: str
    license: str
    citation: str
    score_path: str

    @cached_property
    def registry(self) -> Mapping[str, RegistryFile]:
        """The files of the corpus by path, in order."""
        text = (
            files("musebench.corpora").joinpath("registry", f"{self.name}.tsv").read_text("utf-8")
        )
        lines = (line for line in text.splitlines() if not line.startswith("#"))
        return {
            row["path"]: RegistryFile(int(row["size"]), row["sha256"])
            for row in csv.DictReader(lines, delimiter="\t")
        }

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The scores of the corpus, sorted by id."""
        start, end = self.score_path.split("{piece_id}")
        scores = (p for p in self.registry if p.startswith(start) and p.endswith(end))
        found = (Piece(path.removeprefix(start).removesuffix(end), path) for path in scores)
        return tuple(sorted(found, key=lambda piece: piece.piece_id))

    @property
    def paths(self) -> list[str]:
        """The files of all pieces."""
        return [path for piece in self.pieces for path in piece.files]

    @property
    def members(self) -> "tuple[Corpus, ...]":
        """The corpora that this one is made of: itself."""
        return (self,)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all names and hashes: it changes when any file does."""
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
    def base_url(self) -> str:
        """Address under which the files lie at the pinned commit."""
        return f"https://raw.githubusercontent.com/{self.folder}"


@dataclass(frozen=True)
class PackagedCorpus(Corpus):
    """A corpus inside a Python package, found by path and never imported.

    Attributes:
        package: Name of the package.
        version: The only version whose files the registry knows.
        extra: The extra of musebench that installs it.
        has_fermatas: Whether its scores mark the ends of phrases by fermatas.
    """

    package: str
    version: str
    extra: str
    has_fermatas: bool = False

    @property
    def source(self) -> str:
        """Where the files come from, for people."""
        return f"the Python package {self.package}=={self.version}"
