"""The Bach chorales that the package music21 ships: real scores that need no download."""

from musebench.corpora.corpus import PackagedCorpus

MUSIC21_CHORALES = PackagedCorpus(
    name="music21_chorales",
    title="the Bach chorales of music21",
    repository="cuthbertLab/music21",
    commit="3146cb08762979cd6aae7dc95f246144026eb3cd",
    license="LicenseRef-music21-corpus",
    score_path="corpus/bach/{piece_id}.mxl",
    package="music21",
    version="10.5.1",
    extra="chorales",
    has_fermatas=True,
    citation="""@inproceedings{cuthbert2010music21,
  title     = {music21: A Toolkit for Computer-Aided Musicology and Symbolic Music Data},
  author    = {Cuthbert, Michael Scott and Ariza, Christopher},
  booktitle = {Proceedings of the 11th International Society for Music Information Retrieval
               Conference (ISMIR)},
  year      = {2010}
}""",
)
