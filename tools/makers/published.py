"""The files of a corpus as they were published: in a source archive, a folder, or a package."""

import os
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from musebench.corpora import Corpus
from musebench.errors import InputError


def published_files(corpus: Corpus) -> Mapping[str, Callable[[], bytes]]:
    """What reads each file that is published with a corpus, by its path.

    Args:
        corpus: The corpus. Unless it lies in a package, ``MUSEBENCH_MIRROR`` names a folder that
            has the source archive of its commit, or its files.

    Raises:
        InputError: If they are not there.
    """
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "."))
    folder = corpus.place() if corpus.install else mirror / corpus.folder
    if folder.is_dir():
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        return {file.relative_to(folder).as_posix(): file.read_bytes for file in files}
    if not (mirror / corpus.archive).is_file():
        msg = (
            f"{mirror} has neither {corpus.archive} nor {corpus.folder}. Save "
            f"https://github.com/{corpus.repository}/archive/{corpus.commit}.zip as the first, and "
            "set MUSEBENCH_MIRROR to the folder that it is in."
        )
        raise InputError(msg)
    archive = zipfile.ZipFile(mirror / corpus.archive)
    names = [name for name in archive.namelist() if not name.endswith("/")]
    return {name.partition("/")[2]: partial(archive.read, name) for name in sorted(names)}
