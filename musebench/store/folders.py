"""Folders of the cache: named by what they are made from, built atomically, checked when read."""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from musebench.corpora import locked, storing_in
from musebench.errors import DownloadError, IntegrityError, StorageError
from musebench.files import sha256_of

logger = logging.getLogger(__name__)

FINGERPRINT_LENGTH = 16
MANIFEST = "manifest.json"
LATER = "shard-*"  # files whose hash is compared when they are opened, see ``shards.open_shard``
UNFINISHED, REPLACED = "building", "replaced"  # suffixes of the folders next to a folder

Content = TypeVar("Content")


def fingerprint_of(recipe: Mapping[str, Any]) -> str:
    """SHA-256 of a recipe in canonical JSON, its first ``FINGERPRINT_LENGTH`` digits."""
    text = json.dumps(recipe, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def ensure_folder(
    folder: Path,
    recipe: Mapping[str, Any],
    build: Callable[[Path], None],
    *,
    force_reload: bool = False,
    deep: bool = False,
) -> None:
    """Make sure that a folder of the cache exists, is intact and was made from this recipe.

    An intact folder is only read, without a lock. Otherwise it is built next to its place and then
    moved there, so that others can read the old one as long as they need it.

    Args:
        folder: The folder.
        recipe: What it is made from.
        build: Writes the files into a folder next to it, which contains the finished files of a
            killed build.
        force_reload: Rebuild it even if it is intact.
        deep: Read every byte of its shards, too, which are otherwise checked when they are opened.

    Raises:
        StorageError: If the data home cannot be written or is full.
        DownloadError, IntegrityError: If ``build`` needs a file that cannot be downloaded.
    """
    damage = damage_of(folder, recipe, deep=deep)
    if not damage and not force_reload:
        return
    with storing_in(folder), locked(folder):
        damage = damage_of(folder, recipe, deep=deep)  # another process may have built it meanwhile
        if not damage and not force_reload:
            return
        damaged = bool(damage) and folder.exists()
        if damaged:
            logger.warning("%s: %s; rebuilding it.", folder, damage)
        try:
            _build_and_swap(folder, recipe, build, reuse=not force_reload)
        except (DownloadError, IntegrityError) as error:
            if not damaged:
                raise
            msg = f"{folder}: {damage}, and it cannot be rebuilt: {error}"
            raise type(error)(msg) from error


def load_folder(
    folder: Path,
    recipe: Mapping[str, Any],
    build: Callable[[Path], None],
    read: Callable[[Path], Content],
    *,
    force_reload: bool = False,
) -> Content:
    """Return the result of ``read`` for a folder of the cache; otherwise like ``ensure_folder``."""
    ensure_folder(folder, recipe, build, force_reload=force_reload)
    try:
        return read(folder)
    except (FileNotFoundError, IntegrityError):
        # Another process is just moving a new one to its place, or a shard is damaged.
        ensure_folder(folder, recipe, build, deep=True)
        return read(folder)


def _build_and_swap(
    folder: Path, recipe: Mapping[str, Any], build: Callable[[Path], None], *, reuse: bool
) -> None:
    """Build a folder next to its place and move it there; the caller holds its lock.

    Files of a killed build are kept, so that ``build`` resumes; they are written whole
    (``writing_whole``), so every file with a final name is complete. With ``reuse``, shards of a
    damaged folder are kept, too; ``build`` checks them.
    """
    new = folder.with_name(f".{folder.name}-{UNFINISHED}")
    new.mkdir(exist_ok=True)
    if reuse and folder.exists() and not _difference_of_recipe(folder, recipe):
        _share(folder.glob(LATER), new)
    for half_written in new.glob("*.part"):
        half_written.unlink()
    try:
        build(new)
        write_manifest(new, recipe)
        _swap(new, folder)
    finally:
        if new.exists() and not any(new.iterdir()):
            new.rmdir()


def _share(files: Iterable[Path], folder: Path) -> None:
    """Let files be in another folder, too."""
    for file in files:
        if (folder / file.name).exists():
            continue
        try:
            (folder / file.name).hardlink_to(file)
        except OSError:  # a file system without links
            shutil.copy2(file, folder)


def _swap(new: Path, folder: Path) -> None:
    aside = folder.with_name(f".{folder.name}-{REPLACED}")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        if folder.exists():
            folder.replace(aside)
        new.replace(folder)
    except PermissionError as error:  # Windows does not move files that are mapped into memory
        msg = (
            f"{folder} could not be replaced ({error.strerror}): another process uses it. "
            "End that process and try again."
        )
        raise StorageError(msg) from error
    shutil.rmtree(aside, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a folder of the cache, once no other process is changing it.

    Raises:
        StorageError: If it cannot be removed.
    """
    with storing_in(folder), locked(folder):
        if folder.exists():
            shutil.rmtree(folder)


def write_manifest(folder: Path, recipe: Mapping[str, Any]) -> None:
    """Write ``manifest.json``: the recipe, its fingerprint, size and SHA-256 of every file."""
    manifest = {
        "fingerprint": fingerprint_of(recipe),
        "recipe": recipe,
        "files": {
            file.name: {"size": file.stat().st_size, "sha256": sha256_of(file)}
            for file in sorted(folder.iterdir())
            if file.name != MANIFEST
        },
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")


def damage_of(folder: Path, recipe: Mapping[str, Any] | None = None, *, deep: bool = True) -> str:
    """The damage of a folder of the cache; empty if there is none.

    It is compared with a recipe; None for the recipe in its own manifest. Every byte is read;
    without ``deep``, not those of shards. Files whose name starts with a dot belong to file
    managers and are ignored.
    """
    if not folder.exists():
        return "it does not exist"
    if difference := _difference_of_recipe(folder, recipe):
        return difference
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    known = {name: (file["size"], file["sha256"]) for name, file in files.items()}
    try:
        return _damage_of_files(folder, known, deep=deep)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def _difference_of_recipe(folder: Path, recipe: Mapping[str, Any] | None) -> str:
    """Why the manifest of a folder is not that of a recipe; empty if it is."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        fingerprint = manifest["fingerprint"]
        for file in manifest["files"].values():
            file["size"], file["sha256"]
        expected = manifest["recipe"] if recipe is None else _as_json(recipe)
        if (fingerprint_of(expected), manifest["recipe"]) != (fingerprint, expected):
            return f"it was made from another recipe ({fingerprint})"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "it has no readable manifest"
    return ""


def _damage_of_files(folder: Path, known: Mapping[str, tuple[int, str]], *, deep: bool) -> str:
    found = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    if unexpected := sorted(found - known.keys() - {MANIFEST}):
        return f"{unexpected[0]} does not belong to it"
    for name, (size, sha256) in known.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size:
            return f"{name} is missing or has another size"
        if (deep or not file.match(LATER)) and sha256_of(file) != sha256:
            return f"{name} was changed (its SHA-256 differs)"
    return ""


def _as_json(recipe: Mapping[str, Any]) -> Any:
    """A recipe as it is read from a file, with tuples as lists."""
    return json.loads(json.dumps(recipe))
