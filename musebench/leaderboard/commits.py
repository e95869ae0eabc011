"""Read the files of a commit from git without checking anything out.

An untrusted commit may contain links, filters, submodules, hooks and names that some systems do not
allow. Here its trees and blobs are read as stored: nothing is followed, unpacked into a working
tree or run. The size of what is read is bounded, and so is the time of git.
"""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from musebench.errors import InputError, SubmissionError

REGULAR, EXECUTABLE, LINK, SUBMODULE, ABSENT = "100644", "100755", "120000", "160000", "000000"
MAX_LISTING_BYTES = 4_000_000  # of changes, or of the files of leaderboards/
MAX_SECONDS = 120.0  # per git command
# Replacement objects, prompts and fetching are off.
_ENVIRONMENT = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}


@dataclass(frozen=True)
class Entry:
    """A file of a commit: its mode, as git writes it, and the name of its content."""

    mode: str
    blob: str


NOTHING = Entry(ABSENT, "")


@dataclass(frozen=True)
class Change:
    """A path that differs between two commits.

    Attributes:
        path: Path in the repository; bytes that are not UTF-8 are surrogates.
        old: The old entry; ``NOTHING`` for a new path.
        new: The new entry; ``NOTHING`` for a deleted path.
    """

    path: str
    old: Entry
    new: Entry

    @property
    def verb(self) -> str:
        """What the change does to the path."""
        if self.old == NOTHING:
            return "adds"
        if self.new == NOTHING:
            return "deletes"
        return "changes" if self.old.blob != self.new.blob else "changes the mode of"


class Repository:
    """Reads the objects of a git repository.

    Args:
        folder: A folder in its working tree.

    Raises:
        InputError: If it is not in a repository, or git is missing.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._git("rev-parse", "--git-dir")

    def commit(self, name: str) -> str:
        """Return the hash of a commit.

        Args:
            name: A branch, a tag or a hash.

        Raises:
            InputError: If there is no such commit.
        """
        spec = f"{name}^{{commit}}"
        return self._git("rev-parse", "--verify", "--end-of-options", spec).decode().strip()

    def base(self, ours: str, theirs: str) -> str:
        """The merge base of two commits.

        Raises:
            SubmissionError: If there is none, or more than one.
        """
        try:
            found = self._git("merge-base", "--all", ours, theirs).decode().split()
        except InputError:
            found = []
        if len(found) != 1:
            number = "no merge base" if not found else f"{len(found)} merge bases"
            msg = (
                f"{theirs[:12]} and the base branch have {number}, so the submitted changes are "
                "not clear; start a branch from the base branch."
            )
            raise SubmissionError(msg)
        return found[0]

    def changes(self, old: str, new: str) -> list[Change]:
        """All paths that differ between two commits; a moved file is one deleted and one added.

        Raises:
            SubmissionError: If there are too many.
        """
        listing = self._git(
            "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new
        )
        fields = _names(listing)
        changes = []
        for head, path in zip(fields, fields, strict=True):
            old_mode, new_mode, old_blob, new_blob, _ = head.lstrip(":").split(" ")
            before, after = _entry(old_mode, old_blob), _entry(new_mode, new_blob)
            changes.append(Change(path, before, after))
        return changes

    def files(self, commit: str, folder: str) -> dict[str, Entry]:
        """The files under a folder of a commit: path -> entry.

        Raises:
            SubmissionError: If there are too many.
        """
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/")
        files = {}
        for line in _names(listing):
            head, path = line.split("\t", 1)
            mode, _, blob = head.split(" ")
            files[path] = Entry(mode, blob)
        return files

    def size(self, blob: str) -> int:
        """Bytes of the content of a file."""
        return int(self._git("cat-file", "-s", blob))

    def read(self, blob: str, limit: int) -> bytes:
        """The stored content of a file.

        Raises:
            SubmissionError: If it is larger than the limit, in bytes.
        """
        if self.size(blob) > limit:
            msg = f"a file has {self.size(blob):,} bytes, more than the limit of {limit:,}."
            raise SubmissionError(msg)
        return self._git("cat-file", "blob", blob, limit=limit)

    def store(self, file: Path) -> str:
        """Store the content of a file as it is; it belongs to no commit. Returns its name."""
        return self._git("hash-object", "-w", "--no-filters", "--", str(file)).decode().strip()

    def top(self) -> Path:
        """The top of the working tree."""
        return Path(os.fsdecode(self._git("rev-parse", "--show-toplevel").removesuffix(b"\n")))

    def _git(self, *arguments: str, limit: int = MAX_LISTING_BYTES) -> bytes:
        command = ["git", "--no-pager", *arguments]
        try:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | _ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            msg = f"git cannot be run in {self.folder} ({error})."
            raise InputError(msg) from error
        alarm = threading.Timer(MAX_SECONDS, process.kill)
        alarm.start()
        try:
            assert process.stdout is not None
            found = process.stdout.read(limit + 1)
            if len(found) > limit:
                process.kill()
            _, complaint = process.communicate()
        finally:
            alarm.cancel()
        if len(found) > limit or process.returncode < 0:
            msg = f"`git {arguments[0]}` lists more than {limit:,} bytes or runs too long."
            raise SubmissionError(msg)
        if process.returncode:
            reason = " ".join(complaint.decode("utf-8", "replace").split())[:200]
            msg = f"`git {arguments[0]}` failed in {self.folder} ({reason})."
            raise InputError(msg)
        return found


def _names(listing: bytes) -> Iterator[str]:
    return iter(listing.decode("utf-8", "surrogateescape").split("\0")[:-1])


def _entry(mode: str, blob: str) -> Entry:
    return NOTHING if mode == ABSENT else Entry(mode, blob)
