"""LABELS: annotations become labels aligned to the notes of a score."""

from musebench.annotations.augmentednet import read_augmentednet_labels
from musebench.annotations.cadences import cadence_labels, phrase_labels
from musebench.annotations.dcml import Harmonies, read_harmonies
from musebench.annotations.fermatas import read_fermata_labels
from musebench.annotations.formats import FORMATS, Format, Reading, register_format
from musebench.annotations.labels import COUNTS, IGNORE_LABEL, OnsetLabels
from musebench.annotations.melody import MELODY_CLASSES, melody_labels, reason_without_melody
from musebench.annotations.performance import performance_labels
from musebench.annotations.reader import ANNOTATIONS, ANNOTATIONS_VERSION, read_annotations
from musebench.annotations.roman_numerals import roman_numeral_labels
from musebench.annotations.spelling import spelling_labels
from musebench.annotations.staves import STAVES, count_staff_twins, count_staves, staff_labels
from musebench.annotations.voices import (
    CANDIDATE_GROUPS,
    CANDIDATE_MEASURES,
    are_candidates,
    count_voice_links,
    follow_chains,
    has_next_note_label,
    next_note_labels,
    twin_groups,
    window_div,
)

__all__ = [
    "ANNOTATIONS",
    "ANNOTATIONS_VERSION",
    "CANDIDATE_GROUPS",
    "CANDIDATE_MEASURES",
    "COUNTS",
    "FORMATS",
    "IGNORE_LABEL",
    "MELODY_CLASSES",
    "STAVES",
    "Format",
    "Harmonies",
    "OnsetLabels",
    "Reading",
    "are_candidates",
    "cadence_labels",
    "count_staff_twins",
    "count_staves",
    "count_voice_links",
    "follow_chains",
    "has_next_note_label",
    "melody_labels",
    "next_note_labels",
    "performance_labels",
    "phrase_labels",
    "read_annotations",
    "read_augmentednet_labels",
    "read_fermata_labels",
    "read_harmonies",
    "reason_without_melody",
    "register_format",
    "roman_numeral_labels",
    "spelling_labels",
    "staff_labels",
    "twin_groups",
    "window_div",
]
