"""Line of fifths: notes near in time are spelled near on it; no training, no key signature."""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.models.rules.rule import Rule, nearest_spelling, register_rule
from musebench.score import NoteTable

# Both values, out of 2, 4, 8, 16, 32 and -3, -4, spell ASAP's training split best.
DECAY_QUARTER = 16.0  # quarter notes after which a note weighs 1/e
LOWEST_CENTRE = -4  # centres from A flat to C sharp: keys of six flats to five sharps
GRACE_QUARTER = 0.125  # weight of a note of duration 0


@register_rule("line-of-fifths", "pitch-spelling")
class LineOfFifths(Rule):
    """Spells each note nearest to the centre of its surroundings on the line of fifths.

    The surroundings of an onset are all notes of the score, weighted by duration and by
    ``exp(-distance / DECAY_QUARTER)``, before and after. Their centre is the place on the line of
    fifths with the smallest squared distance to them, each at its nearest spelling. Centres 12
    fifths apart sound alike; the one from A flat to C sharp is taken.

    Source:
        After Temperley, "The Cognition of Basic Musical Structures", MIT Press 2001, chapter 5
        (near events are spelled near on the line of fifths), and Chew and Chen, "Real-Time Pitch
        Spelling Using the Spiral Array", Computer Music Journal 29, 2005 (centre of effect of a
        window).
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict ``spelling``."""
        place = (7 * notes.pitch) % pitch.ENHARMONIC  # up to multiples of 12 fifths
        weight = _surroundings(notes, place)
        centre = np.arange(LOWEST_CENTRE, LOWEST_CENTRE + pitch.ENHARMONIC)
        distance = (np.arange(pitch.ENHARMONIC)[:, None] - centre + 5) % pitch.ENHARMONIC - 5
        chosen = centre[(weight @ distance**2).argmin(axis=1)]
        return {"spelling": nearest_spelling(notes.pitch, chosen[notes.onset_index])}


def _surroundings(notes: NoteTable, place: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of each of the 12 places around each onset. Shape ``(num_onsets, 12)``."""
    onset, group = np.unique(notes.onset_quarter, return_inverse=True)
    own = np.zeros((len(onset), pitch.ENHARMONIC))
    np.add.at(own, (group, place), np.maximum(notes.duration_quarter, GRACE_QUARTER))
    fading = np.exp(-np.diff(onset) / DECAY_QUARTER)
    before, after = own.copy(), own.copy()
    for i, factor in enumerate(fading, start=1):
        before[i] += factor * before[i - 1]
    for i in range(len(fading) - 1, -1, -1):
        after[i] += fading[i] * after[i + 1]
    return before + after - own
