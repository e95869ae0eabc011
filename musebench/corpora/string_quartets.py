"""OpenScore String Quartets: whole quartets of the long 19th century, as compressed MusicXML."""

from musebench.corpora.combined import CombinedCorpus
from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus
from musebench.corpora.lieder import LIEDER

STRING_QUARTETS = Corpus(
    name="string_quartets",
    title="the OpenScore String Quartets Corpus",
    repository="OpenScore/StringQuartets",
    commit="2c723a5b7b4ea5420826116dfa912956c6a022c2",
    license="CC0-1.0",
    files=("scores/*/*/{piece_id}.mxl",),  # composer, quartet; sq and a number
    citation="""@inproceedings{gotham2023openscore,
  title     = {The ``{OpenScore} {String} {Quartet}'' {Corpus}},
  author    = {Gotham, Mark Robert Haigh and Redbond, Maureen and Bower, Bruno and Jonas, Peter},
  booktitle = {Proceedings of the 10th International Conference on Digital Libraries for
               Musicology},
  pages     = {49--57},
  publisher = {ACM},
  year      = {2023},
  doi       = {10.1145/3625135.3625155}
}""",
)
OPENSCORE = CombinedCorpus(
    "openscore", "the songs and string quartets of OpenScore", (LIEDER, STRING_QUARTETS)
)

register_corpus(STRING_QUARTETS, OPENSCORE)
