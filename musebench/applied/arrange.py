"""Predictions -> a score to write: spelling, key signatures, staves, voices."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.applied.choose import Labels
from musebench.score import (
    MAX_VOICES,
    KeySignatureTable,
    NoteTable,
    PartTable,
    linked_voices,
)
from musebench.viterbi import best_path, cost_of_change

Ints = NDArray[np.int64]
Predict = Callable[[NoteTable], Labels]
Arrange = Callable[[NoteTable], NoteTable]

# On the spellings of NoteGNN and HybridGNN on ASAP's training and validation splits; there, signing
# by the signatures that they predict was no better at any cost.
COST_OF_SIGNATURE_CHANGE = 6.0
SIMPLICITY = (
    1e-3  # what an accidental of a signature costs a measure: it only decides when in doubt
)
MIDDLE_C = 60
CROSSING_SEMITONES = 24.0
NUM_NATURALS = 7  # F to B, fifths from one below a major tonic to five above
KEYS = np.arange(pitch.MIN_FIFTHS, pitch.MAX_FIFTHS + 1)


def is_unspelled(notes: NoteTable) -> bool:
    """Whether a table has only what MIDI knows: no staves, and one name for each key."""
    if notes.staff.any():
        return False
    names = set(zip((notes.pitch % 12).tolist(), notes.step.tolist(), strict=True))
    return len(names) == len({pitch_class for pitch_class, _ in names})


def spell(notes: NoteTable, spelling: Ints) -> NoteTable:
    """Give the notes the spellings of these classes; where there is none they keep theirs."""
    step, alter = notes.step.copy(), notes.alter.copy()
    known = spelling != IGNORE_LABEL
    spelled = [pitch.tpc_to_spelling(int(c) + pitch.MIN_TPC) for c in spelling[known].tolist()]
    step[known] = [letter for letter, _ in spelled]
    alter[known] = [alteration for _, alteration in spelled]
    natural = np.array([pitch.STEP_TO_PITCH_CLASS[s] for s in step.tolist()], dtype=np.int64)
    octave = (notes.pitch - alter - natural) // 12 - 1
    return replace(notes, step=step, alter=alter, octave=octave)


def sign(notes: NoteTable) -> NoteTable:
    """Choose a key signature for each measure, the same in all parts.

    Of all sequences that is chosen which costs least. A measure costs the share of its notes that
    need an accidental under its signature, a change as much as ``COST_OF_SIGNATURE_CHANGE``
    measures in which all notes do.

    Args:
        notes: A note table, spelled.

    Returns:
        The table with these key signatures, written where they change.
    """
    above = pitch.spellings_to_tpc(notes.step, notes.alter)[:, np.newaxis] - (KEYS - 1)
    is_outside = (above < 0) | (above >= NUM_NATURALS)
    num_measures = len(notes.measures)
    cost = np.zeros((num_measures, len(KEYS)))
    np.add.at(cost, notes.measure_index, is_outside.astype(np.float64))
    count = np.bincount(notes.measure_index, minlength=num_measures)
    cost = cost / np.maximum(count, 1)[:, np.newaxis] + SIMPLICITY * np.abs(KEYS)
    fifths = KEYS[best_path(-cost, cost_of_change(len(KEYS), COST_OF_SIGNATURE_CHANGE))]
    changes = np.flatnonzero(np.diff(fifths, prepend=pitch.MIN_FIFTHS - 1))
    num_parts = len(notes.parts)
    keys = KeySignatureTable(
        part=np.repeat(np.arange(num_parts), len(changes)),
        onset_div=np.tile(notes.measures.start_div[changes], num_parts),
        fifths=np.tile(fifths[changes], num_parts),
        mode=np.full(num_parts * len(changes), "", dtype="U1"),
    )
    return replace(notes, key_signatures=keys, key_fifths=fifths[notes.measure_index])


def set_staves(notes: NoteTable, staff: Ints) -> NoteTable:
    """Put all notes on the upper (class 0) and lower (1) staff of one part; one if one will do."""
    staff = np.unique(staff, return_inverse=True)[1].astype(np.int64) + 1
    keys = notes.key_signatures
    first = keys.part == keys.part.min(initial=0)
    return replace(
        notes,
        part=np.zeros(len(notes), dtype=np.int64),
        staff=staff,
        parts=PartTable(name=notes.parts.name[:1]),
        key_signatures=KeySignatureTable(
            np.zeros(int(first.sum()), dtype=np.int64),
            keys.onset_div[first],
            keys.fifths[first],
            keys.mode[first],
        ),
    )


def set_voices(notes: NoteTable, following: Ints, *, chords: bool) -> NoteTable:
    """Let notes go on in the voices of their staves as they are linked; see ``linked_voices``."""
    voice = linked_voices(notes, following, chords=chords)
    return replace(notes, voice=MAX_VOICES * (notes.staff - 1) + voice)


def line_numbers(following: Ints) -> Ints:
    """Number the lines that links make of the notes, in order of their first notes, from 0."""
    line = np.full(len(following), -1, dtype=np.int64)
    count = 0
    for note, after in enumerate(following.tolist()):
        if line[note] < 0:
            line[note] = count
            count += 1
        if after > note:
            line[after] = line[note]
    return line


def keep_lines_together(notes: NoteTable, following: Ints) -> NoteTable:
    """Let each line change between the two staves only where it goes far beyond middle C.

    Along a line the semitones below middle C on the upper staff, and above it on the lower one, are
    least, where a change costs ``CROSSING_SEMITONES``.
    """
    line, staff = line_numbers(following), notes.staff.copy()
    crossing = cost_of_change(2, CROSSING_SEMITONES)
    wrong = np.stack([np.maximum(MIDDLE_C - notes.pitch, 0), np.maximum(notes.pitch - MIDDLE_C, 0)])
    for number in range(int(line.max(initial=-1)) + 1):
        rows = np.flatnonzero(line == number)
        staff[rows] = 1 + best_path(-wrong[:, rows].T, crossing)
    return replace(notes, staff=staff)


def arrange(
    notes: NoteTable,
    *,
    staves: Predict | None,
    voices: Predict | None,
    default_staves: Predict,
    default_voices: Predict,
) -> tuple[NoteTable, Arrange]:
    """Give a score the staves that it lacks, or that are asked for, and say what voices it gets.

    A notated score keeps its own. One part without staves, as MIDI has it, is laid out on the two
    of a piano; each of several parts has one.

    Args:
        notes: A note table.
        staves: Model of staves that is asked for, or None.
        voices: Model of voices that is asked for, or None: then notes of a staff that start and end
            together are chords. On default staves its lines stay together.
        default_staves: Model of staves of a score that has none.
        default_voices: Model of voices of a score that has no staves.

    Returns:
        The score on its staves, and what gives it its voices.
    """
    is_notated = bool(notes.staff.any())
    if staves is not None or (not is_notated and len(notes.parts) == 1):
        notes = set_staves(notes, (staves or default_staves)(notes)["staff"])
    elif not is_notated:
        notes = replace(notes, staff=np.ones(len(notes), dtype=np.int64))
    if voices is not None:
        following = voices(notes)["next_note"]
        if staves is None and not is_notated and len(np.unique(notes.staff)) > 1:
            notes = keep_lines_together(notes, following)
        return notes, partial(set_voices, following=following, chords=False)
    if not is_notated or staves is not None:
        return notes, partial(_predict_voices, voices=default_voices)
    return notes, _keep_voices


def _predict_voices(notes: NoteTable, voices: Predict) -> NoteTable:
    return set_voices(notes, voices(notes)["next_note"], chords=True)


def _keep_voices(notes: NoteTable) -> NoteTable:
    return notes
