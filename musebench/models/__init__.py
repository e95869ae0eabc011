"""MODEL: learned models, one file each, and the rule baselines beside them.

A learned model is an encoder (graph -> note embeddings) and the heads of a task. A rule baseline
maps a note table to predictions, by theory or by what it counts in the training split.

Rules need no torch, so the learned models are imported when they are first named.
"""

from typing import TYPE_CHECKING, Any

from musebench.boards import find_board
from musebench.models.bass_cadences import BassCadences
from musebench.models.config import Config, config_of, read_config
from musebench.models.estimate_voices import EstimateVoices
from musebench.models.krumhansl import Krumhansl
from musebench.models.line_of_fifths import LineOfFifths
from musebench.models.majority import Majority
from musebench.models.middle_c import MiddleC
from musebench.models.most_frequent import MostFrequent
from musebench.models.nearest_pitch import NearestPitch
from musebench.models.performance_rules import ConstantPerformance, ScoreMean
from musebench.models.phrase_rules import LocalBoundaries, Rests
from musebench.models.pitch_class_profile import PitchClassProfile
from musebench.models.pretrained import find_weights, pretrained
from musebench.models.ps13s1 import Ps13s1
from musebench.models.rule import Rule
from musebench.models.skyline import Skyline
from musebench.models.template_chords import TemplateChords
from musebench.models.template_chords_augmentednet import AugmentedNetChords
from musebench.tasks import (
    AUGMENTEDNET_ROMAN_NUMERAL,
    CADENCE,
    COMPOSER,
    MELODY,
    ROMAN_NUMERAL,
    STAFF_SEPARATION,
)

if TYPE_CHECKING:
    from musebench.models.score_model import ENCODERS, ScoreModel

MODELS_VERSION = "1"  # raise it when the same run, of a rule or a model, predicts otherwise

RULES: dict[str, dict[str, Rule]] = {  # by task
    "pitch-spelling": {
        "majority": Majority(),
        "krumhansl": Krumhansl(),
        "line-of-fifths": LineOfFifths(),
        "ps13s1": Ps13s1(),
    },
    "cadence": {"majority": MostFrequent(CADENCE), "v-i-bass": BassCadences()},
    "phrase": {"rests": Rests(), "long-notes": LocalBoundaries()},
    "roman-numeral": {"majority": MostFrequent(ROMAN_NUMERAL), "template-chords": TemplateChords()},
    "staff-separation": {"majority": MostFrequent(STAFF_SEPARATION), "pitch-60": MiddleC()},
    "melody": {"majority": MostFrequent(MELODY), "skyline": Skyline()},
    "composer": {
        "majority": MostFrequent(COMPOSER),
        "pitch-class-profile": PitchClassProfile(),
    },
    "augmentednet-roman-numeral": {
        "majority": MostFrequent(AUGMENTEDNET_ROMAN_NUMERAL),
        "template-chords": AugmentedNetChords(),
    },
    "performance": {"constant": ConstantPerformance(), "score-mean": ScoreMean()},
    "voice-separation": {"nearest-pitch": NearestPitch(), "estimate-voices": EstimateVoices()},
}


def rules_of(board: str) -> dict[str, Rule]:
    """The rule baselines of a board, by name."""
    return RULES[find_board(board).task.name]


def models_of(board: str) -> tuple[str, ...]:
    """Names of all models of a board, rules first."""
    from musebench.models.score_model import ENCODERS

    return (*rules_of(board), *ENCODERS)


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first used."""
    if name not in {"ENCODERS", "ScoreModel"}:
        msg = f"module 'musebench.models' has no attribute {name!r}"
        raise AttributeError(msg)
    from musebench.models import score_model

    return getattr(score_model, name)


__all__ = [
    "ENCODERS",
    "RULES",
    "Config",
    "Rule",
    "ScoreModel",
    "config_of",
    "find_weights",
    "models_of",
    "pretrained",
    "read_config",
    "rules_of",
]
