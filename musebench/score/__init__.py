"""PARSE: a score file becomes a note table.

The only door to partitura, lxml and mido: what enters is a path or an address, what leaves is a
``NoteTable``.
"""

from musebench.score.augmentednet import AUGMENTEDNET_PARSER_VERSION, read_augmentednet
from musebench.score.dcml import DCML_PARSER_VERSION, DOUBLING_PART, read_dcml
from musebench.score.errors import ScoreError
from musebench.score.estimators import estimate_key, estimate_spelling, estimate_voices
from musebench.score.fermatas import FERMATAS_VERSION, read_fermatas
from musebench.score.match import MATCH_PARSER_VERSION, read_performances
from musebench.score.reader import PARSER_VERSION, read_score
from musebench.score.table import (
    BeatTable,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)

__all__ = [
    "AUGMENTEDNET_PARSER_VERSION",
    "DCML_PARSER_VERSION",
    "DOUBLING_PART",
    "FERMATAS_VERSION",
    "MATCH_PARSER_VERSION",
    "PARSER_VERSION",
    "BeatTable",
    "KeySignatureTable",
    "MeasureTable",
    "NoteTable",
    "PartTable",
    "ScoreError",
    "TimeSignatureTable",
    "estimate_key",
    "estimate_spelling",
    "estimate_voices",
    "read_augmentednet",
    "read_dcml",
    "read_fermatas",
    "read_performances",
    "read_score",
]
