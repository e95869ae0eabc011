"""The Bach chorales in the package music21: real scores that need no download."""

from musebench.corpora.known import register_corpus
from musebench.corpora.packaged import PackagedCorpus

MUSIC21_CHORALES = PackagedCorpus(
    name="music21_chorales",
    title="the Bach chorales of music21",
    repository="cuthbertLab/music21",
    commit="3146cb08762979cd6aae7dc95f246144026eb3cd",
    license="LicenseRef-music21-corpus",
    files=("corpus/bach/{piece_id}.mxl",),
    format="score-with-fermatas",
    package="music21",
    version="10.5.1",
    extra="chorales",
    citation="""@inproceedings{cuthbert2010music21,
  title     = {music21: A Toolkit for Computer-Aided Musicology and Symbolic Music Data},
  author    = {Cuthbert, Michael Scott and Ariza, Christopher},
  booktitle = {Proceedings of the 11th International Society for Music Information Retrieval
               Conference (ISMIR)},
  year      = {2010}
}""",
)

register_corpus(MUSIC21_CHORALES)
