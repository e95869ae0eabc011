"""PDMX as it is published: a table of all scores with their licences, and MusicXML files.

Source:
    Long, Novack, Berg-Kirkpatrick and McAuley, "PDMX: A Large-Scale Public Domain MusicXML Dataset
    for Symbolic Music Processing", ICASSP 2025.
"""

import csv
import io
import shutil
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from musebench.corpora.storage import storing_in
from musebench.errors import InputError
from musebench.files import is_file, is_folder, replacing

TABLE, SCORES = "PDMX.csv", "mxl"
NO_CONFLICT, CONFLICT = "subset:no_license_conflict", "license_conflict"
TRUE = {"true", "1"}
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
LARGEST_FIELD = 2**24  # characters of a field of the table


@dataclass(frozen=True)
class PdmxScore:
    """A line of the table.

    Attributes:
        piece_id: Name of the file without suffix.
        path: Path of the MusicXML file, in the published layout.
        license: As the table has it.
        has_conflict: Whether the licence in the file and that on its page differ.
        composer: Name of the composer; may be empty.
        title: Title; may be empty.
    """

    piece_id: str
    path: str
    license: str
    has_conflict: bool
    composer: str
    title: str


def read_pdmx(source: Path) -> list[PdmxScore]:
    """The scores that the table of PDMX lists.

    Args:
        source: A folder with ``PDMX.csv``, or an archive with it.

    Raises:
        InputError: If there is no table, or it has other columns.
    """
    with _files(source) as files:
        name = next((name for name in files if PurePosixPath(name).name == TABLE), None)
        if name is None:
            msg = f"{source}: there is no {TABLE} in it; give the folder or archive of PDMX."
            raise InputError(msg)
        with files[name]() as stream, io.TextIOWrapper(stream, "utf-8", newline="") as text:
            return list(_read_rows(text, source))


def _read_rows(stream: IO[str], source: Path) -> Iterator[PdmxScore]:
    csv.field_size_limit(LARGEST_FIELD)
    rows = csv.DictReader(stream)
    columns = rows.fieldnames or ()
    if "mxl" not in columns or not {NO_CONFLICT, CONFLICT} & set(columns):
        msg = (
            f"{source}: {TABLE} needs the columns 'mxl' and '{NO_CONFLICT}' (or '{CONFLICT}'); "
            f"it has {', '.join(columns)[:300]}."
        )
        raise InputError(msg)
    for row in rows:
        if not row["mxl"]:
            continue
        if NO_CONFLICT in row:
            has_conflict = row[NO_CONFLICT].lower() not in TRUE
        else:
            has_conflict = row[CONFLICT].lower() in TRUE
        path = PurePosixPath(row["mxl"])
        texts = (row.get(name) or "" for name in ("composer_name", "title"))
        yield PdmxScore(path.stem, str(path), row.get("license") or "", has_conflict, *texts)


def unpack_pdmx(source: Path, scores: Mapping[str, PdmxScore], folder: Path) -> dict[str, Path]:
    """The files of scores; those in an archive are written into a folder.

    Args:
        source: A folder or archive, as of ``read_pdmx``. A folder may hold ``mxl.tar.gz``.
        scores: Piece id -> score.
        folder: Where files from archives go. What is there is kept.

    Returns:
        Piece id -> file, of the scores whose file is there.

    Raises:
        StorageError: If the folder cannot be written.
    """
    found: dict[str, Path] = {}
    if is_folder(source):
        found = {n: source / of.path for n, of in scores.items() if is_file(source / of.path)}
        archives = [source / f"{SCORES}{suffix}" for suffix in ARCHIVES]
    else:
        archives = [source]
    by_path = {of.path.removeprefix("./"): name for name, of in scores.items() if name not in found}
    with storing_in(folder):
        for archive in filter(is_file, archives if by_path else ()):
            found |= _unpack(archive, by_path, folder)
    return dict(sorted(found.items()))


def _unpack(archive: Path, by_path: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Write files of an archive under names of our own: a path in it says nothing of where."""
    found: dict[str, Path] = {}
    with _files(archive) as files:
        for path, opening in files.items():
            name = next((by_path[end] for end in _endings(path) if end in by_path), None)
            if name is None:
                continue
            file = folder / name[:4] / f"{PurePosixPath(name).name}{PurePosixPath(path).suffix}"
            found[name] = file
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                with opening() as stream, replacing(file) as part, part.open("wb") as target:
                    shutil.copyfileobj(stream, target)
    return found


def _endings(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first folders: archives may add one."""
    parts = PurePosixPath(path).parts
    return ("/".join(parts[i:]) for i in range(len(parts)))


class Opening:
    """Opens a member of an archive, or a file."""

    def __init__(self, path: str, archive: zipfile.ZipFile | tarfile.TarFile | Path) -> None:
        self.path, self.archive = path, archive

    def __call__(self) -> IO[bytes]:
        """Open it for reading.

        Raises:
            InputError: If it is not a file.
        """
        if isinstance(self.archive, Path):
            return (self.archive / self.path).open("rb")
        if isinstance(self.archive, zipfile.ZipFile):
            return self.archive.open(self.path)
        stream = self.archive.extractfile(self.path)
        if stream is None:
            msg = f"{self.path} in the archive is not a file."
            raise InputError(msg)
        return stream


@contextmanager
def _files(source: Path) -> Iterator[Mapping[str, Opening]]:
    """The files of an archive by path; of a folder, those right in it."""
    if is_folder(source):
        yield {f.name: Opening(f.name, source) for f in sorted(source.iterdir()) if is_file(f)}
        return
    if not is_file(source) or not str(source).endswith(ARCHIVES):
        msg = f"{source}: it must be a folder or an archive ({', '.join(ARCHIVES)}) of PDMX."
        raise InputError(msg)
    try:
        if source.suffix == ".zip":
            with zipfile.ZipFile(source) as archive:
                names = (i.filename for i in archive.infolist() if not i.is_dir())
                yield {name: Opening(name, archive) for name in names}
        else:
            with tarfile.open(source) as packed:
                members = (m.name for m in packed if m.isfile())
                yield {name: Opening(name, packed) for name in members}
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        msg = f"{source}: the archive cannot be read ({error})."
        raise InputError(msg) from error
