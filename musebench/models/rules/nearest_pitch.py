"""nearest-pitch: a simple rule baseline for voice separation; no training."""

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import window_div
from musebench.models.rules.rule import Rule, register_rule
from musebench.score import NoteTable

Ints = NDArray[np.int64]

NUM_PITCHES = 128  # larger than any distance


@register_rule("nearest-pitch", "voice-separation")
class NearestPitch(Rule):
    """Links each note to the nearest next one in pitch, one to one.

    The onset groups are taken in order. At each, the notes that have ended (at most two measures of
    their time signature ago) and have no next note yet are assigned to the notes that start. The
    assignment has the most links; in a tie, the fewest links across a rest, then the smallest sum
    of distances in semitones, then the smallest sum of their squares, so that lines cross least.
    Notes of duration 0 are in no link.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``next_note``."""
        following = np.full(len(notes), -1, dtype=np.int64)
        end = notes.onset_div + notes.duration_div
        last_chance = end + window_div(notes)
        lasting = np.flatnonzero(notes.duration_div > 0)
        _, starts = np.unique(notes.onset_div[lasting], return_index=True)
        open_notes = np.zeros(0, dtype=np.int64)  # notes that started and have no next note yet
        for starting in np.split(lasting, starts[1:]):
            now = notes.onset_div[starting[:1]]
            open_notes = open_notes[last_chance[open_notes] >= now]
            waiting = open_notes[end[open_notes] <= now]
            distance = np.abs(notes.pitch[waiting, np.newaxis] - notes.pitch[starting])
            rows, columns = _assign(distance, end[waiting] < now)
            following[waiting[rows]] = starting[columns]
            open_notes = np.concatenate([open_notes[following[open_notes] < 0], starting])
        return {"next_note": following}


def _assign(distance: Ints, rested: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Rows and columns of the cheapest assignment; each term outweighs the sum of the next."""
    from scipy.optimize import linear_sum_assignment

    num_links = 1 + len(rested)
    cost = distance + distance**2 / (num_links * NUM_PITCHES**2)
    rows, columns = linear_sum_assignment(cost + num_links * NUM_PITCHES * rested[:, np.newaxis])
    return rows, columns
