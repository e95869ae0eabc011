"""ASAP: Aligned Scores and Performances, Western piano music as MusicXML."""

from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus

ASAP = Corpus(
    name="asap",
    title="the (n)ASAP scores",
    repository="CPJKU/asap-dataset",
    commit="4097b45757bed854818cf87e77b92323ebf90615",
    license="CC-BY-NC-SA-4.0",
    files=("{piece_id}/xml_score.musicxml",),
    citation="""@inproceedings{foscarin2020asap,
  title     = {{ASAP}: A Dataset of Aligned Scores and Performances for Piano Transcription},
  author    = {Foscarin, Francesco and McLeod, Andrew and Rigaux, Philippe and
               Jacquemard, Florent and Sakai, Masahiko},
  booktitle = {Proceedings of the 21st International Society for Music Information Retrieval
               Conference (ISMIR)},
  year      = {2020}
}
@article{peter2023nasap,
  title   = {Automatic Note-Level Score-to-Performance Alignments in the {ASAP} Dataset},
  author  = {Peter, Silvan David and Cancino-Chac\\'{o}n, Carlos Eduardo and Foscarin, Francesco and
             McLeod, Andrew Philip and Henkel, Florian and Karystinaios, Emmanouil and
             Widmer, Gerhard},
  journal = {Transactions of the International Society for Music Information Retrieval},
  volume  = {6},
  number  = {1},
  year    = {2023}
}""",
)

register_corpus(ASAP)
