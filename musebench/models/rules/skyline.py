"""Skyline: the melody is the highest sounding note."""

import heapq

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import MELODY_CLASSES
from musebench.models.rules.rule import Rule, register_rule
from musebench.score import NoteTable


@register_rule("skyline", "melody")
class Skyline(Rule):
    """Assigns a note to the melody if nothing higher sounds when it begins.

    A note sounds from its onset to just before its end. A note of duration 0 does not sound, so it
    hides no other note, but it is itself compared with what sounds. If several notes are equally
    high and begin together, all are taken: only the order of the parts distinguishes them.

    Source:
        Uitdenbogerd and Zobel, "Manipulation of Music for Melody Matching", ACM Multimedia 1998:
        the algorithm that keeps the highest of the notes that begin together, here with the notes
        held over from before.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``melody``."""
        voice, accompaniment = (MELODY_CLASSES.index(n) for n in ("voice", "accompaniment"))
        taken = notes.pitch >= _highest_sounding(notes)
        return {"melody": np.where(taken, voice, accompaniment).astype(np.int64)}


def _highest_sounding(notes: NoteTable) -> NDArray[np.int64]:
    """Pitch of the highest note that sounds at the onset of each note, -1 if none does.

    Returns:
        Shape ``(num_notes,)``, int64.
    """
    onset, pitch = notes.onset_div.tolist(), notes.pitch.tolist()
    offset = (notes.onset_div + notes.duration_div).tolist()
    starts = np.flatnonzero(np.diff(notes.onset_div, prepend=-1)).tolist()
    highest = np.full(len(notes), -1, dtype=np.int64)
    sounding: list[tuple[int, int]] = []  # (-pitch, offset), the highest first
    for begin, end in zip(starts, [*starts[1:], len(onset)], strict=True):
        for i in range(begin, end):
            heapq.heappush(sounding, (-pitch[i], offset[i]))
        while sounding and sounding[0][1] <= onset[begin]:
            heapq.heappop(sounding)
        if sounding:
            highest[begin:end] = -sounding[0][0]
    return highest
