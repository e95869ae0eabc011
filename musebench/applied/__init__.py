"""APPLY: apply a model to any score, with the result as a table or written into the score."""

from musebench.applied.apply_model import apply
from musebench.applied.result import Applied

__all__ = ["Applied", "apply"]
