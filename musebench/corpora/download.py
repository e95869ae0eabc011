"""Files of a corpus -> paths on this machine, each with its SHA-256 checked.

A file is taken from the cache if it is there, else from ``MUSEBENCH_MIRROR``, else from its address
at the pinned commit. The mirror is one of: an http(s) base, under which files lie as
``<owner>/<repo>/<commit>/<path>``; a folder of that layout; a folder of source archives
``<owner>/<repo>-<commit>.zip``. ``MUSEBENCH_OFFLINE=1`` forbids the network.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pooch
from tqdm import tqdm

from musebench.corpora.corpus import Corpus, PackagedCorpus

DOWNLOADS_AT_ONCE = 8
RETRIES = 3  # pooch waits 1 s, 2 s, 3 s between them
TIMEOUT_SECONDS = 30

# pooch reports every file at INFO; the progress bar does that here.
pooch.get_logger().setLevel("WARNING")


class DownloadError(OSError):
    """A file could not be had: says how to get it by hand."""


class OfflineError(DownloadError):
    """A file is not in the cache and the network is forbidden."""


class IntegrityError(OSError):
    """A file is not the one that the registry knows."""


def data_home(root: str | Path | None = None) -> Path:
    """Return the folder of everything musebench stores.

    Args:
        root: A folder; if None, ``MUSEBENCH_DATA``, else the user's cache folder.
    """
    chosen = root or os.environ.get("MUSEBENCH_DATA") or pooch.os_cache("musebench")
    return Path(chosen).expanduser().absolute()


def fetch(corpus: Corpus, paths: Iterable[str], root: str | Path | None = None) -> dict[str, Path]:
    """Make files of a corpus available on this machine.

    Args:
        corpus: The corpus.
        paths: Paths in the corpus, all of them in its registry.
        root: The data home, see ``data_home``.

    Returns:
        Where each file is. Its SHA-256 is that of the registry.

    Raises:
        DownloadError: If a file cannot be had; OfflineError if only for ``MUSEBENCH_OFFLINE``.
        IntegrityError: If a packaged file is not the one in the registry.
        KeyError: If a path is not in the registry.
    """
    paths = list(paths)
    for path in paths:
        if path not in corpus.registry:
            msg = f"{corpus.name} has no file {path!r} in its registry."
            raise KeyError(msg)
    if isinstance(corpus, PackagedCorpus):
        return find_packaged(corpus, paths)
    keeper = pooch.create(
        path=data_home(root) / "raw" / corpus.folder,
        base_url="",
        registry={path: f"sha256:{corpus.registry[path].sha256}" for path in paths},
        urls={path: corpus.url(path) for path in paths},
        retry_if_failed=RETRIES,
    )
    with ExitStack() as stack:
        source = _Source(corpus, stack)
        pool = stack.enter_context(ThreadPoolExecutor(DOWNLOADS_AT_ONCE))
        found = pool.map(lambda path: _fetch_one(keeper, source, path), paths)
        bar = tqdm(found, f"{corpus.name}: files", len(paths), disable=None, leave=False)
        return dict(zip(paths, bar, strict=True))


def _fetch_one(keeper: pooch.Pooch, source: "_Source", path: str) -> Path:
    try:
        return Path(keeper.fetch(path, downloader=source))
    except (OSError, ValueError) as error:
        if isinstance(error, OfflineError):
            raise
        msg = (
            f"{path} of {source.corpus.title} could not be downloaded ({error}). By hand: save "
            f"{keeper.get_url(path)} (SHA-256 {source.corpus.registry[path].sha256}) as "
            f"{keeper.abspath / path}, or set MUSEBENCH_MIRROR to a folder that has it."
        )
        raise DownloadError(msg) from error


class _Source:
    """A pooch downloader that asks the mirror first, then the pinned address."""

    def __init__(self, corpus: Corpus, stack: ExitStack) -> None:
        self.corpus = corpus
        self.mirror = os.environ.get("MUSEBENCH_MIRROR", "")
        self.offline = os.environ.get("MUSEBENCH_OFFLINE", "") not in ("", "0")
        self.archive: zipfile.ZipFile | None = None
        if self.mirror and not self._mirror_is_remote:
            if not Path(self.mirror).is_dir():
                msg = (
                    f"MUSEBENCH_MIRROR is {self.mirror!r}, which is neither a folder nor an "
                    "http(s) address."
                )
                raise DownloadError(msg)
            archive = Path(self.mirror, f"{corpus.repository}-{corpus.commit}.zip")
            if archive.is_file():
                self.archive = stack.enter_context(zipfile.ZipFile(archive))

    @property
    def _mirror_is_remote(self) -> bool:
        return self.mirror.startswith(("http://", "https://"))

    def __call__(self, url: str, output_file: str, keeper: pooch.Pooch) -> None:
        path = next(name for name, address in keeper.urls.items() if address == url)
        if self._copy_from_folder(path, output_file):
            return
        if self.offline:
            msg = (
                f"{path} of {self.corpus.title} is not in the cache and MUSEBENCH_OFFLINE is set. "
                "Unset it, or set MUSEBENCH_MIRROR to a folder that has "
                f"{self.corpus.folder}/{path}."
            )
            raise OfflineError(msg)
        download = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS)
        if self._mirror_is_remote:
            try:
                base = self.mirror.rstrip("/")
                download(f"{base}/{self.corpus.folder}/{quote(path)}", output_file, keeper)
                return
            except OSError:  # every error of requests; the pinned address may have it
                pass
        download(url, output_file, keeper)

    def _copy_from_folder(self, path: str, output_file: str) -> bool:
        """Copy a file from a local mirror; False if the mirror does not have it."""
        if self.archive:
            member = f"{self.corpus.repository.split('/')[1]}-{self.corpus.commit}/{path}"
            if member in self.archive.NameToInfo:
                with self.archive.open(member) as source, Path(output_file).open("wb") as target:
                    shutil.copyfileobj(source, target)
                return True
        elif self.mirror and not self._mirror_is_remote:
            file = Path(self.mirror, self.corpus.folder, path)
            if file.is_file():
                shutil.copyfile(file, output_file)
                return True
        return False


def find_packaged(corpus: PackagedCorpus, paths: Iterable[str]) -> dict[str, Path]:
    """Find files inside an installed package, without importing it.

    Raises:
        DownloadError: If the package is not installed or has another version.
        IntegrityError: If a file is missing or was changed.
    """
    how = f"pip install 'musebench[{corpus.extra}]'"
    spec = importlib.util.find_spec(corpus.package)
    if spec is None or not spec.submodule_search_locations:
        msg = f"{corpus.title} come from {corpus.source}, which is not installed: {how}."
        raise DownloadError(msg)
    installed = importlib.metadata.version(corpus.package)
    if installed != corpus.version:
        msg = (
            f"{corpus.title} come from {corpus.source}, but version {installed} is installed, "
            f"whose files may differ: {how}."
        )
        raise DownloadError(msg)
    folder = Path(spec.submodule_search_locations[0])
    found = {path: folder / path for path in paths}
    for path, file in found.items():
        if not file.is_file() or _sha256(file) != corpus.registry[path].sha256:
            msg = f"{file} is missing or was changed; reinstall it: {how} --force-reinstall."
            raise IntegrityError(msg)
    return found


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
