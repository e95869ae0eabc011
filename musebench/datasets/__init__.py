"""DATASET: boards as PyTorch Geometric datasets of score graphs."""

from typing import Any

from musebench.boards import find_board
from musebench.datasets.augmentednet import AugmentedNetRomanNumeral
from musebench.datasets.base import ScoreGraphDataset
from musebench.datasets.performance import ASAPPerformance
from musebench.datasets.pitch_spelling import ASAPPitchSpelling, ChoralePitchSpelling

DATASETS: dict[str, type[ScoreGraphDataset]] = {
    "asap-pitch-spelling": ASAPPitchSpelling,
    "chorale-pitch-spelling": ChoralePitchSpelling,
    "augmentednet-roman-numeral": AugmentedNetRomanNumeral,
    "asap-performance": ASAPPerformance,
}


def list_datasets() -> list[str]:
    """Names of all datasets, as ``load`` takes them."""
    return list(DATASETS)


def load(name: str, *args: Any, **kwargs: Any) -> ScoreGraphDataset:
    """Load a dataset by the name of its board.

    Args:
        name: One of ``list_datasets()``, for example ``asap-pitch-spelling``.
        args: Further arguments of its class.
        kwargs: Further arguments of its class.

    Raises:
        ValueError: If there is no such dataset.
    """
    return DATASETS[find_board(name).name](*args, **kwargs)


__all__ = [
    "DATASETS",
    "ASAPPerformance",
    "ASAPPitchSpelling",
    "AugmentedNetRomanNumeral",
    "ChoralePitchSpelling",
    "ScoreGraphDataset",
    "list_datasets",
    "load",
]
