"""Which scores have parts that are voices, for the boards of voice separation."""

import numpy as np

from musebench.annotations import has_next_note_label
from musebench.score import NoteTable

# The quartet movement with most double stops, op. 127 no. 1 of the Annotated Beethoven Corpus, has
# 76 %; keyboard parts and realised basses have less.
LEAST_SHARE = 0.75


def reason_without_voices(notes: NoteTable) -> str:
    """Why the parts of a score are no voices; empty if they are.

    Parts are voices if at least ``LEAST_SHARE`` of the notes are labelled: they last, and start
    alone in their part.
    """
    if len(np.unique(notes.part)) < 2:
        return "one part"
    share = has_next_note_label(notes).mean()
    if share < LEAST_SHARE:
        return f"only {share:.0%} start alone in their part, not {LEAST_SHARE:.0%}"
    return ""
