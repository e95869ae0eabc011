"""(n)ASAP's performances: match files that align each played note to one of the score."""

from musebench.corpora.asap import ASAP
from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus

# Those of the 1,066 performances whose alignment its authors call robust and whose file is small
# enough for the registry.
ASAP_PERFORMANCE = Corpus(
    name="asap_performance",
    title="the performances of (n)ASAP",
    repository=ASAP.repository,
    commit=ASAP.commit,
    license=ASAP.license,
    files=("{piece_id}/*.match",),
    format="match",
    citation=ASAP.citation,
)

register_corpus(ASAP_PERFORMANCE)
