"""A rule."""

from musebench.models import Rule, register_rule
from musebench_toys.board import top_labels


@register_rule("last-of-onset", "toy-top")
class LastOfOnset(Rule):
    """Calls the last note of each onset group the highest."""

    def __call__(self, notes):
        """Predict ``top``."""
        return top_labels(notes)
