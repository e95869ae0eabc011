"""Download the files of a corpus and check their SHA-256.

A file is taken from the cache if it is there, else from ``MUSEBENCH_MIRROR``, else from its address
at the pinned commit. The mirror is an http(s) base with files at
``<owner>/<repo>/<commit>/<path>``; a folder with this layout; or a folder of source archives
``<owner>/<repo>-<commit>.zip``. ``MUSEBENCH_OFFLINE=1`` forbids the network.

A file enters the cache whole or not at all, under a lock of its corpus, so an interrupted download
is resumed and several processes download each file once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from musebench.corpora.corpus import Collection
from musebench.corpora.sources import Source, is_offline, open_sources
from musebench.corpora.storage import locked, storing_in
from musebench.corpora.web import Refusal
from musebench.errors import DownloadError, IntegrityError, OfflineError, StorageError

if TYPE_CHECKING:
    import pooch

DOWNLOADS_AT_ONCE = 8
FAILURES_SHOWN = 3
POOCH_TEMPORARY = re.compile(r"tmp[a-z0-9_]{8}")


def fetch(
    corpus: Collection, paths: Iterable[str], root: str | Path | None = None
) -> dict[str, Path]:
    """Make files of a corpus, or of another collection, available on this machine.

    Args:
        corpus: The corpus.
        paths: Paths in the corpus, all of them in its registry.
        root: The data home, see ``data_home``.

    Returns:
        Path of each file, whose SHA-256 is that of the registry.

    Raises:
        DownloadError: If a file cannot be downloaded; OfflineError if ``MUSEBENCH_OFFLINE`` is set,
            StorageError if it cannot be stored.
        IntegrityError: If a packaged file differs from the registry.
        KeyError: If a path is not in the registry.
    """
    paths = list(dict.fromkeys(paths))
    for path in paths:
        if path not in corpus.registry:
            msg = f"{corpus.name} has no file {path!r} in its registry."
            raise KeyError(msg)
    folder = corpus.place(root)
    with storing_in(folder):
        missing = list(check_files(corpus, paths, root))
        if missing and corpus.install:
            msg = (
                f"{folder / missing[0]} is missing or was changed; reinstall it: {corpus.install} "
                "--force-reinstall."
            )
            raise IntegrityError(msg)
        if missing:
            _download(corpus, missing, folder)
    return {path: folder / path for path in paths}


def check_files(
    corpus: Collection, paths: Iterable[str], root: str | Path | None = None, *, deep: bool = True
) -> dict[str, str]:
    """Compare the files of a corpus on this machine with its registry.

    Args:
        corpus: The corpus.
        paths: Paths in its registry.
        root: The data home, see ``data_home``.
        deep: Compare the SHA-256 of each, not only the size.

    Returns:
        Path -> fault of each file that is not intact.

    Raises:
        DownloadError: If the package of a packaged corpus is not installed.
    """
    folder = corpus.place(root)
    faults = {path: corpus.registry[path].fault_of(folder / path, deep=deep) for path in paths}
    return {path: fault for path, fault in faults.items() if fault}


def source_names(corpus: Collection) -> list[str]:
    """The sources of the files of a corpus, in the order in which they are tried.

    Raises:
        DownloadError: If ``MUSEBENCH_MIRROR`` is neither a folder nor an address.
    """
    if corpus.install:
        return [corpus.source]
    with open_sources(corpus, Future()) as sources:
        return [source.name for source in sources]


def find_temporary(folder: Path) -> Iterator[Path]:
    """The files that a killed download left in a corpus' folder."""
    return (file for file in folder.rglob("tmp*") if POOCH_TEMPORARY.fullmatch(file.name))


def _download(corpus: Collection, paths: Sequence[str], folder: Path) -> None:
    stop: Future[None] = Future()
    with open_sources(corpus, stop) as sources:
        if not sources:
            raise _error_of(corpus, folder, dict.fromkeys(paths, ""), 0)
        with locked(folder):
            for file in find_temporary(folder):
                file.unlink()
            # Another process may have downloaded some while this one waited.
            left = [p for p in paths if corpus.registry[p].fault_of(folder / p)]
            failed = _Download(corpus, folder, sources).run(left, stop)
    if failed:
        raise _error_of(corpus, folder, failed, len(paths) - len(failed))


class _Download:
    """A download of files from some sources to a folder."""

    def __init__(self, corpus: Collection, folder: Path, sources: Sequence[Source]) -> None:
        import pooch

        # pooch logs every file at INFO; here a progress bar replaces that.
        pooch.get_logger().setLevel("WARNING")
        self.corpus = corpus
        self.folder = folder
        self.sources = sources
        self.keeper = pooch.create(
            path=folder,
            base_url="",
            registry={path: f"sha256:{file.sha256}" for path, file in corpus.registry.items()},
            urls={path: corpus.url(path) for path in corpus.registry},
        )

    def run(self, paths: Sequence[str], stop: "Future[None]") -> dict[str, str]:
        """Fetch files in parallel; return the answers of the sources for those that failed."""
        from tqdm import tqdm

        failed = {}
        size = sum(self.corpus.registry[path].size for path in paths)
        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
        try:
            running = {pool.submit(self._fetch, path): path for path in paths}
            with tqdm(
                desc=self.corpus.name,
                total=size,
                unit="B",
                unit_scale=True,
                disable=None,
                leave=False,
            ) as bar:
                for done in as_completed(running):
                    path = running[done]
                    answers = done.result()
                    if answers:
                        failed[path] = answers
                    bar.update(self.corpus.registry[path].size)
        finally:
            # After Ctrl-C or on a full disk, do not wait for queued files or for a slow server.
            stop.set_result(None)
            pool.shutdown(cancel_futures=True)
        return {path: failed[path] for path in paths if path in failed}

    def _fetch(self, path: str) -> str:
        """Fetch a file; return the answers of the sources if it failed, else an empty string."""
        answers = []
        for source in self.sources:
            try:
                content = source.read(path, self.corpus.registry[path])
            except Refusal as refusal:
                answers.append(f"{source.where(path)}: {refusal}")
            else:
                self._store(path, content)
                return ""
        return "; ".join(answers)

    def _store(self, path: str, content: bytes) -> None:
        # pooch makes the folder of a file too, but two threads at once fail there.
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)

        def write(_url: str, output_file: str, _keeper: "pooch.Pooch") -> None:
            # A new file, since pooch's own temporary file is readable only by its owner.
            Path(output_file).unlink()
            Path(output_file).write_bytes(content)

        try:
            self.keeper.fetch(path, downloader=write)
        except ValueError as error:
            msg = f"{self.folder / path} was not stored as received; check the disk for errors."
            raise StorageError(msg) from error


def _error_of(
    corpus: Collection, folder: Path, failed: Mapping[str, str], others: int
) -> DownloadError:
    """The error for files that could not be downloaded: what happened, what to do by hand."""
    first, answers = next(iter(failed.items()))
    if is_offline():
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        asked = f" ({answers})" if answers else ""
        return OfflineError(
            f"{first} of {corpus.title}{more} is not in the cache and MUSEBENCH_OFFLINE is "
            f"set{asked}. Unset it, or set MUSEBENCH_MIRROR to a folder that has "
            f"{corpus.folder}/{first}."
        )
    if len(failed) == 1:
        return DownloadError(
            f"{first} of {corpus.title} could not be downloaded ({answers}). "
            f"{_by_hand(corpus, folder, first)}, or set MUSEBENCH_MIRROR to a folder that has it."
        )
    lines = [
        f"{len(failed)} files of {corpus.title} could not be downloaded; {others} are stored, and "
        "the next try resumes from there."
    ]
    lines += [
        f"  {path} ({failed[path]}). {_by_hand(corpus, folder, path)}."
        for path in list(failed)[:FAILURES_SHOWN]
    ]
    if len(failed) > FAILURES_SHOWN:
        lines.append(f"  And {len(failed) - FAILURES_SHOWN} more.")
    lines.append(
        "Or set MUSEBENCH_MIRROR to a folder or an http(s) address that has them under "
        f"{corpus.folder}/."
    )
    return DownloadError("\n".join(lines))


def _by_hand(corpus: Collection, folder: Path, path: str) -> str:
    sha256 = corpus.registry[path].sha256
    return f"By hand: save {corpus.url(path)} (SHA-256 {sha256}) as {folder / path}"
