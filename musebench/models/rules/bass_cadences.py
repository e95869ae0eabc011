"""v-i-bass: cadences by the steps of the bass; no training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import CADENCES
from musebench.models.rules.rule import Rule, register_rule
from musebench.models.sounding import (
    chroma_at_onsets,
    keys_of_measures,
    metrical_strength,
    sounding_notes,
)
from musebench.score import NoteTable

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NONE, PAC, IAC, HC = (CADENCES.index(name) for name in ("none", "PAC", "IAC", "HC"))
KEY_REACH = 4  # measures
HALF_OF_MEASURE = 2  # strength of the weakest place of a half cadence
FOURTH_UP, FIFTH_UP, LEADING_NOTE = 5, 7, 11  # semitones
MAJOR_TRIAD, MAJOR_OR_MINOR_TRIAD = (0, 4, 7), (0, 3, 4, 7)  # semitones above the bass


@dataclass(frozen=True, eq=False)
class _Bass:
    """The bass line: each note of the bass that differs from the one before.

    Attributes:
        group: Onset group at which it starts. Shape ``(num_bass_notes,)``.
        pitch: MIDI pitch.
        lasting: Divisions until the next one starts.
        strength: Metrical strength of its start.
    """

    group: Ints
    pitch: Ints
    lasting: Ints
    strength: Ints


@register_rule("v-i-bass", "cadence")
class BassCadences(Rule):
    """Finds authentic cadences where the bass moves from V to I, half cadences where it rests on V.

    The bass is the lowest sounding note. An *authentic* cadence arrives at a bass note that is a
    fourth higher, or a fifth lower, than the previous one, if it is at a stronger place in the
    measure (downbeat, half, beat, elsewhere) or lasts longer, if only a major or minor triad sounds
    above it, and if its leading note sounded over the previous bass note. It is perfect if the
    highest note is a tonic, else imperfect. A *half* cadence arrives at a bass note on the dominant
    of the key of the nine measures around it (profiles of Krumhansl and Kessler), at the start or
    the half of a measure, with only a major triad, if the next onset is at least as far away as the
    previous one. Other cadences are never predicted. The conditions were chosen on the training
    split.

    ``cadence_score`` of a class is the share of its conditions that hold: of the five of an
    authentic cadence (the bass moves from V to I, to a stronger place or a longer note, to a triad,
    after the leading note; the tonic is on top, or is not if it is imperfect), or of the four of a
    half cadence (the bass is the dominant, at the start or the half of a measure, under a major
    triad, and rests). That of none is what is missing to 1. If the bass does not move, it is 1.
    """

    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict ``cadence``, ``(num_onsets,)``, and ``cadence_score``, a column per class."""
        sounding = sounding_notes(notes)
        pitches = notes.pitch[sounding.note]
        lowest = np.minimum.reduceat(pitches, sounding.begin)
        highest = np.maximum.reduceat(pitches, sounding.begin)
        chroma = chroma_at_onsets(notes, sounding) > 0
        first = np.unique(notes.onset_div, return_index=True)[1]
        bass = _bass_line(notes, lowest, first)
        key = keys_of_measures(notes, KEY_REACH)[notes.measure_index[first]]
        half = _half_conditions(notes, bass, chroma, key)
        authentic = _authentic_conditions(bass, chroma)
        on_tonic = (highest - lowest)[bass.group] % 12 == 0
        cadences = np.zeros(len(first), dtype=np.int64)
        cadences[bass.group[half.all(axis=0)]] = HC
        is_authentic = authentic.all(axis=0)
        cadences[bass.group[is_authentic]] = np.where(on_tonic[is_authentic], PAC, IAC)
        score = np.zeros((len(first), len(CADENCES)))
        for kind, conditions in (
            (PAC, [*authentic, on_tonic]),
            (IAC, [*authentic, ~on_tonic]),
            (HC, half),
        ):
            score[bass.group, kind] = np.mean(conditions, axis=0)
        score[bass.group[0]] = 0.0  # nothing comes before it
        score[:, NONE] = 1 - score.max(axis=1)
        return {"cadence": cadences, "cadence_score": score}


def _bass_line(notes: NoteTable, lowest: Ints, first: Ints) -> _Bass:
    starts = np.flatnonzero(np.minimum.reduceat(notes.pitch, first) == lowest)
    pitch = lowest[starts]
    is_new = np.append(True, pitch[1:] != pitch[:-1])
    group, pitch = starts[is_new], pitch[is_new]
    end = (notes.onset_div + notes.duration_div).max()
    lasting = np.diff(np.append(notes.onset_div[first[group]], end))
    return _Bass(group, pitch, lasting, metrical_strength(notes)[first[group]])


def _authentic_conditions(bass: _Bass, chroma: Bools) -> Bools:
    """Which conditions of an authentic cadence hold. Shape ``(4, num_bass_notes)``."""
    steps = np.diff(bass.pitch) % 12 == FOURTH_UP
    is_stronger = np.diff(bass.strength) > 0
    is_longer = np.diff(bass.lasting) > 0
    leading_note = (bass.pitch[1:] + LEADING_NOTE) % 12
    so_far = np.zeros((len(chroma) + 1, 12), dtype=np.int64)
    np.cumsum(chroma, axis=0, out=so_far[1:])
    before = (so_far[bass.group[1:]] - so_far[bass.group[:-1]])[np.arange(len(steps)), leading_note]
    is_triad = ~_sounds_beside(MAJOR_OR_MINOR_TRIAD, bass, chroma)[1:]
    conditions = np.stack([steps, is_stronger | is_longer, before > 0, is_triad])
    return np.pad(conditions, ((0, 0), (1, 0)))  # nothing comes before the first


def _half_conditions(notes: NoteTable, bass: _Bass, chroma: Bools, key: Ints) -> Bools:
    """Which conditions of a half cadence hold. Shape ``(4, num_bass_notes)``."""
    is_dominant = (bass.pitch - key[bass.group] // 2) % 12 == FIFTH_UP
    has_third = _above(bass, chroma)[:, MAJOR_TRIAD[1]]
    is_triad = has_third & ~_sounds_beside(MAJOR_TRIAD, bass, chroma)
    end = (notes.onset_div + notes.duration_div).max()
    until_next = np.diff(np.append(np.unique(notes.onset_div), end))
    rests = until_next[bass.group] >= until_next[np.maximum(bass.group - 1, 0)]
    conditions = np.stack([is_dominant, is_triad, rests, bass.strength >= HALF_OF_MEASURE])
    conditions[:, 0] = False  # nothing comes before it
    return conditions


def _above(bass: _Bass, chroma: Bools) -> Bools:
    """Which intervals above each bass note sound at its start. Shape ``(num_bass_notes, 12)``."""
    places = (bass.pitch[:, np.newaxis] + np.arange(12)) % 12
    return np.take_along_axis(chroma[bass.group], places, axis=1)


def _sounds_beside(chord: tuple[int, ...], bass: _Bass, chroma: Bools) -> Bools:
    """Whether anything sounds besides these intervals above the bass."""
    others = [interval for interval in range(12) if interval not in chord]
    return np.asarray(_above(bass, chroma)[:, others].any(axis=1))
