"""Benchmark datasets, samplers and baselines for graph learning on symbolic music.

The path of the data, a module a station::

    corpora      DOWNLOAD   pinned files of published corpora
    score        PARSE      score file -> note table -> score file
    annotations  LABELS     labels aligned to notes
    features                note table -> node features, by a whitelist per task
    tasks                   what is asked
    splits                  which piece is for training, validation, test
    boards                  corpus x task x version
    store        STORE      note tables on disk
    evaluation   EVALUATE   predictions -> metrics
    card                    what is in a board, in numbers and in words
    plots        SEE        pictures of runs, predictions and boards
    graph        GRAPH      note table -> HeteroData (torch begins here)
    datasets     DATASET    boards as PyTorch Geometric datasets
    loader       LOADER     windows of scores with their neighbourhoods, as mini-batches
    models       MODEL      reference models and rule baselines
    train                   the loop that makes a published number
    use          USE        a model on anyone's score
    see          SEE        score and graph, predictions and errors as pages and pictures
    cli                     all of it from the command line

Names are loaded when they are first used: ``import musebench`` imports neither torch nor pandas nor
numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musebench.boards import BOARDS
    from musebench.datasets import (
        ASAPPerformance,
        ASAPPitchSpelling,
        ASAPStaffSeparation,
        AugmentedNetRomanNumeral,
        ChoralePhrase,
        ChoralePitchSpelling,
        ChoraleVoiceSeparation,
        DCMLCadence,
        DCMLComposer,
        DCMLPhrase,
        DCMLRomanNumeral,
        DCMLVoiceSeparation,
        LiederMelody,
        list_datasets,
        load,
    )
    from musebench.evaluation import Evaluator
    from musebench.graph import ScoreGraph, build_graph, candidate_pairs
    from musebench.loader import MuseNeighborLoader
    from musebench.score import read_score, write_score
    from musebench.see import view
    from musebench.train import from_pretrained
    from musebench.use import apply

__version__ = "0.1.0"

_HOME = {
    "ASAPPerformance": "musebench.datasets",
    "ASAPPitchSpelling": "musebench.datasets",
    "ASAPStaffSeparation": "musebench.datasets",
    "AugmentedNetRomanNumeral": "musebench.datasets",
    "BOARDS": "musebench.boards",
    "ChoralePhrase": "musebench.datasets",
    "ChoralePitchSpelling": "musebench.datasets",
    "DCMLCadence": "musebench.datasets",
    "DCMLPhrase": "musebench.datasets",
    "DCMLRomanNumeral": "musebench.datasets",
    "DCMLComposer": "musebench.datasets",
    "ChoraleVoiceSeparation": "musebench.datasets",
    "DCMLVoiceSeparation": "musebench.datasets",
    "Evaluator": "musebench.evaluation",
    "LiederMelody": "musebench.datasets",
    "MuseNeighborLoader": "musebench.loader",
    "ScoreGraph": "musebench.graph",
    "apply": "musebench.use",
    "build_graph": "musebench.graph",
    "candidate_pairs": "musebench.graph",
    "from_pretrained": "musebench.train",
    "list_datasets": "musebench.datasets",
    "load": "musebench.datasets",
    "read_score": "musebench.score",
    "view": "musebench.see",
    "write_score": "musebench.score",
}

__all__ = [
    "BOARDS",
    "ASAPPerformance",
    "ASAPPitchSpelling",
    "ASAPStaffSeparation",
    "AugmentedNetRomanNumeral",
    "ChoralePhrase",
    "ChoralePitchSpelling",
    "ChoraleVoiceSeparation",
    "DCMLCadence",
    "DCMLComposer",
    "DCMLPhrase",
    "DCMLRomanNumeral",
    "DCMLVoiceSeparation",
    "Evaluator",
    "LiederMelody",
    "MuseNeighborLoader",
    "ScoreGraph",
    "__version__",
    "apply",
    "build_graph",
    "candidate_pairs",
    "from_pretrained",
    "list_datasets",
    "load",
    "read_score",
    "view",
    "write_score",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOME:
        msg = f"module 'musebench' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Names for completion."""
    return sorted({*globals(), *_HOME})
