"""TASKS: questions about scores, as declarations; one file a task."""

from musebench.tasks.pitch_spelling import PITCH_SPELLING
from musebench.tasks.task import UNITS, Kind, Task
from musebench.tasks.voice_separation import VOICE_SEPARATION

__all__ = ["PITCH_SPELLING", "UNITS", "VOICE_SEPARATION", "Kind", "Task"]
