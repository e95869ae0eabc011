"""MODEL: learned models, one file each, and the rule baselines beside them.

A learned model is an encoder (graph -> note embeddings) and the heads of a task. A rule baseline
maps a note table to predictions, by theory or by what it counts in the training split.

Rules need no torch, so the learned models are imported when they are first named.
"""

from typing import TYPE_CHECKING, Any

from musebench.boards import find_board
from musebench.models.bass_cadences import BassCadences
from musebench.models.config import Config, read_config
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
from musebench.tasks import TASKS

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
    "cadence": {"majority": MostFrequent(TASKS["cadence"]), "v-i-bass": BassCadences()},
    "phrase": {"rests": Rests(), "long-notes": LocalBoundaries()},
    "roman-numeral": {
        "majority": MostFrequent(TASKS["roman-numeral"]),
        "template-chords": TemplateChords(),
    },
    "staff-separation": {
        "majority": MostFrequent(TASKS["staff-separation"]),
        "pitch-60": MiddleC(),
    },
    "melody": {"majority": MostFrequent(TASKS["melody"]), "skyline": Skyline()},
    "composer": {
        "majority": MostFrequent(TASKS["composer"]),
        "pitch-class-profile": PitchClassProfile(),
    },
    "augmentednet-roman-numeral": {
        "majority": MostFrequent(TASKS["augmentednet-roman-numeral"]),
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
    "find_weights",
    "models_of",
    "pretrained",
    "read_config",
    "rules_of",
]
