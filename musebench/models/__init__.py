"""MODEL: learned models, one file each, and rules.

A learned model is an encoder (graph -> note embeddings) and the heads of a task. A rule maps a note
table to predictions, by theory or by what it counts in the training split.

Rules need no torch, so the learned models are imported when they are first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from musebench.models.config import REFERENCE as REFERENCE
from musebench.models.config import Config as Config
from musebench.models.config import config_of as config_of
from musebench.models.config import read_config as read_config
from musebench.models.pretrained import find_weights as find_weights
from musebench.models.pretrained import pretrained as pretrained
from musebench.models.released import CODE_LICENSE as CODE_LICENSE
from musebench.models.released import Weights as Weights
from musebench.models.released import find_released as find_released
from musebench.models.released import write_weights as write_weights
from musebench.models.rules import RULES as RULES
from musebench.models.rules import Classes as Classes
from musebench.models.rules import MostFrequent as MostFrequent
from musebench.models.rules import Rule as Rule
from musebench.models.rules import register_rule as register_rule
from musebench.models.rules import rules_of as rules_of
from musebench.models.trees import Shortcut as Shortcut
from musebench.models.trees import Trees as Trees
from musebench.models.trees import TreeSettings as TreeSettings
from musebench.models.trees import has_thresholds as has_thresholds

if TYPE_CHECKING:
    from musebench.boards import Board
    from musebench.models.encoder import ENCODERS as ENCODERS
    from musebench.models.encoder import Encoder as Encoder
    from musebench.models.encoder import register_model as register_model
    from musebench.models.joint_model import JointModel as JointModel
    from musebench.models.score_model import ScoreModel as ScoreModel

MODELS_VERSION = "2"  # raise it when the same run, of a rule or a model, predicts something else

WITH_TORCH = {
    "assign": "heads",
    "ENCODERS": "encoder",
    "Encoder": "encoder",
    "JointModel": "joint_model",
    "ScoreModel": "score_model",
    "register_model": "encoder",
}


def models_of(board: "str | Board") -> tuple[str, ...]:
    """Names of all models of a board, or of what is like one, rules first."""
    from musebench.models.encoder import ENCODERS

    return (*rules_of(board), *ENCODERS)


def __getattr__(name: str) -> Any:
    """Import names that need torch when they are first used."""
    if name not in WITH_TORCH:
        msg = f"module 'musebench.models' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"musebench.models.{WITH_TORCH[name]}"), name)
