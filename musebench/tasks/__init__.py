"""TASKS: questions about scores, as declarations; one file a task."""

from musebench.tasks.augmentednet import AUGMENTEDNET_ROMAN_NUMERAL
from musebench.tasks.performance import PERFORMANCE
from musebench.tasks.pitch_spelling import PITCH_SPELLING
from musebench.tasks.task import UNITS, Kind, Task

__all__ = ["AUGMENTEDNET_ROMAN_NUMERAL", "PERFORMANCE", "PITCH_SPELLING", "UNITS", "Kind", "Task"]
