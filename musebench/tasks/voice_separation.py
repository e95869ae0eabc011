"""Voice separation."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import count_voice_links, next_note_labels, twin_groups
from musebench.score import NoteTable
from musebench.tasks.task import Task, register_task


def twins_of_notes(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Group of exchangeable notes of each note; the metric treats them as one."""
    return {"twin": twin_groups(notes)}


VOICE_SEPARATION = Task(
    name="voice-separation",
    kind="link",
    heads={"next_note": ()},
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("link_f1",),
    metrics=("link_precision", "link_recall"),
    writes="voice",
    aliases=("voices",),
    read_labels=next_note_labels,
    read_context=twins_of_notes,
    read_counts=count_voice_links,
    meanings={
        "next_note": "index in the piece of the next note of the same part, -1 of its last one. "
        "A note of duration 0, and one of two or more that start together in one part (a double "
        "stop), has no label and is in no link; the chain of its part passes over it, from the "
        "last labelled note before it to the first one after it.",
    },
    pitfalls=(
        "Notes with the same onset, pitch and duration (twins: a unison of two parts) cannot be "
        "distinguished and count as one: a predicted link is correct if a true link leads from a "
        "twin of its first note to a twin of its second; each true link is used once. Links are "
        "compared one by one, so it does not matter which line continues as which after a unison.",
        "Recall counts all true links, including those that are not candidate pairs: over long "
        "rests, and to a note that starts before the first one ends.",
        "A predicted link counts in the precision if both its notes have a label, or a twin with "
        "one; links to and from other notes are left out.",
    ),
)

register_task(VOICE_SEPARATION)
