"""LABELS: annotations become labels aligned to the notes of a score."""

from musebench.annotations.cadences import cadence_labels, phrase_labels
from musebench.annotations.dcml import Harmonies, read_harmonies
from musebench.annotations.labels import IGNORE_LABEL, AnnotationError, OnsetLabels
from musebench.annotations.roman_numerals import roman_numeral_labels
from musebench.annotations.spelling import spelling_labels

__all__ = [
    "IGNORE_LABEL",
    "AnnotationError",
    "Harmonies",
    "OnsetLabels",
    "cadence_labels",
    "phrase_labels",
    "read_harmonies",
    "roman_numeral_labels",
    "spelling_labels",
]
