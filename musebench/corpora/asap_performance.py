"""(n)ASAP's performances: match files that align each played note to one of the score."""

from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname

from musebench.corpora.asap import ASAP
from musebench.corpora.corpus import Corpus, Piece


@dataclass(frozen=True)
class PerformedPiece(Piece):
    """A score and its performances.

    Attributes:
        performances: Match files, one a performance; ``score`` is the first of them.
    """

    performances: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All its files, the score first."""
        return self.performances


@dataclass(frozen=True)
class PerformanceCorpus(Corpus):
    """Match files, those in a folder of one score each."""

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The scores with their performances, sorted by id: the name of the folder."""
        by_folder: dict[str, list[str]] = {}
        for path in sorted(self.registry):
            if path.endswith(self.score_path):
                by_folder.setdefault(dirname(path), []).append(path)
        return tuple(
            PerformedPiece(folder, files[0], performances=tuple(files))
            for folder, files in sorted(by_folder.items())
        )


# Those of the 1,066 performances whose alignment its authors call robust and whose file is small
# enough for the registry.
ASAP_PERFORMANCE = PerformanceCorpus(
    name="asap_performance",
    title="the performances of (n)ASAP",
    repository=ASAP.repository,
    commit=ASAP.commit,
    license=ASAP.license,
    score_path=".match",
    citation=ASAP.citation,
)
