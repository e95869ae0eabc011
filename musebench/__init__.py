"""Benchmark datasets, samplers and baselines for graph learning on symbolic music.

The path of the data, one module per station::

    shown                   how an object shows itself
    registry                lists of declarations that other packages can add to
    corpora      DOWNLOAD   pinned files of published corpora
    score        PARSE      score file -> note table -> score file
    duplicates              the same music twice, in any key
    annotations  LABELS     labels aligned to notes
    features                note table -> node features, by a whitelist per task
    tasks                   what is predicted
    splits                  which piece is for training, validation, test
    boards                  corpus x task x version
    errata                  what is known to be wrong in the corpora
    store        STORE      note tables on disk
    evaluation   EVALUATE   predictions -> metrics
    card                    what is in a board, in words and numbers
    plots        SEE        pictures of runs, predictions and boards
    graph        GRAPH      note table -> HeteroData (torch begins here)
    datasets     DATASET    boards as PyTorch Geometric datasets
    loader       LOADER     windows of scores with their neighbourhoods, as mini-batches
    models       MODEL      reference models and rule baselines
    train                   the training loop behind published numbers
    symmetry                changed scores, and predictions that flip
    applied      APPLY      a model applied to any score
    see          SEE        score and graph, predictions and errors as pages and pictures
    cli                     all of it from the command line

Names are loaded when they are first used: ``import musebench`` imports neither torch nor pandas nor
numpy.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The class of each board's dataset is a public name too, such as ``ASAPPitchSpelling``.
# ``__init__.pyi`` declares all of them for editors and type checkers; ``tools/write_derived.py``
# writes it.
HOMES = {
    "BOARDS": "musebench.boards",
    "Evaluator": "musebench.evaluation",
    "MuseNeighborLoader": "musebench.loader",
    "ScoreFolder": "musebench.datasets",
    "ScoreGraph": "musebench.graph",
    "annotate": "musebench.applied",
    "apply": "musebench.applied",
    "build_graph": "musebench.graph",
    "candidate_pairs": "musebench.graph",
    "from_pretrained": "musebench.train",
    "list_datasets": "musebench.datasets",
    "load": "musebench.datasets",
    "read_score": "musebench.score",
    "view": "musebench.see",
    "write_score": "musebench.score",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name == "__all__":
        return [*HOMES, *_datasets(), "__version__"]
    if name not in HOMES and not (name[:1].isupper() and name in _datasets()):
        msg = f"module 'musebench' has no attribute {name!r}"
        if name[:1].isupper():  # others are asked for whenever a module is imported
            hint = import_module("musebench.registry").what_there_is(name, [*HOMES, *_datasets()])
            msg = f"{msg}; {hint}"
        raise AttributeError(msg)
    return getattr(import_module(HOMES.get(name, "musebench.datasets")), name)


def __dir__() -> list[str]:
    """Names for completion."""
    return sorted({*globals(), *HOMES, *_datasets()})


def _datasets() -> list[str]:
    """Names of the classes of all boards' datasets."""
    boards = import_module("musebench.boards").BOARDS
    return [board.dataset for board in boards.values()]
