"""TASKS: questions about scores, as declarations; one file a task."""

from musebench.tasks.onsets import CADENCE, PHRASE, ROMAN_NUMERAL
from musebench.tasks.pitch_spelling import PITCH_SPELLING
from musebench.tasks.task import MAX_SCORE, UNITS, Kind, Task

__all__ = [
    "CADENCE",
    "MAX_SCORE",
    "PHRASE",
    "PITCH_SPELLING",
    "ROMAN_NUMERAL",
    "UNITS",
    "Kind",
    "Task",
]
