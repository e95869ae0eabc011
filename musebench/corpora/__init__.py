"""DOWNLOAD: published collections of scores, each file pinned by commit, size and SHA-256.

The only door to pooch: what enters is a corpus and the names of its files, what leaves are paths of
files whose hashes were checked.
"""

from musebench.corpora.asap import ASAP
from musebench.corpora.corpus import Corpus, PackagedCorpus, Piece, RegistryFile
from musebench.corpora.download import (
    DownloadError,
    IntegrityError,
    OfflineError,
    data_home,
    fetch,
    find_packaged,
)
from musebench.corpora.licenses import LICENSES, License
from musebench.corpora.music21_chorales import MUSIC21_CHORALES

CORPORA = {corpus.name: corpus for corpus in (ASAP, MUSIC21_CHORALES)}

__all__ = [
    "ASAP",
    "CORPORA",
    "LICENSES",
    "MUSIC21_CHORALES",
    "Corpus",
    "DownloadError",
    "IntegrityError",
    "License",
    "OfflineError",
    "PackagedCorpus",
    "Piece",
    "RegistryFile",
    "data_home",
    "fetch",
    "find_packaged",
]
