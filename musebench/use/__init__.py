"""USE: a model on anyone's score, the result as a table or written into the score."""

from musebench.use.applied import Applied
from musebench.use.solve import apply

__all__ = ["Applied", "apply"]
