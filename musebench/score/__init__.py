"""PARSE: a score file becomes a note table.

The only door to partitura: what enters is a path, what leaves is a ``NoteTable``.
"""

from musebench.score.estimators import estimate_key, estimate_spelling
from musebench.score.reader import PARSER_VERSION, ScoreError, read_score
from musebench.score.table import (
    BeatTable,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)

__all__ = [
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
    "read_score",
]
