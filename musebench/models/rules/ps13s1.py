"""ps13s1: the rule baseline for pitch spelling; no training, no key signature.

Letters are counted upwards from A (*morphs*, 0 to 6), pitch classes as semitones above A
(*chromas*, 0 to 11). A *tonic* is a chroma together with its letter.
"""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.models.rules.rule import Rule, register_rule
from musebench.score import NoteTable

NOTES_BEFORE, NOTES_AFTER = 10, 40  # Meredith's best context; NOTES_AFTER counts the note itself
LETTERS = "ABCDEFG"
MIDI_PITCH_OF_A = 21  # the lowest A of a piano
NUM_CHROMAS = 12
FIRST_MORPH = np.array([0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6])  # letter of a score's first note
SCALE_MORPH = np.array([0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6])  # letters from tonic up to a note

Ints = NDArray[np.int64]


@register_rule("ps13s1", "pitch-spelling")
class Ps13s1(Rule):
    """Spells the notes of a score by stage 1 of ps13.

    Notes are sorted by onset and pitch. Each chroma is a possible tonic: its letter is chosen so
    that the first note of the score belongs to the tonic's harmonic chromatic scale, and it gives
    each note the letter of that scale. A tonic has one vote for each note of its chroma around the
    note: the ``NOTES_BEFORE`` before it, itself and the ``NOTES_AFTER - 1`` after it. The letter
    with the most votes wins; in a tie, the lowest.

    Source:
        Meredith, "The ps13 Pitch Spelling Algorithm", Journal of New Music Research 35, 2006:
        stage 1 (ps13s1), with 10 notes before and 40 after, as in partitura.
    """

    def __call__(self, notes: NoteTable) -> dict[str, Ints]:
        """Predict ``spelling``; more than two accidentals are respelled with fewer."""
        order = np.lexsort((notes.pitch, notes.onset_div))
        morph = np.empty(len(notes), dtype=np.int64)
        morph[order] = _morphs((notes.pitch[order] - MIDI_PITCH_OF_A) % NUM_CHROMAS)
        natural = np.array([pitch.STEP_TO_TPC[letter] for letter in LETTERS])[morph]
        return {"spelling": pitch.spelling_class(natural + 7 * _alterations(notes.pitch, natural))}


def _morphs(chroma: Ints) -> Ints:
    """Letter of each note from the chromas of all. Shape ``(num_notes,)``."""
    note = np.arange(len(chroma))
    tonics = np.arange(NUM_CHROMAS)
    tonic_morph = FIRST_MORPH[chroma[:1]] - SCALE_MORPH[(chroma[:1] - tonics) % NUM_CHROMAS]
    votes = np.zeros((len(chroma), len(LETTERS)), dtype=np.int64)
    for tonic, count in enumerate(_counts_around(chroma)):
        scale = SCALE_MORPH[(chroma - tonic) % NUM_CHROMAS]
        votes[note, (scale + tonic_morph[tonic]) % len(LETTERS)] += count
    morph: Ints = votes.argmax(axis=1)
    return morph


def _counts_around(chroma: Ints) -> Ints:
    """How often each chroma occurs around each note. Shape ``(NUM_CHROMAS, num_notes)``."""
    size = len(chroma)
    until = np.zeros((NUM_CHROMAS, size + 1), dtype=np.int64)
    np.cumsum(chroma == np.arange(NUM_CHROMAS)[:, np.newaxis], axis=1, out=until[:, 1:])
    first = np.maximum(np.arange(size) - NOTES_BEFORE, 0)
    return until[:, np.minimum(np.arange(size) + NOTES_AFTER, size)] - until[:, first]


def _alterations(midi_pitch: Ints, natural: Ints) -> Ints:
    """Semitones from the nearest natural of each letter, a place on the line of fifths, to it."""
    return (midi_pitch - pitch.tpc_to_pitch_class(natural) + 6) % NUM_CHROMAS - 6
