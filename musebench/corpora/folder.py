"""Files of a user as a corpus: they are where they are, and nothing is known of them before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from musebench.corpora.corpus import Corpus, Piece


@dataclass(frozen=True, kw_only=True)
class FolderCorpus(Corpus):
    """Scores in a folder.

    Attributes:
        home: The folder.
        found: Piece id -> paths of its files in the folder.
    """

    home: Path
    found: Mapping[str, tuple[str, ...]] = field(hash=False)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces, sorted by id."""
        return tuple(Piece(piece_id, files) for piece_id, files in sorted(self.found.items()))

    @property
    def paths(self) -> list[str]:
        """The files of all pieces, each once; a file may have several."""
        return list(dict.fromkeys(super().paths))

    @property
    def source(self) -> str:
        """Where the files are, for people."""
        return str(self.home)

    def place(self, root: str | Path | None = None) -> Path:  # noqa: ARG002
        """The folder."""
        return self.home
