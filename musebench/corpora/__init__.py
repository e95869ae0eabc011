"""DOWNLOAD: published collections of scores, each file pinned by commit, size and SHA-256.

The only package that uses pooch: from a corpus and the names of its files to paths of files whose
hashes were checked.

``CORPORA["asap"]`` is a corpus by its name; the name in capitals, ``ASAP``, can be imported, too.
"""

from musebench.corpora.combined import CombinedCorpus
from musebench.corpora.corpus import MISSING, Collection, Corpus, Piece, RegistryFile, pattern_of
from musebench.corpora.download import check_files, fetch, find_temporary, source_names
from musebench.corpora.folder import FolderCorpus
from musebench.corpora.known import CORPORA, AnyCorpus, register_corpus
from musebench.corpora.licenses import LICENSES, License, terms_of
from musebench.corpora.packaged import PackagedCorpus
from musebench.corpora.storage import data_home, lock_path, locked, storing_in


def __getattr__(name: str) -> AnyCorpus:
    """A corpus by its name in capitals."""
    return CORPORA.by_constant(__name__, name)


__all__ = [
    "CORPORA",
    "LICENSES",
    "MISSING",
    "AnyCorpus",
    "Collection",
    "CombinedCorpus",
    "Corpus",
    "FolderCorpus",
    "License",
    "PackagedCorpus",
    "Piece",
    "RegistryFile",
    "check_files",
    "data_home",
    "fetch",
    "find_temporary",
    "lock_path",
    "locked",
    "pattern_of",
    "register_corpus",
    "source_names",
    "storing_in",
    "terms_of",
]
