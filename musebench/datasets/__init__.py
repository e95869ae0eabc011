"""DATASET: boards as PyTorch Geometric datasets of score graphs.

The class of each board's dataset is a name of this module, such as ``ASAPPitchSpelling``.
"""

from typing import TYPE_CHECKING, Any

from musebench.boards import BOARDS, find_board
from musebench.datasets import classes
from musebench.datasets.base import ScoreGraphDataset as ScoreGraphDataset
from musebench.datasets.classes import dataset_class as dataset_class
from musebench.datasets.pdmx import PdmxBuild as PdmxBuild
from musebench.datasets.pdmx import build_pdmx as build_pdmx
from musebench.datasets.score_folder import ScoreFolder as ScoreFolder
from musebench.datasets.statistics import dataset_statistics as dataset_statistics

if TYPE_CHECKING:
    from musebench.datasets.classes import *  # noqa: F403


def list_datasets() -> list[str]:
    """Names of all datasets, as ``load`` takes them."""
    return list(BOARDS)


def load(name: str, *args: Any, **kwargs: Any) -> ScoreGraphDataset:
    """Load a dataset by the name of its board.

    Args:
        name: One of ``list_datasets()``, for example ``asap-pitch-spelling``.
        args: Further arguments of its class.
        kwargs: Further arguments of its class.

    Raises:
        InputError: If there is no such dataset.
    """
    return dataset_class(find_board(name))(*args, **kwargs)


def __getattr__(name: str) -> Any:
    """The class of a dataset by its name; all names, for ``from ... import *`` and the docs."""
    if name == "__all__":
        return [
            *("PdmxBuild", "ScoreFolder", "ScoreGraphDataset"),
            *("build_pdmx", "dataset_class", "list_datasets", "load"),
            *(board.dataset for board in BOARDS.values()),
        ]
    return getattr(classes, name)


def __dir__() -> list[str]:
    """Names for completion."""
    return sorted({*globals(), *__getattr__("__all__")})
