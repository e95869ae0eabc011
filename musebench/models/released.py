"""The registry of released checkpoints and their addresses. Needs no torch.

``checkpoints.tsv`` has one line per file and is append-only: the last checkpoint of a board, or of
a name, counts. A file is named ``<tag of the release>/<board>-<model>.pt``.
"""

import csv
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from importlib.resources import files
from pathlib import Path, PurePosixPath

from musebench.boards import BOARDS
from musebench.corpora import Collection, RegistryFile
from musebench.errors import REPOSITORY, InputError
from musebench.files import read_text

RELEASES = f"https://github.com/{REPOSITORY}/releases/download"  # the assets are there by tag
REGISTRY = files("musebench.models").joinpath("checkpoints.tsv")


@dataclass(frozen=True)
class Checkpoint:
    """A released checkpoint: a line of the registry.

    Attributes:
        file: ``<tag>/<board>-<model>.pt``.
        size: Bytes.
        sha256: SHA-256 in hexadecimal.
        board: The board that it was trained on.
        version: The version of that board.
    """

    file: str
    size: int
    sha256: str
    board: str
    version: str

    @property
    def name(self) -> str:
        """Its name: ``<board>-<model>``."""
        return PurePosixPath(self.file).stem

    @property
    def is_current(self) -> bool:
        """Whether its board still has the version that it was trained on."""
        return self.board in BOARDS and BOARDS[self.board].version == self.version

    @property
    def line(self) -> str:
        """The line of the registry."""
        return "\t".join(map(str, astuple(self)))


COLUMNS = "\t".join(field.name for field in fields(Checkpoint))


def read_checkpoints(registry: Path | None = None) -> list[Checkpoint]:
    """Read a registry of checkpoints, by default that of the package; the oldest comes first.

    Raises:
        InputError: If the file is not a registry.
    """
    text = read_text(registry) if registry else REGISTRY.read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    try:
        return [
            Checkpoint(row["file"], int(row["size"]), row["sha256"], row["board"], row["version"])
            for row in csv.DictReader(lines, delimiter="\t")
        ]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        msg = f"{registry} is not a registry of checkpoints, with the columns {COLUMNS.split()}."
        raise InputError(msg) from error


def find_checkpoint(name: str) -> Checkpoint | None:
    """Return a released checkpoint by name; None if there is none.

    Args:
        name: Name of a checkpoint or of its board, which gives the last one; or of a task, which
            gives that of the first of its boards with one, if possible of the current version.
    """
    released = read_checkpoints()
    named = [found for found in released if name in (found.name, found.board)]
    if named:
        return named[-1]
    last = {found.board: found for found in released}
    of_task = [
        last[board.name]
        for board in BOARDS.values()
        if board.task.name == name and board.name in last
    ]
    current = [found for found in of_task if found.is_current]
    return next(iter(current or of_task), None)


@dataclass(frozen=True)
class ReleasedFiles(Collection):
    """The files of all released checkpoints, for ``musebench.corpora.fetch``."""

    @cached_property
    def registry(self) -> Mapping[str, RegistryFile]:
        """The files by path: ``<tag>/<board>-<model>.pt``."""
        return {found.file: RegistryFile(found.size, found.sha256) for found in read_checkpoints()}

    @property
    def folder(self) -> str:
        """Folder in a mirror: ``<owner>/<repository>``, with a folder per tag."""
        return self.repository

    @property
    def base_url(self) -> str:
        """Address of the releases."""
        return RELEASES

    @property
    def store(self) -> str:
        """Folder in the data home."""
        return "checkpoints"


def released_files() -> ReleasedFiles:
    """The files of the current registry."""
    return ReleasedFiles("checkpoints", "the released checkpoints", REPOSITORY)
