"""Corpora inside a Python package: their files are found by path, the package is never imported."""

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from musebench.corpora.corpus import Corpus
from musebench.errors import DownloadError


@dataclass(frozen=True, kw_only=True, repr=False)
class PackagedCorpus(Corpus):
    """A corpus inside a Python package.

    Attributes:
        package: Name of the package.
        version: The version whose files are in the registry; empty for any.
        extra: The extra of musebench that installs it; empty to install it by its own name.
    """

    package: str
    version: str = ""
    extra: str = ""

    @property
    def source(self) -> str:
        """Origin of the files, for people."""
        version = f"=={self.version}" if self.version else ""
        return f"the Python package {self.package}{version}"

    @property
    def install(self) -> str:
        """Command that installs the package."""
        what = f"'musebench[{self.extra}]'" if self.extra else self.package
        return f"pip install {what}"

    def place(self, root: str | Path | None = None) -> Path:  # noqa: ARG002
        """Folder of the package.

        Raises:
            DownloadError: If the package is not installed or has another version.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            msg = f"{self.title} come from {self.source}, which is not installed: {self.install}."
            raise DownloadError(msg)
        installed = importlib.metadata.version(self.package) if self.version else ""
        if installed != self.version:
            msg = (
                f"{self.title} come from {self.source}, but version {installed} is installed, "
                f"whose files may differ: {self.install}."
            )
            raise DownloadError(msg)
        return Path(spec.submodule_search_locations[0])
