"""AugmentedNet's scores with Roman numerals, as the arrays of notes that dilemmadata publishes."""

import re
from dataclasses import dataclass
from functools import cached_property

from musebench.corpora.corpus import Corpus, Piece
from musebench.errors import InputError

ARRAY = re.compile(r"pitch_arrays/AN/(?P<folder>\w+)/(?P<id>.+)_joint\.tsv")
SPLIT_OF_FOLDER = {"training": "train", "validation": "valid", "test": "test"}


@dataclass(frozen=True)
class AugmentedNetCorpus(Corpus):
    """A table of notes a piece, in which the analysis stands beside each note."""

    score_path: str = "pitch_arrays/AN/{piece_id}_joint.tsv"  # below the folder of its split

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The scores of the corpus, sorted by id: the name of the table, without its folder."""
        found = (ARRAY.fullmatch(path) for path in self.registry)
        pieces = (Piece(match["id"], match.string) for match in found if match)
        return tuple(sorted(pieces, key=lambda piece: piece.piece_id))

    @staticmethod
    def published_split(piece: Piece) -> str:
        """The split of AugmentedNet 1.0.0, by the folder in which the table lies.

        Raises:
            InputError: If the folder is none of ``SPLIT_OF_FOLDER``.
        """
        match = ARRAY.fullmatch(piece.score)
        if not match or match["folder"] not in SPLIT_OF_FOLDER:
            msg = f"{piece.score} is in no folder of {', '.join(SPLIT_OF_FOLDER)}."
            raise InputError(msg)
        return SPLIT_OF_FOLDER[match["folder"]]


AUGMENTEDNET = AugmentedNetCorpus(
    name="augmentednet",
    title="the scores of AugmentedNet in dilemmadata",
    repository="johentsch/dilemmadata",
    commit="e32ce537763b5995874bb257ba27bab79ca64e14",
    license="CC-BY-NC-SA-4.0",
    citation="""@inproceedings{napoles2021augmentednet,
  title     = {{AugmentedNet}: A {R}oman Numeral Analysis Network with Synthetic Training Examples
               and Additional Tonal Tasks},
  author    = {N\\'{a}poles L\\'{o}pez, N\\'{e}stor and Gotham, Mark and Fujinaga, Ichiro},
  booktitle = {Proceedings of the 22nd International Society for Music Information Retrieval
               Conference (ISMIR)},
  pages     = {404--411},
  year      = {2021},
  doi       = {10.5281/zenodo.5624533}
}
@misc{dilemmadata2026,
  title        = {Dilemmadata: A Symbolic Dataset for Music Research},
  author       = {Hentschel, Johannes and Karystinaios, Emmanouil},
  year         = {2026},
  howpublished = {\\url{https://github.com/johentsch/dilemmadata}}
}""",
)
