"""template-chords: Roman numerals by chord templates and a key profile; no training."""

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import (
    ACCIDENTALS,
    APPLIED_DEGREES,
    QUALITIES,
    ROMAN_NUMERAL_HEADS,
    SCALES,
)
from musebench.models.rules.rule import Rule, register_rule
from musebench.models.sounding import (
    Sounding,
    chroma_at_onsets,
    keys_of_measures,
    sounding_notes,
)
from musebench.score import NoteTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KEY_REACH = 8  # measures
MISSING = 0.5  # cost of a note of the template that does not sound
ROOT_IN_BASS = 0.5
IN_KEY = 0.5
# Quality -> semitones of its notes above the root, in thirds. Augmented sixths are left out: by ear
# they are seventh chords.
TEMPLATES = {
    "M": (0, 4, 7),
    "m": (0, 3, 7),
    "o": (0, 3, 6),
    "+": (0, 4, 8),
    "Mm7": (0, 4, 7, 10),
    "mm7": (0, 3, 7, 10),
    "%7": (0, 3, 6, 10),
    "o7": (0, 3, 6, 9),
    "MM7": (0, 4, 7, 11),
    "mM7": (0, 3, 7, 11),
}
SCALE_STEPS = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10, 11))  # major; minor with both VII
DOMINANT, LEADING_NOTE = 1, 5  # fifths above the tonic
MEAN_FIFTHS = (2, 0)  # mean of the notes of a key above its tonic, in major and minor


@register_rule("template-chords", "roman-numeral")
class TemplateChords(Rule):
    """Finds the chord of each beat by templates, and the key of each measure by profiles.

    *Key*: that of the 17 measures around (profiles of Krumhansl and Kessler); the tonic is spelled
    as near as possible to the spellings of the notes in these measures. *Chord*: the weight of a
    pitch class is the part of the notated beat in which it sounds at the beat's onsets. A template
    of ``TEMPLATES`` on a root scores the weights of its notes, minus those of other notes, minus
    ``MISSING`` per note of the template that does not sound, plus ``ROOT_IN_BASS`` if the lowest
    note of the beat is its root, plus ``IN_KEY`` if all its notes are in the key (minor with both
    sevenths); the best wins, in a tie that of the lowest root, then the first in the table.
    *Inversion*: the place of the beat's lowest note in the chord, 0 if it is not in the chord.
    *Root*: spelled as a sounding note, else within the twelve fifths around the key. *Degree*: that
    of the root in the key; a dominant seventh, or a diminished chord, on a root that is not the
    key's own V or leading note is applied to the degree that it leads to, if that is a degree of
    the scale. Constants were chosen on the training split.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[np.int64]]:
        """Predict all heads; shape ``(num_onsets,)`` each."""
        sounding = sounding_notes(notes)
        onset, first = np.unique(notes.onset_div, return_index=True)
        key = keys_of_measures(notes, KEY_REACH)[notes.measure_index[first]]
        weights, beat, bass_of_beat = _weights_of_beats(notes, sounding, onset)
        chord = _best_templates(weights[beat], bass_of_beat[beat], key)
        quality, root = chord % len(TEMPLATES), chord // len(TEMPLATES)
        spelling = pitch.spellings_to_tpc(notes.step, notes.alter)
        tonic = _spelled_tonic(notes, spelling, key, notes.measure_index[first])
        fifths = _spelled_root(root, tonic, spelling, sounding, notes)
        names = list(TEMPLATES)
        qualities = np.array([QUALITIES.index(name) for name in names])
        degree, applied = _degrees(fifths - tonic, key % 2, np.array(names)[quality])
        found = (
            2 * (tonic - pitch.MIN_TPC) + key % 2,
            degree,
            applied,
            qualities[quality],
            _inversions(quality, (bass_of_beat[beat] - root) % 12),
            fifths - pitch.MIN_TPC,
        )
        return dict(zip(ROMAN_NUMERAL_HEADS, found, strict=True))


def _weights_of_beats(
    notes: NoteTable, sounding: Sounding, onset: Ints
) -> tuple[Floats, Ints, Ints]:
    """Weight of each pitch class per beat; beat of each onset; lowest pitch class of each beat."""
    starts = notes.beat_table().start_div
    beat = np.maximum(np.searchsorted(starts, onset, side="right") - 1, 0)
    beat = np.unique(beat, return_inverse=True)[1]  # beats at which notes start, from 0
    end = int((notes.onset_div + notes.duration_div).max())
    lasting = np.maximum(np.diff(np.append(onset, end)), 1)
    first = np.flatnonzero(np.diff(beat, prepend=-1))
    sums = np.add.reduceat((chroma_at_onsets(notes, sounding) > 0) * lasting[:, np.newaxis], first)
    weights = sums / np.add.reduceat(lasting, first)[:, np.newaxis]
    lowest = np.minimum.reduceat(notes.pitch[sounding.note], sounding.begin)
    return weights, beat, np.minimum.reduceat(lowest, first) % 12


def _best_templates(weights: Floats, bass: Ints, key: Ints) -> Ints:
    """``len(TEMPLATES) * root + template`` of each onset."""
    members = np.zeros((12, len(TEMPLATES), 12))
    for root in range(12):
        for index, steps in enumerate(TEMPLATES.values()):
            members[root, index, [(root + step) % 12 for step in steps]] = 1
    templates = members.reshape(-1, 12)
    roots = np.repeat(np.arange(12), len(TEMPLATES))
    in_scale = np.zeros((24, 12))
    for tonic in range(12):
        for mode, steps in enumerate(SCALE_STEPS):
            in_scale[2 * tonic + mode, [(tonic + step) % 12 for step in steps]] = 1
    in_key = in_scale @ templates.T == templates.sum(axis=1)  # (24, num_templates)
    is_sounding = (weights > 0).astype(np.float64)
    scores = (
        2 * weights @ templates.T
        - weights.sum(axis=1, keepdims=True)
        - MISSING * (templates.sum(axis=1) - is_sounding @ templates.T)
        + ROOT_IN_BASS * (roots == bass[:, np.newaxis])
        + IN_KEY * in_key[key]
    )
    return np.asarray(scores.round(9).argmax(axis=1))


def _spelled_tonic(notes: NoteTable, spelling: Ints, key: Ints, measure: Ints) -> Ints:
    """Tonal pitch class of the tonic at each onset."""
    num_measures = len(notes.measures)
    columns = (spelling * notes.duration_div, notes.duration_div)
    sums = []
    for column in columns:
        by_measure = np.bincount(notes.measure_index, weights=column, minlength=num_measures)
        so_far = np.append(0.0, np.cumsum(by_measure))
        place = np.arange(num_measures)
        high = np.minimum(place + KEY_REACH + 1, num_measures)
        sums.append(so_far[high] - so_far[np.maximum(place - KEY_REACH, 0)])
    centre = np.divide(sums[0], sums[1], out=np.zeros(num_measures), where=sums[1] > 0)[measure]
    wanted = np.rint(centre - np.array(MEAN_FIFTHS)[key % 2]).astype(np.int64)
    return pitch.MIN_TPC + pitch.spelling_class(pitch.nearest_tpc(7 * (key // 2), wanted))


def _spelled_root(
    root: Ints, tonic: Ints, spelling: Ints, sounding: Sounding, notes: NoteTable
) -> Ints:
    """Tonal pitch class of the root: that of a note at the onset, else near the key."""
    fifths = pitch.nearest_tpc(7 * root, tonic + 2)
    is_root = notes.pitch[sounding.note] % 12 == root[sounding.group]
    fifths[sounding.group[is_root]] = spelling[sounding.note[is_root]]
    return pitch.MIN_TPC + pitch.spelling_class(fifths)


def _degree_table() -> Ints:
    """Class of the degree -20 to 20 fifths from the tonic, by mode; -1 if there is none."""
    table = np.full((2, 41), -1, dtype=np.int64)
    for mode, scale in enumerate(SCALES):
        for place, fifths in enumerate(scale):
            for alter in (-1, 0, 1):
                table[mode, 20 + fifths + 7 * alter] = len(ACCIDENTALS) * place + alter + 1
    return table


DEGREE_OF_FIFTHS = _degree_table()


def _degrees(fifths: Ints, mode: Ints, quality: NDArray[np.str_]) -> tuple[Ints, Ints]:
    """Degree and applied degree of roots, which are given in fifths above the tonic."""
    is_dominant = (quality == "Mm7") & (fifths != DOMINANT)
    is_leading = np.isin(quality, ("o", "o7", "%7")) & (fifths != LEADING_NOTE)
    is_leading &= ~((mode == 1) & (fifths == 2)) | (quality == "o7")  # II of minor
    is_leading &= ~((mode == 0) & (fifths == LEADING_NOTE))
    target = np.where(is_dominant, fifths - DOMINANT, fifths - LEADING_NOTE)
    is_scale = np.array([[step in scale for step in range(-60, 61)] for scale in SCALES])
    is_applied = (is_dominant | is_leading) & is_scale[mode, np.clip(target, -60, 60) + 60]
    is_applied &= target != 0
    of_target = DEGREE_OF_FIFTHS[mode, np.clip(target, -20, 20) + 20]
    applied = np.where(is_applied, 1 + of_target, APPLIED_DEGREES.index("none"))
    # The leading note of a minor key is #VII; a degree in whose key a chord is minor has one.
    is_minor = np.where(mode == 0, np.isin(target, (2, 3, 4)), np.isin(target, (0, 1, -1)))
    inside = np.where(is_dominant, DOMINANT, LEADING_NOTE)
    own_mode = np.where(is_applied, is_minor.astype(np.int64), mode)
    own = np.where(is_applied, inside, np.clip(fifths, -20, 20))
    degree = DEGREE_OF_FIFTHS[own_mode, own + 20]
    return np.maximum(degree, 0), applied


def _inversions(quality: Ints, above_root: Ints) -> Ints:
    """Place of the bass in the chord, from its semitones above the root."""
    table = np.zeros((len(TEMPLATES), 12), dtype=np.int64)
    for index, steps in enumerate(TEMPLATES.values()):
        table[index, list(steps)] = np.arange(len(steps))
    return table[quality, above_root]
