"""OpenScore Lieder: songs of the long 19th century for voice and piano, as compressed MusicXML."""

from dataclasses import dataclass
from functools import cached_property

from musebench.corpora.corpus import Corpus, Piece


@dataclass(frozen=True)
class LiederCorpus(Corpus):
    """A repository whose scores lie in folders by composer, set and song, and have numbers."""

    score_path: str = "scores/{composer}/{set}/{song}/{piece_id}.mxl"

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The scores of the corpus, sorted by id (``lc`` and the number of the score)."""
        scores = (path for path in self.registry if path.endswith(".mxl"))
        found = (Piece(path.rpartition("/")[2].removesuffix(".mxl"), path) for path in scores)
        return tuple(sorted(found, key=lambda piece: piece.piece_id))


LIEDER = LiederCorpus(
    name="lieder",
    title="the OpenScore Lieder Corpus",
    repository="OpenScore/Lieder",
    commit="bca122458de6da362abe62dd6aec62e25d7759b1",
    license="CC0-1.0",
    citation="""@inproceedings{gotham2022openscore,
  title     = {The {OpenScore} {Lieder} Corpus},
  author    = {Gotham, Mark Robert Haigh and Jonas, Peter},
  booktitle = {Music Encoding Conference Proceedings 2021},
  editor    = {M{\\"u}nnich, Stefan and Rizo, David},
  pages     = {131--136},
  publisher = {Humanities Commons},
  year      = {2022},
  doi       = {10.17613/1my2-dm23}
}""",
)
