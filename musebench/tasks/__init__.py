"""TASKS: questions about scores, as declarations; one file a task."""

from musebench.tasks.composer import COMPOSER
from musebench.tasks.melody import MELODY
from musebench.tasks.pitch_spelling import PITCH_SPELLING
from musebench.tasks.staff_separation import STAFF_SEPARATION
from musebench.tasks.task import UNITS, Kind, Task

__all__ = ["COMPOSER", "MELODY", "PITCH_SPELLING", "STAFF_SEPARATION", "UNITS", "Kind", "Task"]
