"""Check whether the files in the data home are complete, intact and current; remove them.

Works without torch. Only folders that musebench makes are touched: ``raw/<owner>/<repo>/<commit>``,
``notes/<corpus>-<fingerprint>``, ``graphs/<board>-<fingerprint>``, ``own/<name>-<fingerprint>``,
``own/scores`` and ``own/files`` of a user's own scores, and what killed processes left beside them.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from musebench.boards import Board
from musebench.corpora import (
    CORPORA,
    MISSING,
    Corpus,
    check_files,
    data_home,
    find_temporary,
    lock_path,
    locked,
    storing_in,
)
from musebench.errors import DownloadError
from musebench.files import remove_file
from musebench.store import (
    FILES,
    FINGERPRINT_LENGTH,
    OWN,
    SCORES,
    OwnScores,
    board_recipe,
    damage_of,
    discard,
    fingerprint_of,
    notes_recipe,
    unused_scores,
    why_outdated,
)

Kind = Literal["raw", "notes", "graphs", "own"]
State = Literal["intact", "not downloaded", "incomplete", "not built", "outdated", "damaged"]

FINGERPRINT = re.compile(rf"[0-9a-f]{{{FINGERPRINT_LENGTH}}}")
NAMED = re.compile(rf".+-{FINGERPRINT.pattern}")
COMMIT = re.compile(r"[0-9a-f]{40}")
TEMPORARY_FOLDER = re.compile(r"\.(.+)-[a-z0-9_]{8}")
LOCK = re.compile(r"\.(.+)\.lock")
FAULTS_SHOWN = 3


@dataclass(frozen=True)
class Stored:
    """A folder in the data home.

    Attributes:
        kind: Score files, note tables, graphs, or what is kept of own scores.
        name: Corpus, board, or name of own data.
        folder: Where it is.
        outdated: Why it is no longer used; empty if it is current.
        files: The files in the folder that are meant; empty for the whole folder.
    """

    kind: Kind
    name: str
    folder: Path
    outdated: str
    files: tuple[Path, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(map(size_of, self.files or [self.folder]))


@dataclass(frozen=True)
class Finding:
    """The state of something that is, or could be, stored."""

    kind: Kind
    name: str
    state: State
    detail: str


def corpora_of(boards: Iterable[Board]) -> list[Corpus]:
    """The corpora of some boards, each once; a combined corpus counts as its members."""
    members = (corpus for board in boards for corpus in board.corpus.members)
    return list({corpus.name: corpus for corpus in members}.values())


def find_stored(boards: Sequence[Board], root: str | Path | None = None) -> list[Stored]:
    """Find the folders that belong to some boards, of all fingerprints."""
    home = data_home(root)
    found = []
    for corpus in corpora_of(boards):
        current = {other.folder for other in (*_all_corpora(), corpus)}
        for folder in _folders(home / "raw" / corpus.repository, COMMIT):
            known = f"{corpus.repository}/{folder.name}" in current
            found.append(Stored("raw", corpus.name, folder, "" if known else "another commit"))
        fingerprint = fingerprint_of(notes_recipe(corpus))
        for folder in _folders(home / "notes", FINGERPRINT, f"{corpus.name}-"):
            known = folder.name.endswith(fingerprint)
            outdated = "" if known else "other files or another parser"
            found.append(Stored("notes", corpus.name, folder, outdated))
    for board in boards:
        for folder in _folders(home / "graphs", FINGERPRINT, f"{board.name}-"):
            found.append(Stored("graphs", board.name, folder, _why_outdated(board, folder)))
    return found


def find_own(root: str | Path | None = None) -> list[Stored]:
    """Find what is kept of a user's own scores: labels, graphs, and the scores themselves."""
    home = data_home(root)
    scores, hashes = home / OWN / SCORES, home / OWN / FILES
    if any(place.is_symlink() for place in (home / OWN, scores, hashes)):
        return []
    labels = _folders(home / OWN, NAMED)
    found = [Stored("own", folder.name, folder, why_outdated(folder)) for folder in labels]
    known = {folder.name[-FINGERPRINT_LENGTH:] for folder in labels}
    graphs = _folders(home / "graphs", NAMED, f"{OWN}-")
    for place in (*graphs, *sorted((home / OWN).glob("[!.]*.json"))):
        gone = "" if _labels_of(place) in known else "its labels are gone"
        found.append(Stored("own", place.stem, place, gone))
    unused = set(unused_scores(root))
    for folder, why, files in (
        (scores, "no dataset has them any more", unused),
        (scores, "", set(scores.glob("[!.]*.arrow")) - unused),
        (hashes, "", set(hashes.glob("[!.]*.json"))),
    ):
        if files:
            found.append(Stored("own", folder.name, folder, why, tuple(sorted(files))))
    return found


def _labels_of(place: Path) -> str:
    """Fingerprint of the labels of own data that graphs, or the word of a dataset, are made of."""
    try:
        if place.is_dir():
            recipe = json.loads((place / "manifest.json").read_text("utf-8"))["recipe"]["notes"]
        else:
            recipe = OwnScores(**json.loads(place.read_text("utf-8"))["scores"]).recipe
        return fingerprint_of(recipe)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""


def _folders(parent: Path, ending: re.Pattern[str], start: str = "") -> list[Path]:
    """Folders in a folder, sorted by name; symlinks are ignored."""
    if not parent.is_dir():
        return []
    return [
        folder
        for folder in sorted(parent.iterdir())
        if folder.name.startswith(start)
        and ending.fullmatch(folder.name.removeprefix(start))
        and folder.is_dir()
        and not folder.is_symlink()
        and not parent.is_symlink()
    ]


def _why_outdated(board: Board, folder: Path) -> str:
    """Compare the recipe of stored graphs with the current one.

    The versions of graph and core are not compared: only modules that import torch know them.
    """
    try:
        recipe = json.loads((folder / "manifest.json").read_text("utf-8"))["recipe"]
    except (OSError, ValueError, KeyError, TypeError):
        return "no readable manifest"
    changed = [key for key, value in board_recipe(board).items() if recipe.get(key) != value]
    return f"other {', '.join(changed)}" if changed else ""


def verify(
    boards: Sequence[Board], root: str | Path | None = None, *, deep: bool = False
) -> list[Finding]:
    """Check everything that is stored for some boards.

    Args:
        boards: The boards.
        root: The data home, see ``musebench.corpora.data_home``.
        deep: Compare the SHA-256 of each score file, not only its size. The SHA-256 of note tables
            and graphs is always compared.
    """
    findings = [_verify_files(corpus, root, deep=deep) for corpus in corpora_of(boards)]
    stored = find_stored(boards, root)
    for corpus in corpora_of(boards):
        folders = [s for s in stored if (s.kind, s.name) == ("notes", corpus.name)]
        if all(s.outdated for s in folders):
            findings.append(Finding("notes", corpus.name, "not built", ""))
    return findings + [_verify_folder(s) for s in stored if s.kind != "raw"]


def _verify_folder(stored: Stored) -> Finding:
    damage = damage_of(stored.folder)
    state: State = "damaged" if damage else "outdated" if stored.outdated else "intact"
    reason = damage or stored.outdated
    detail = f"{stored.folder}: {reason}" if reason else str(stored.folder)
    return Finding(stored.kind, stored.name, state, detail)


def _verify_files(corpus: Corpus, root: str | Path | None, *, deep: bool) -> Finding:
    paths = corpus.paths
    try:
        folder = corpus.place(root)
        with storing_in(folder):
            faults = check_files(corpus, paths, root, deep=deep)
    except DownloadError as error:  # a package that is not installed
        return Finding("raw", corpus.name, "not downloaded", str(error))
    # Files missing from an installed package cannot be downloaded.
    missing = [path for path, fault in faults.items() if fault == MISSING and not corpus.install]
    damaged = [f"{path} {fault}" for path, fault in faults.items() if path not in missing]
    counts = f"{len(paths) - len(faults)} of {len(paths)} files in {folder}"
    if damaged:
        shown = "; ".join(damaged[:FAULTS_SHOWN])
        more = f"; and {len(damaged) - FAULTS_SHOWN} more" if len(damaged) > FAULTS_SHOWN else ""
        return Finding("raw", corpus.name, "damaged", f"{shown}{more}; intact: {counts}")
    if not missing:
        return Finding("raw", corpus.name, "intact", counts)
    state: State = "not downloaded" if len(missing) == len(paths) else "incomplete"
    return Finding("raw", corpus.name, state, counts)


def size_of(place: Path) -> int:
    """Bytes of a file or of all files in a folder."""
    if place.is_file():
        return place.stat().st_size
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file())


def remove(stored: Stored) -> None:
    """Remove a folder, or files in it, once no other process is changing it.

    Raises:
        StorageError: If it cannot be removed.
    """
    if stored.files:
        with storing_in(stored.folder), locked(stored.folder):
            for file in stored.files:
                file.unlink(missing_ok=True)
    elif stored.folder.is_dir():
        discard(stored.folder)
    else:
        remove_file(stored.folder)


def find_leftovers(root: str | Path | None = None) -> list[Path]:
    """Find unfinished files of killed processes; some may belong to a process that still runs."""
    home = data_home(root)
    found: list[Path] = []
    for folder in _folders_of_corpora(home):
        found += find_temporary(folder)
    for name in (SCORES, FILES):
        found += (home / OWN / name).glob("*.part")
    for kind in ("notes", "graphs", OWN):
        for name, folder in _matching(home / kind, TEMPORARY_FOLDER):
            if FINGERPRINT.fullmatch(name[-FINGERPRINT_LENGTH:]) and folder.is_dir():
                found.append(folder)
    return found


def remove_leftovers(root: str | Path | None = None) -> list[Path]:
    """Remove unfinished files of killed processes, and unused locks.

    Returns:
        The files and folders that were removed, without the locks.

    Raises:
        StorageError: If one cannot be removed.
    """
    home = data_home(root)
    by_owner: dict[Path, list[Path]] = {owner: [] for owner in _locked_folders(home)}
    for leftover in find_leftovers(root):
        by_owner.setdefault(_owner_of(leftover, home), []).append(leftover)
    removed = []
    with storing_in(home):
        for owner, leftovers in by_owner.items():
            lock = FileLock(lock_path(owner))
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue  # another process works there
            try:
                for leftover in leftovers:
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
                    removed.append(leftover)
                # Windows cannot delete an open file. On other systems, a process that waits for
                # the lock notices that it is gone and makes a new one.
                with suppress(PermissionError):
                    lock_path(owner).unlink()
            finally:
                lock.release()
    return removed


def _owner_of(leftover: Path, home: Path) -> Path:
    """The folder that a leftover was meant to become, or to be part of."""
    if leftover.is_relative_to(home / "raw"):
        return home / "raw" / Path(*leftover.relative_to(home / "raw").parts[:3])
    if leftover.parent in (home / OWN / SCORES, home / OWN / FILES):
        return leftover.parent
    name = TEMPORARY_FOLDER.fullmatch(leftover.name)
    return leftover.with_name(name[1] if name else leftover.name)


def _locked_folders(home: Path) -> Iterator[Path]:
    parents = {home / "raw" / corpus.repository for corpus in _all_corpora()}
    for parent in sorted(parents | {home / "notes", home / "graphs", home / OWN}):
        for name, _ in _matching(parent, LOCK):
            is_ours = COMMIT.fullmatch(name) or FINGERPRINT.fullmatch(name[-FINGERPRINT_LENGTH:])
            if is_ours or parent / name in (home / OWN / SCORES, home / OWN / FILES):
                yield parent / name


def _all_corpora() -> list[Corpus]:
    return [member for corpus in CORPORA.values() for member in corpus.members]


def _folders_of_corpora(home: Path) -> list[Path]:
    repositories = sorted({corpus.repository for corpus in _all_corpora()})
    return [folder for name in repositories for folder in _folders(home / "raw" / name, COMMIT)]


def _matching(parent: Path, pattern: re.Pattern[str]) -> list[tuple[str, Path]]:
    if not parent.is_dir() or parent.is_symlink():
        return []
    matches = [(pattern.fullmatch(entry.name), entry) for entry in sorted(parent.iterdir())]
    return [(m[1], entry) for m, entry in matches if m and not entry.is_symlink()]
