"""(n)ASAP's performances: match files that align each played note to a note of the score."""

from musebench.corpora.asap import ASAP
from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus

# The performances, of 1,066, whose alignment is robust according to the authors and whose file is
# small enough for the registry.
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
