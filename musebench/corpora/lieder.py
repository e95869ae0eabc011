"""OpenScore Lieder: songs of the long 19th century for voice and piano, as compressed MusicXML."""

from dataclasses import replace

from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus

LIEDER = Corpus(
    name="lieder",
    title="the OpenScore Lieder Corpus",
    repository="OpenScore/Lieder",
    commit="bca122458de6da362abe62dd6aec62e25d7759b1",
    license="CC0-1.0",
    files=("scores/*/*/*/{piece_id}.mxl",),  # composer, set, song; lc and a number
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

LIEDER_PIANO = replace(
    LIEDER,
    name="lieder_piano",
    title="the piano parts of the OpenScore Lieder Corpus",
    format="keyboard-of-song",
    table=LIEDER.registry_file,
)

register_corpus(LIEDER, LIEDER_PIANO)
