"""PARSE: a score file becomes a note table.

The only door to partitura, lxml and mido: what enters is a path or an address, what leaves is a
``NoteTable``.
"""

from musebench.score.dcml import DCML_PARSER_VERSION, DOUBLING_PART, read_dcml
from musebench.score.errors import ScoreError
from musebench.score.estimators import estimate_key, estimate_spelling, estimate_voices
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
    "DCML_PARSER_VERSION",
    "DOUBLING_PART",
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
    "read_dcml",
    "read_score",
]
