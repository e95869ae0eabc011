"""LABELS: annotations become labels aligned to the notes of a score."""

from musebench.annotations.labels import IGNORE_LABEL
from musebench.annotations.spelling import spelling_labels

__all__ = ["IGNORE_LABEL", "spelling_labels"]
