"""Heads: they turn the embeddings of notes into predictions, by the kind of task."""

from musebench.models.heads.classes import ClassHeads, GraphHeads, NoteHeads, OnsetHeads
from musebench.models.heads.harmony import HarmonyHeads
from musebench.models.heads.links import LinkHeads as LinkHeads
from musebench.models.heads.links import assign as assign
from musebench.models.heads.numbers import NumberHeads
from musebench.models.heads.spelling import SpellingHeads
from musebench.tasks import Task

Heads = ClassHeads | LinkHeads | NumberHeads

HEADS: dict[str, type[Heads]] = {  # by a task's decoding, or else by its kind
    "note": NoteHeads,
    "onset": OnsetHeads,
    "multi-head": OnsetHeads,
    "graph": GraphHeads,
    "link": LinkHeads,
    "regression": NumberHeads,
    "spelling": SpellingHeads,
    "harmony": HarmonyHeads,
}


def heads_of(task: Task, hidden: int) -> Heads:
    """Return new heads for a task, over embeddings of this size."""
    return HEADS[task.decoding or task.kind](hidden, task)
