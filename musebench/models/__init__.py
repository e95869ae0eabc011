"""MODEL: learned models, one file each, and rules.

A learned model is an encoder (graph -> note embeddings) and the heads of a task. A rule maps a note
table to predictions, by theory or by what it counts in the training split.

Rules need no torch, so the learned models are imported when they are first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from musebench.models.config import REFERENCE, Config, config_of, read_config
from musebench.models.pretrained import find_weights, pretrained
from musebench.models.rules import RULES, Rule, register_rule, rules_of

if TYPE_CHECKING:
    from musebench.models.encoder import ENCODERS, Encoder, register_model
    from musebench.models.score_model import ScoreModel

MODELS_VERSION = "1"  # raise it when the same run, of a rule or a model, predicts something else

WITH_TORCH = {
    "ENCODERS": "encoder",
    "Encoder": "encoder",
    "ScoreModel": "score_model",
    "register_model": "encoder",
}


def models_of(board: str) -> tuple[str, ...]:
    """Names of all models of a board, rules first."""
    from musebench.models.encoder import ENCODERS

    return (*rules_of(board), *ENCODERS)


def __getattr__(name: str) -> Any:
    """Import names that need torch when they are first used."""
    if name not in WITH_TORCH:
        msg = f"module 'musebench.models' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"musebench.models.{WITH_TORCH[name]}"), name)


__all__ = [
    "ENCODERS",
    "REFERENCE",
    "RULES",
    "Config",
    "Encoder",
    "Rule",
    "ScoreModel",
    "config_of",
    "find_weights",
    "models_of",
    "pretrained",
    "read_config",
    "register_model",
    "register_rule",
    "rules_of",
]
