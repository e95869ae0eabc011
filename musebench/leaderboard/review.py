"""Review of a submission, a pull request or an archive, by the code of the base branch.

A pull request may add entries, set the field ``withdrawn`` of one, and change the generated files
to the result of rendering, byte for byte. Everything else that it adds, changes, deletes or moves
is refused by name. An archive has the files of one entry; the generated files are made here. None
of it is run: its files are read from git into an empty folder, together with those of the base
branch, and checked there.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from musebench.boards import BOARDS
from musebench.errors import SubmissionError
from musebench.evaluation import MAX_FILE_BYTES
from musebench.files import make_folder, read_file, write_file
from musebench.leaderboard import publish
from musebench.leaderboard.board import check_board, make_standings
from musebench.leaderboard.check import Report
from musebench.leaderboard.commits import (
    EXECUTABLE,
    LINK,
    NOTHING,
    REGULAR,
    SUBMODULE,
    Change,
    Entry,
    Repository,
)
from musebench.leaderboard.names import check_identifier
from musebench.leaderboard.packed import MAX_ARCHIVE_BYTES, unpack
from musebench.leaderboard.render import clean, stale_files
from musebench.leaderboard.standings import Standings
from musebench.leaderboard.submission import FILE_NAME, MAX_RUNS, read_submission
from musebench.splits import NUM_FOLDS

HOME = "leaderboards"
MAX_CHANGES = 1000
MAX_NEW_ENTRIES = 10
MAX_SHOWN = 50  # refused paths that are listed; others are only counted
FORMS = {EXECUTABLE: "an executable file", LINK: "a symbolic link", SUBMODULE: "a submodule"}
_ENTRY = re.compile(rf"{HOME}/([^/]+)/([^/]+)/({FILE_NAME}|predictions/[^/]+\.npz)")

Files = dict[str, Entry]
Verdict = Literal["passes", "look", "refused"]


@dataclass
class Review:
    """The result of a review.

    Attributes:
        subject: Hash of the submitted commit, or SHA-256 of the archive.
        refused: Reasons why it cannot be merged, in sentences.
        reports: Folder -> report of an entry.
        notes: Notes for a maintainer.
        entry: Path -> content of the files that an archive adds or changes.
        rendered: Path -> correct text of every generated file; empty if an entry does not pass.
    """

    subject: str
    refused: list[str] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    entry: dict[str, bytes] = field(default_factory=dict)
    rendered: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What a program can say: it is refused, it passes, or a person has to look first."""
        if self.refused:
            return "refused"
        warned = any(report.warnings for report in self.reports.values())
        return "look" if warned or self.notes else "passes"


def review_commit(repository: Repository, commit: str, root: str | Path | None = None) -> Review:
    """Review a commit that is submitted to the commit that is checked out.

    Args:
        repository: The repository of both.
        commit: Name of the commit.
        root: The data home.

    Returns:
        The review, which lists the faults of the submission instead of raising them.

    Raises:
        InputError: If there is no such commit, or the base branch has no standings.
        DownloadError: If labels are neither cached nor downloadable.
    """
    ours, theirs = repository.commit("HEAD"), repository.commit(commit)
    found = Review(theirs)
    try:
        changes = repository.changes(repository.base(ours, theirs), theirs)
        if len(changes) > MAX_CHANGES:
            msg = f"{len(changes)} paths differ, more than the limit of {MAX_CHANGES}."
            raise SubmissionError(msg)
        base = repository.files(ours, HOME)
    except SubmissionError as error:
        found.refused += error.faults
        return found
    with tempfile.TemporaryDirectory() as folder:
        workspace = _Workspace(repository, base, Path(folder), found, root)
        workspace.compare(workspace.process(changes))
    return found


def review_archive(
    repository: Repository, archive: str | Path, root: str | Path | None = None
) -> Review:
    """Review an archive of ``musebench submit pack`` for the commit that is checked out.

    Args:
        repository: The repository of the boards.
        archive: The archive, untrusted.
        root: The data home.

    Returns:
        The review, which lists the faults of the submission instead of raising them.

    Raises:
        InputError: If the archive cannot be read, or the base branch has no standings.
        DownloadError: If labels are neither cached nor downloadable.
    """
    content = read_file(archive, MAX_ARCHIVE_BYTES)
    found = Review(hashlib.sha256(content).hexdigest())
    base = repository.files(repository.commit("HEAD"), HOME)
    try:
        packed = {f"{HOME}/{path}": member for path, member in unpack(content).items()}
    except SubmissionError as error:
        found.refused += error.faults
        return found
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        changes = []
        for path, member in packed.items():
            (folder / "member").write_bytes(member)
            new = Entry(REGULAR, repository.store(folder / "member"))
            if base.get(path) != new:
                changes.append(Change(path, base.get(path, NOTHING), new))
        if not changes:
            found.refused.append("every file of the archive is on the board already.")
        _Workspace(repository, base, folder, found, root).process(changes)
    found.entry = {change.path: packed[change.path] for change in changes}
    return found


def accept(
    repository: Repository, archive: str | Path, root: str | Path | None = None
) -> tuple[Review, list[Path]]:
    """Write the entry of an archive, and the tables with it, into the working tree.

    Args:
        repository: The repository of the boards; its working tree is that of its commit.
        archive: The archive, untrusted.
        root: The data home.

    Returns:
        The review, and the files that were written.

    Raises:
        SubmissionError: If it does not pass; then nothing is written.
        InputError, DownloadError: As ``review_archive``.
    """
    found = review_archive(repository, archive, root)
    if found.refused:
        msg = "\n  ".join([f"{archive} does not pass:", *found.refused])
        raise SubmissionError(msg, found.refused)
    top = repository.top()
    tables = {top / path: text for path, text in found.rendered.items()}
    changed = {path: tables[path].encode() for path in stale_files(tables)}
    files = {top / path: content for path, content in found.entry.items()} | changed
    for path, content in files.items():
        write_file(make_folder(path.parent) / path.name, content)
    return found, [*files]


class _Workspace:
    """A folder in which the new files are combined with those of the base branch.

    Args:
        repository: The repository to read from.
        base: Path -> entry of all files of the leaderboards on the base branch.
        folder: An empty folder.
        found: The review to add results to.
        root: The data home.
    """

    def __init__(
        self,
        repository: Repository,
        base: Files,
        folder: Path,
        found: Review,
        root: str | Path | None,
    ) -> None:
        self.repository, self.base, self.folder, self.found = repository, base, folder, found
        self.root = root
        self.home = folder / HOME

    def process(self, changes: list[Change]) -> Files:
        """Sort the changes, and check the entries; return the generated files among them."""
        for path in self.base:
            if path.count("/") < 3:
                self._put(path, self.base[path])
        generated = {self._name(p) for p in publish.outputs(self.home, [*self._stored().values()])}
        folders: dict[str, list[Change]] = {}
        written: Files = {}
        for change in changes:
            match = _ENTRY.fullmatch(change.path)
            if change.path in generated:
                written[change.path] = self._of_generated(change)
            elif match and match[1] in BOARDS:
                folders.setdefault(f"{HOME}/{match[1]}/{match[2]}", []).append(change)
            else:
                self._refuse(
                    change,
                    "a submission may only change its own folder, leaderboards/<board>/<new id>/ "
                    f"with {FILE_NAME} and predictions/*.npz, and the files that `musebench "
                    "leaderboard render` writes",
                )
        if len(folders) > MAX_NEW_ENTRIES:
            self.found.refused.append(
                f"it changes {len(folders)} entries, more than the limit of {MAX_NEW_ENTRIES}."
            )
            return written
        taken = [self._take(folder, own) for folder, own in folders.items()]
        if all(taken):
            self._check([*folders])
        return written

    def compare(self, written: Files) -> None:
        """Refuse generated files that differ from what they have to be."""
        files = self.base | written
        for path, text in self.found.rendered.items():
            entry = files.get(path, NOTHING)
            if entry.mode != REGULAR or self._differs(entry, text.encode()):
                self.found.refused.append(
                    f"{path} differs from what `musebench leaderboard render` writes on the base "
                    "branch with these entries; use the file rendered by the check."
                )

    def _stored(self) -> dict[str, Standings]:
        return {board.board: board for board in publish.stored_standings(self.home)}

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _put(self, path: str, entry: Entry) -> None:
        content = self.repository.read(entry.blob, MAX_FILE_BYTES)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)

    def _refuse(self, change: Change, reason: str) -> None:
        self.found.refused.append(f"{change.verb} {shown(change.path)}: {reason}.")

    def _of_generated(self, change: Change) -> Entry:
        if self.base.get(change.path, NOTHING) != change.old:
            self._refuse(
                change, "the base branch has changed it, too; merge that branch and render again"
            )
        return change.new

    def _take(self, folder: str, changes: list[Change]) -> bool:
        """Put the new files of an entry into its folder; False if any of them is refused."""
        before = len(self.found.refused)
        if any(path.startswith(f"{folder}/") for path in self.base):
            return self._take_withdrawal(folder, changes)
        identifier = folder.rpartition("/")[2]
        try:
            check_identifier(identifier)
        except ValueError as error:
            for change in changes:
                self._refuse(change, f"the id '{shown(identifier)}' {error}")
            return False
        for change in changes:
            form = FORMS.get(change.new.mode, "not a regular file")
            if change.old != NOTHING:
                self._refuse(change, "the base branch has removed this entry")
            elif change.new.mode != REGULAR:
                self._refuse(change, f"it is {form}; regular files are accepted")
            elif (size := self.repository.size(change.new.blob)) > MAX_FILE_BYTES:
                self._refuse(change, f"{size:,} bytes exceed the limit of {MAX_FILE_BYTES:,}")
        if len(changes) > MAX_RUNS * NUM_FOLDS + 1:
            limit = MAX_RUNS * NUM_FOLDS
            self.found.refused.append(f"{folder} has more than {limit} prediction files.")
        if len(self.found.refused) > before:
            return False
        for change in changes:
            self._put(change.path, change.new)
        return True

    def _take_withdrawal(self, folder: str, changes: list[Change]) -> bool:
        """Accept the change of an entry on the base branch, if it is its withdrawal."""
        (first, *more) = changes
        file = self.folder / folder / FILE_NAME
        if first.path == self._name(file) and not more and first.new.mode == REGULAR:
            self._put(first.path, self.base[first.path])
            old = read_submission(file.parent)
            try:
                self._put(first.path, first.new)
                new = read_submission(file.parent)
            except SubmissionError as error:
                self.found.refused += [f"{first.path}: {fault}" for fault in error.faults]
                return False
            same = new == old.model_copy(update={"withdrawn": new.withdrawn})
            if same and new.withdrawn and not old.withdrawn:
                self.found.notes.append(
                    f"{folder} is withdrawn; check that {old.contact!r}, its contact, asks for it."
                )
                return True
        for change in changes:
            self._refuse(
                change,
                "this entry is on the board; only its field `withdrawn` can be set. Submit a "
                "changed method under a new id",
            )
        return False

    def _check(self, entries: list[str]) -> None:
        """Check the entries, and render the boards with them."""
        standings = self._stored()
        for board in {folder.split("/")[1] for folder in entries}:
            own = [folder for folder in entries if folder.split("/")[1] == board]
            fresh = self._check_board(board, own)
            if fresh is None:
                return
            standings[board] = fresh
        outputs = publish.outputs(self.home, [*standings.values()])
        self.found.rendered = {self._name(path): text for path, text in outputs.items()}

    def _differs(self, entry: Entry, content: bytes) -> bool:
        try:
            return self.repository.read(entry.blob, len(content)) != content
        except SubmissionError:  # it is longer
            return True

    def _check_board(self, board: str, own: list[str]) -> Standings | None:
        """The standings of a board with the entries, or None if one does not pass."""
        for path, entry in self.base.items():
            if path.startswith(f"{HOME}/{board}/") and not (self.folder / path).exists():
                self._put(path, entry)
        new = {
            folder.rpartition("/")[2] for folder in own if f"{folder}/{FILE_NAME}" not in self.base
        }
        reports = check_board(self.home, board, self.root, new)
        for report in reports:
            name = self._name(report.folder)
            if name in own:
                self.found.reports[name] = report
            report.errors = [error.replace(f"{self.folder}/", "") for error in report.errors]
            if report.errors:
                self.found.refused.append(f"{name} does not pass.")
        try:
            return make_standings(board, reports, self.root)
        except SubmissionError as error:
            if all(report.counts for report in reports):
                self.found.refused += error.faults
            return None


def shown(path: str) -> str:
    """An untrusted path as plain ASCII of bounded length."""
    text = ascii(path)[1:-1]
    return text if len(text) <= 200 else f"{text[:200]}..."


def to_markdown(found: Review) -> str:
    """The report of a review; untrusted texts are in code blocks that they cannot end."""
    number = len(found.refused)
    verdict = (
        f"It cannot be merged: {number} reason{'s' if number > 1 else ''}."
        if number
        else "Nothing keeps it from being merged; a maintainer decides."
    )
    parts = [f"# Review of {found.subject}", verdict]
    if number:
        more = [f"and {number - MAX_SHOWN} more"] if number > MAX_SHOWN else []
        parts.append(_block("refused", [*found.refused[:MAX_SHOWN], *more]))
    if found.notes:
        parts.append(_block("note", found.notes))
    for folder, report in found.reports.items():
        kinds = {"error": report.errors, "warning": report.warnings, "right": report.passed}
        lines = chain.from_iterable(_lines(word, texts) for word, texts in kinds.items())
        parts.append(f"## {folder}\n\n" + _fenced(lines))
    return "\n\n".join(parts) + "\n"


def _block(word: str, texts: list[str]) -> str:
    return _fenced(_lines(word, texts))


def _lines(word: str, texts: list[str]) -> Iterator[str]:
    # No line begins with untrusted text: a CI runner obeys lines such as `::set-env`.
    return (f"{word}: {clean(text).replace('`', chr(39))[:600]}" for text in texts)


def _fenced(lines: Iterator[str]) -> str:
    return "\n".join(["```text", *lines, "```"])


def write_rendered(found: Review, folder: str | Path) -> None:
    """Write the correct generated files, for submitters who cannot render them.

    Raises:
        InputError, StorageError: If a file cannot be written.
    """
    files: Mapping[str, str] = found.rendered
    for path, text in files.items():
        file = Path(folder) / path
        make_folder(file.parent)
        write_file(file, text.encode())
