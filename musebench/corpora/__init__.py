"""DOWNLOAD: published collections of scores, each file pinned by commit, size and SHA-256.

The only door to pooch: what enters is a corpus and the names of its files, what leaves are paths of
files whose hashes were checked.
"""

from musebench.corpora.asap import ASAP
from musebench.corpora.asap_performance import ASAP_PERFORMANCE, PerformanceCorpus
from musebench.corpora.combined import CombinedCorpus
from musebench.corpora.corpus import (
    MISSING,
    Collection,
    Corpus,
    PackagedCorpus,
    Piece,
    RegistryFile,
)
from musebench.corpora.dcml import (
    DCML,
    DCML_CORPORA,
    DCML_ENSEMBLES,
    DCML_KEYBOARD,
    DCML_WITH_CADENCES,
    DCMLCorpus,
)
from musebench.corpora.dilemmadata import AUGMENTEDNET, AugmentedNetCorpus
from musebench.corpora.download import (
    check_files,
    fetch,
    find_temporary,
    folder_of,
    source_names,
)
from musebench.corpora.licenses import LICENSES, License
from musebench.corpora.lieder import LIEDER
from musebench.corpora.music21_chorales import MUSIC21_CHORALES
from musebench.corpora.packaged import find_packaged
from musebench.corpora.storage import data_home, lock_path, locked, storing_in

CORPORA = {
    corpus.name: corpus
    for corpus in (ASAP, ASAP_PERFORMANCE, AUGMENTEDNET, LIEDER, MUSIC21_CHORALES, *DCML_CORPORA)
}

__all__ = [
    "ASAP",
    "ASAP_PERFORMANCE",
    "AUGMENTEDNET",
    "CORPORA",
    "DCML",
    "DCML_CORPORA",
    "DCML_ENSEMBLES",
    "DCML_KEYBOARD",
    "DCML_WITH_CADENCES",
    "LICENSES",
    "LIEDER",
    "MISSING",
    "MUSIC21_CHORALES",
    "AugmentedNetCorpus",
    "Collection",
    "CombinedCorpus",
    "Corpus",
    "DCMLCorpus",
    "License",
    "PackagedCorpus",
    "PerformanceCorpus",
    "Piece",
    "RegistryFile",
    "check_files",
    "data_home",
    "fetch",
    "find_packaged",
    "find_temporary",
    "folder_of",
    "lock_path",
    "locked",
    "source_names",
    "storing_in",
]
