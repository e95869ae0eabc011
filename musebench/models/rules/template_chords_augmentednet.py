"""Template chords: the chord type that best fits the sounding notes, in one key per piece."""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import AUGMENTEDNET_HEADS, SCALES
from musebench.models.rules.rule import Rule, register_rule
from musebench.models.sounding import chroma_at_onsets, sounding_notes
from musebench.score import NoteTable, estimate_key

# Semitones above the root, the most frequent in tonal music first.
TEMPLATES = {
    "major triad": (0, 4, 7),
    "dominant seventh chord": (0, 4, 7, 10),
    "minor triad": (0, 3, 7),
    "diminished seventh chord": (0, 3, 6, 9),
    "diminished triad": (0, 3, 6),
    "minor seventh chord": (0, 3, 7, 10),
    "half-diminished seventh chord": (0, 3, 6, 10),
    "major seventh chord": (0, 4, 7, 11),
}
NAMES = tuple(TEMPLATES)
PENALTY = 1.0  # for a chord note that does not sound, and for a note outside the chord
BASS_BONUS = 0.1  # for a chord whose root is in the bass; it only breaks ties
ORDER_BONUS = 0.001  # for a chord type that comes before another


@register_rule("template-chords", "augmentednet-roman-numeral")
class AugmentedNetChords(Rule):
    """Finds at each onset the chord that has most of the sounding pitch classes and few others.

    A chord scores 1 for each of its pitch classes that sounds, -1 for each that does not and for
    each sounding one outside it; in a tie the chord with its root in the bass wins, then the first
    type in ``TEMPLATES``, then the lower pitch class. The whole piece has one key, by the profiles
    of Krumhansl and Kessler, without tonicisations. The root is spelled within twelve fifths of the
    tonic, and the degree follows from root and key.

    Source:
        Templates as in Pardo and Birmingham, "Algorithms for Chordal Analysis", Computer Music
        Journal 26, 2002; for the key see ``musebench.score.estimate_key``.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict all heads."""
        sounding, bass = sounding_pitch_classes(notes)
        root, quality = _best_chords(sounding, bass)
        fifths, mode = estimate_key(notes)
        tonic = pitch.tonic_of_key(fifths, mode)
        root_tpc = pitch.nearest_tpc(7 * root, np.asarray(tonic))
        intervals = (bass - root) % 12
        inversion = [
            TEMPLATES[NAMES[q]].index(i) if i in TEMPLATES[NAMES[q]] else 0
            for q, i in zip(quality.tolist(), intervals.tolist(), strict=True)
        ]
        key = _name(tonic) if mode == "major" else _name(tonic).lower()
        names = {
            "local_key": [key] * len(root),
            "tonicized_key": [key] * len(root),
            "degree1": [_degree(int(tpc) - tonic, mode == "minor") for tpc in root_tpc],
            "degree2": ["None"] * len(root),
            "quality": [NAMES[q] for q in quality],
            "inversion": [str(i) for i in inversion],
            "root": [_name(int(tpc)) for tpc in root_tpc],
        }
        return {head: _to_classes(head, values) for head, values in names.items()}


def sounding_pitch_classes(notes: NoteTable) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which pitch classes sound at each onset, and the pitch class of the lowest note.

    Returns:
        Shapes ``(num_onsets, 12)`` and ``(num_onsets,)``.
    """
    sounding = sounding_notes(notes)
    lowest = np.minimum.reduceat(notes.pitch[sounding.note], sounding.begin)
    return chroma_at_onsets(notes, sounding) > 0, lowest % 12


def _best_chords(
    sounding: NDArray[np.bool_], bass: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Root and type of the chord that fits each onset, each ``(num_onsets,)``."""
    scores = np.empty((len(sounding), len(NAMES), 12))
    for place, name in enumerate(NAMES):
        for root in range(12):
            inside = np.zeros(12, dtype=np.bool_)
            inside[[(root + semitones) % 12 for semitones in TEMPLATES[name]]] = True
            hits, outside = (sounding & inside).sum(axis=1), (sounding & ~inside).sum(axis=1)
            bonus = BASS_BONUS * (bass == root) - ORDER_BONUS * place
            scores[:, place, root] = hits - PENALTY * (outside + inside.sum() - hits) + bonus
    quality, root = np.divmod(scores.reshape(len(scores), -1).argmax(axis=1), 12)
    return root, quality


def _degree(fifths: int, is_minor: bool) -> str:
    """Name of the degree, given its fifths from the tonic."""
    scale = SCALES[is_minor]
    place = next(i for i, degree in enumerate(scale) if (fifths - degree) % 7 == 0)
    alter = (fifths - scale[place]) // 7
    return ("#" * alter if alter > 0 else "-" * -alter) + str(place + 1)


def _name(tpc: int) -> str:
    return pitch.spelling_name(tpc).replace("b", "-")


def _to_classes(head: str, names: list[str]) -> NDArray[np.int64]:
    """Class of each name; a name that the corpus does not have gets class 0."""
    class_of = {name: index for index, name in enumerate(AUGMENTEDNET_HEADS[head])}
    return np.array([class_of.get(name, 0) for name in names], dtype=np.int64)
