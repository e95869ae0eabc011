"""A metric."""

from musebench.evaluation import register_metric, share_of


@register_metric("top_accuracy")
def top_accuracy(notes):
    """The share of the highest notes that are found."""
    target = notes.target["top"]
    return share_of(notes, notes.prediction["top"] == 1, target == 1)
