"""LABELS: annotations become labels aligned to the notes of a score."""

from musebench.annotations.augmentednet import read_augmentednet_labels
from musebench.annotations.cadences import cadence_labels, phrase_labels
from musebench.annotations.dcml import Harmonies, read_harmonies
from musebench.annotations.labels import COUNTS, IGNORE_LABEL, AnnotationError, OnsetLabels
from musebench.annotations.performance import performance_labels
from musebench.annotations.reader import ANNOTATIONS, ANNOTATIONS_VERSION, read_annotations
from musebench.annotations.roman_numerals import roman_numeral_labels
from musebench.annotations.spelling import spelling_labels

__all__ = [
    "ANNOTATIONS",
    "ANNOTATIONS_VERSION",
    "COUNTS",
    "IGNORE_LABEL",
    "AnnotationError",
    "Harmonies",
    "OnsetLabels",
    "cadence_labels",
    "performance_labels",
    "phrase_labels",
    "read_annotations",
    "read_augmentednet_labels",
    "read_harmonies",
    "roman_numeral_labels",
    "spelling_labels",
]
