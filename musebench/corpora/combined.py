"""Several corpora as one source of pieces, for boards that use more than one."""

import re
from dataclasses import dataclass
from functools import cached_property
from posixpath import commonpath

from musebench.corpora.corpus import Corpus, Piece
from musebench.errors import InputError
from musebench.shown import Shown


@dataclass(frozen=True, repr=False)
class CombinedCorpus(Shown):
    """Several corpora as one. Its files are fetched, and its notes stored, per member.

    Attributes:
        name: Name in musebench.
        title: Name in prose.
        members: The corpora; all have the same licence.

    Raises:
        InputError: If the licences differ or a corpus occurs twice.
    """

    name: str
    title: str
    members: tuple[Corpus, ...]

    def __post_init__(self) -> None:
        """Check that the members can be one corpus."""
        if len({corpus.license for corpus in self.members}) != 1:
            msg = f"the corpora of {self.name} have different licences; all must have the same."
            raise InputError(msg)
        if len({corpus.name for corpus in self.members}) != len(self.members):
            msg = f"a corpus of {self.name} occurs twice; each must occur once."
            raise InputError(msg)

    @staticmethod
    def piece_id(corpus: Corpus, piece_id: str) -> str:
        """Identifier of a member's piece in the combined corpus: ``<corpus>/<piece>``."""
        return f"{corpus.name}/{piece_id}"

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of all members, sorted by id; paths are relative to the member."""
        found = (
            Piece(self.piece_id(corpus, piece.piece_id), piece.files)
            for corpus in self.members
            for piece in corpus.pieces
        )
        return tuple(sorted(found, key=lambda piece: piece.piece_id))

    @property
    def license(self) -> str:
        """SPDX identifier of the licence."""
        return self.members[0].license

    @property
    def citation(self) -> str:
        """BibTeX entries of all members, each once."""
        entries = [re.split(r"\n(?=@)", corpus.citation) for corpus in self.members]
        return "\n".join(dict.fromkeys(entry for several in entries for entry in several))

    @property
    def source(self) -> str:
        """Origin of the files, for people."""
        return "; ".join(corpus.source for corpus in self.members)

    @property
    def folder(self) -> str:
        """Folder in a cache or mirror that contains those of all members."""
        return commonpath([corpus.folder for corpus in self.members])
