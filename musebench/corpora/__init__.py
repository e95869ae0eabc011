"""DOWNLOAD: published collections of scores, each file pinned by commit, size and SHA-256.

The only package that uses pooch: from a corpus and the names of its files to paths of files whose
hashes were checked.

``CORPORA["asap"]`` is a corpus by its name; the name in capitals, ``ASAP``, can be imported, too.
"""

from musebench.corpora.combined import CombinedCorpus as CombinedCorpus
from musebench.corpora.corpus import MISSING as MISSING
from musebench.corpora.corpus import Collection as Collection
from musebench.corpora.corpus import Corpus as Corpus
from musebench.corpora.corpus import Piece as Piece
from musebench.corpora.corpus import RegistryFile as RegistryFile
from musebench.corpora.corpus import pattern_of as pattern_of
from musebench.corpora.download import check_files as check_files
from musebench.corpora.download import fetch as fetch
from musebench.corpora.download import find_temporary as find_temporary
from musebench.corpora.download import source_names as source_names
from musebench.corpora.folder import FolderCorpus as FolderCorpus
from musebench.corpora.known import CORPORA as CORPORA
from musebench.corpora.known import AnyCorpus as AnyCorpus
from musebench.corpora.known import register_corpus as register_corpus
from musebench.corpora.licenses import LICENSES as LICENSES
from musebench.corpora.licenses import License as License
from musebench.corpora.licenses import terms_of as terms_of
from musebench.corpora.packaged import PackagedCorpus as PackagedCorpus
from musebench.corpora.pdmx import PdmxScore as PdmxScore
from musebench.corpora.pdmx import read_pdmx as read_pdmx
from musebench.corpora.pdmx import unpack_pdmx as unpack_pdmx
from musebench.corpora.sources import is_offline as is_offline
from musebench.corpora.storage import data_home as data_home
from musebench.corpora.storage import lock_path as lock_path
from musebench.corpora.storage import locked as locked
from musebench.corpora.storage import storing_in as storing_in
from musebench.corpora.web import Refusal as Refusal
from musebench.corpora.web import ask as ask


def __getattr__(name: str) -> AnyCorpus:
    """A corpus by its name in capitals."""
    return CORPORA.by_constant(__name__, name)
