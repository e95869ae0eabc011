"""CORPORA: all corpora by name, single and combined."""

from typing import TypeAlias

from musebench.corpora.combined import CombinedCorpus
from musebench.corpora.corpus import Corpus
from musebench.registry import Registry

AnyCorpus: TypeAlias = Corpus | CombinedCorpus

CORPORA: Registry[AnyCorpus] = Registry("corpus", "musebench.corpora")


def register_corpus(*corpora: AnyCorpus) -> None:
    """Register corpora by their names.

    Raises:
        InputError: If a name is taken.
    """
    for corpus in corpora:
        CORPORA.add(corpus.name, corpus)
