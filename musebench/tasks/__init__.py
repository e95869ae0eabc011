"""TASKS: what is predicted about scores, as declarations.

``TASKS["pitch-spelling"]`` is a task by its name; the name in capitals, ``PITCH_SPELLING``, can be
imported, too.
"""

from musebench.tasks.labels import NUMBERS as NUMBERS
from musebench.tasks.labels import check_labels as check_labels
from musebench.tasks.labels import labels_as_declared as labels_as_declared
from musebench.tasks.task import TASKS as TASKS
from musebench.tasks.task import UNITS as UNITS
from musebench.tasks.task import Kind as Kind
from musebench.tasks.task import Place as Place
from musebench.tasks.task import Task as Task
from musebench.tasks.task import no_columns as no_columns
from musebench.tasks.task import register_task as register_task


def __getattr__(name: str) -> Task:
    """A task by its name in capitals."""
    return TASKS.by_constant(__name__, name)
