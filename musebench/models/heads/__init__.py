"""Heads: they turn the embeddings of notes into predictions, by the kind of task."""

from collections.abc import Mapping
from typing import Any

from musebench.models.heads.classes import ClassHeads, GraphHeads, OnsetHeads
from musebench.models.heads.classes import NoteHeads as NoteHeads
from musebench.models.heads.harmony import HarmonyHeads
from musebench.models.heads.links import LinkHeads as LinkHeads
from musebench.models.heads.links import Pairs as Pairs
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


def heads_of(task: Task, hidden: int, own: Mapping[str, type[Any]]) -> Heads:
    """Return new heads for a task, over embeddings of this size.

    Args:
        task: The task.
        hidden: Size of the embeddings.
        own: Heads of a model that replace those of ``HEADS``.
    """
    heads: Heads = {**HEADS, **own}[task.decoding or task.kind](hidden, task)
    return heads
