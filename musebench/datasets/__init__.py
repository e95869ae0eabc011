"""DATASET: boards as PyTorch Geometric datasets of score graphs."""

from typing import Any

from musebench.boards import find_board
from musebench.datasets.base import ScoreGraphDataset
from musebench.datasets.pitch_spelling import ASAPPitchSpelling, ChoralePitchSpelling
from musebench.datasets.voice_separation import ChoraleVoiceSeparation, DCMLVoiceSeparation

DATASETS: dict[str, type[ScoreGraphDataset]] = {
    "asap-pitch-spelling": ASAPPitchSpelling,
    "chorale-pitch-spelling": ChoralePitchSpelling,
    "chorale-voice-separation": ChoraleVoiceSeparation,
    "dcml-voice-separation": DCMLVoiceSeparation,
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
    "ASAPPitchSpelling",
    "ChoralePitchSpelling",
    "ChoraleVoiceSeparation",
    "DCMLVoiceSeparation",
    "ScoreGraphDataset",
    "list_datasets",
    "load",
]
