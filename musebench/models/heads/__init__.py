"""Heads: what turns the embeddings of notes into the predictions of a task, by its kind."""

from musebench.models.heads.classes import ClassHeads, GraphHeads, NoteHeads, OnsetHeads
from musebench.models.heads.harmony import HarmonyHeads
from musebench.models.heads.links import LinkHeads
from musebench.models.heads.numbers import NumberHeads
from musebench.models.heads.spelling import SpellingHeads
from musebench.tasks import Task

Heads = ClassHeads | LinkHeads | NumberHeads

BY_KIND: dict[str, type[Heads]] = {
    "note": NoteHeads,
    "onset": OnsetHeads,
    "multi-head": HarmonyHeads,
    "graph": GraphHeads,
    "link": LinkHeads,
    "regression": NumberHeads,
}


def heads_of(task: Task, hidden: int) -> Heads:
    """Return new heads for a task, over embeddings of this size."""
    if task.name == "pitch-spelling":
        return SpellingHeads(hidden, task)
    return BY_KIND[task.kind](hidden, task)


__all__ = ["Heads", "heads_of"]
