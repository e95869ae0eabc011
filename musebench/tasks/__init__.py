"""TASKS: questions about scores, as declarations; one file a task."""

from musebench.tasks.augmentednet import AUGMENTEDNET_ROMAN_NUMERAL
from musebench.tasks.composer import COMPOSER
from musebench.tasks.melody import MELODY
from musebench.tasks.onsets import CADENCE, PHRASE, ROMAN_NUMERAL
from musebench.tasks.performance import PERFORMANCE
from musebench.tasks.pitch_spelling import PITCH_SPELLING
from musebench.tasks.staff_separation import STAFF_SEPARATION
from musebench.tasks.task import MAX_SCORE, UNITS, Kind, Place, Task
from musebench.tasks.voice_separation import VOICE_SEPARATION

__all__ = [
    "AUGMENTEDNET_ROMAN_NUMERAL",
    "CADENCE",
    "COMPOSER",
    "MAX_SCORE",
    "MELODY",
    "PERFORMANCE",
    "PHRASE",
    "PITCH_SPELLING",
    "ROMAN_NUMERAL",
    "STAFF_SEPARATION",
    "UNITS",
    "VOICE_SEPARATION",
    "Kind",
    "Place",
    "Task",
]
