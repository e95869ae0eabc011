"""The boards of voice separation."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import count_voice_links, next_note_labels, twin_groups
from musebench.boards.board import Board
from musebench.corpora import DCML_ENSEMBLES, MUSIC21_CHORALES
from musebench.score import NoteTable
from musebench.tasks import VOICE_SEPARATION


def twins_of_notes(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Group of exchangeable notes of each note: the metric counts them as one."""
    return {"twin": twin_groups(notes)}


VOICE_SEPARATION_BOARDS = (
    Board(
        name="chorale-voice-separation",
        dataset="ChoraleVoiceSeparation",
        corpus=MUSIC21_CHORALES,
        task=VOICE_SEPARATION,
        read_labels=next_note_labels,
        version="1.0",
        about="next note of the same voice, four-part Bach chorales",
        pitfalls=(
            "The voices rarely rest and rarely cross: nearly every next note starts where the "
            "note ends. A quick check, not a challenge.",
        ),
        read_context=twins_of_notes,
        read_counts=count_voice_links,
    ),
    Board(
        name="dcml-voice-separation",
        dataset="DCMLVoiceSeparation",
        corpus=DCML_ENSEMBLES,
        task=VOICE_SEPARATION,
        read_labels=next_note_labels,
        version="1.0",
        about="next note of the same part, Corelli's trio sonatas and Beethoven's string quartets",
        pitfalls=(
            "A part is an instrument. In places a quartet's player has two lines on one staff "
            "that do not start together; their notes form one chain in order of onset.",
            "Corelli's organ (staff 4) mostly doubles the violone (staff 3). Where both sound the "
            "same, the organ's note is left out; where it does not, its note is in the score and "
            "has no label, for what is left of this part is fragments, not a voice.",
            "Four in five notes are Beethoven's.",
        ),
        read_context=twins_of_notes,
        read_counts=count_voice_links,
    ),
)
