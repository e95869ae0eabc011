"""Files that a Python package ships: found by path, never imported."""

import importlib.metadata
import importlib.util
from collections.abc import Iterable
from pathlib import Path

from musebench.corpora.corpus import PackagedCorpus
from musebench.errors import DownloadError, IntegrityError


def find_package(corpus: PackagedCorpus) -> Path:
    """Find the folder of the package that ships a corpus.

    Raises:
        DownloadError: If the package is not installed or has another version.
    """
    spec = importlib.util.find_spec(corpus.package)
    if spec is None or not spec.submodule_search_locations:
        msg = (
            f"{corpus.title} come from {corpus.source}, which is not installed: {_install(corpus)}."
        )
        raise DownloadError(msg)
    installed = importlib.metadata.version(corpus.package)
    if installed != corpus.version:
        msg = (
            f"{corpus.title} come from {corpus.source}, but version {installed} is installed, "
            f"whose files may differ: {_install(corpus)}."
        )
        raise DownloadError(msg)
    return Path(spec.submodule_search_locations[0])


def find_packaged(corpus: PackagedCorpus, paths: Iterable[str]) -> dict[str, Path]:
    """Find files inside an installed package, without importing it.

    Raises:
        DownloadError: If the package is not installed or has another version.
        IntegrityError: If a file is missing or was changed.
    """
    folder = find_package(corpus)
    found = {path: folder / path for path in paths}
    for path, file in found.items():
        if corpus.registry[path].fault_of(file):
            msg = (
                f"{file} is missing or was changed; reinstall it: {_install(corpus)} "
                "--force-reinstall."
            )
            raise IntegrityError(msg)
    return found


def _install(corpus: PackagedCorpus) -> str:
    return f"pip install 'musebench[{corpus.extra}]'"
