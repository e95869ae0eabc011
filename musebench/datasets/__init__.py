"""DATASET: boards as PyTorch Geometric datasets of score graphs."""

from typing import Any

from musebench.boards import find_board
from musebench.datasets.augmentednet import AugmentedNetRomanNumeral
from musebench.datasets.base import ScoreGraphDataset
from musebench.datasets.composer import DCMLComposer
from musebench.datasets.melody import LiederMelody
from musebench.datasets.onsets import (
    ChoralePhrase,
    DCMLCadence,
    DCMLPhrase,
    DCMLRomanNumeral,
)
from musebench.datasets.performance import ASAPPerformance
from musebench.datasets.pitch_spelling import ASAPPitchSpelling, ChoralePitchSpelling
from musebench.datasets.staff_separation import ASAPStaffSeparation
from musebench.datasets.voice_separation import ChoraleVoiceSeparation, DCMLVoiceSeparation

DATASETS: dict[str, type[ScoreGraphDataset]] = {
    "asap-pitch-spelling": ASAPPitchSpelling,
    "chorale-pitch-spelling": ChoralePitchSpelling,
    "dcml-cadence": DCMLCadence,
    "dcml-phrase": DCMLPhrase,
    "chorale-phrase": ChoralePhrase,
    "dcml-roman-numeral": DCMLRomanNumeral,
    "asap-staff-separation": ASAPStaffSeparation,
    "lieder-melody": LiederMelody,
    "dcml-composer": DCMLComposer,
    "augmentednet-roman-numeral": AugmentedNetRomanNumeral,
    "asap-performance": ASAPPerformance,
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
        InputError: If there is no such dataset.
    """
    return DATASETS[find_board(name).name](*args, **kwargs)


__all__ = [
    "DATASETS",
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
    "LiederMelody",
    "ScoreGraphDataset",
    "list_datasets",
    "load",
]
