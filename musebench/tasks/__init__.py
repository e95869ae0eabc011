"""TASKS: what is predicted about scores, as declarations.

``TASKS["pitch-spelling"]`` is a task by its name; the name in capitals, ``PITCH_SPELLING``, can be
imported, too.
"""

from musebench.tasks.task import MAX_SCORE, TASKS, UNITS, Kind, Place, Task, register_task


def __getattr__(name: str) -> Task:
    """A task by its name in capitals."""
    return TASKS.by_constant(__name__, name)


__all__ = ["MAX_SCORE", "TASKS", "UNITS", "Kind", "Place", "Task", "register_task"]
