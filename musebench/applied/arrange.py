"""Turn predictions into a score to write: spelling, key signatures, staves, voices."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import IGNORE_LABEL
from musebench.applied.choose import Labels
from musebench.errors import InputError
from musebench.score import (
    MAX_VOICES,
    KeySignatureTable,
    NoteTable,
    PartTable,
    estimate_pickup,
    join_hands,
    keyboard_parts,
    linked_voices,
    set_pickup,
    tidy_times,
)
from musebench.viterbi import best_path

Ints = NDArray[np.int64]
Predict = Callable[[NoteTable], Labels]
Arrange = Callable[[NoteTable], NoteTable]

# Chosen on the spellings of NoteGNN and HybridGNN on ASAP's training and validation splits; there,
# the key signatures that they predict were no better at any cost.
COST_OF_SIGNATURE_CHANGE = 6.0
SIMPLICITY = 1e-3  # cost of an accidental of a signature, per measure: it only breaks ties
MIDDLE_C = 60
CROSSING_SEMITONES = 24.0
NUM_NATURALS = 7  # F to B, from one fifth below a major tonic to five above
KEYS = np.arange(pitch.MIN_FIFTHS, pitch.MAX_FIFTHS + 1)
ENHARMONIC = 12  # fifths from F sharp to G flat
SIGNATURES = ("file", "model")  # where the key signatures of a written score come from


def is_unspelled(notes: NoteTable) -> bool:
    """Whether a table has only the contents of MIDI: no staves, and one spelling per key."""
    if notes.staff.any():
        return False
    names = set(zip((notes.pitch % 12).tolist(), notes.step.tolist(), strict=True))
    return len(names) == len({pitch_class for pitch_class, _ in names})


def prepare(notes: NoteTable, pickup: float | None = None) -> NoteTable:
    """Bring the times of a MIDI file to what a score has, see ``tidy_times``, and find its pickup.

    Args:
        notes: A note table; one that is notated stays as it is.
        pickup: Length of the pickup, quarter notes; None: see ``estimate_pickup``.

    Raises:
        InputError: If a pickup is given that the score cannot have, or for a notated score.
    """
    if not is_unspelled(notes):
        if pickup is not None:
            msg = (
                "a pickup can be given for MIDI only; the score says itself where its barlines are."
            )
            raise InputError(msg)
        return notes
    notes = tidy_times(notes)
    if pickup is None:
        pickup = float(estimate_pickup(notes))
        return set_pickup(notes, pickup) if pickup else notes
    return set_pickup(notes, pickup)


def spell_and_sign(
    notes: NoteTable, labels: Labels, key_signatures: str | None = None
) -> tuple[NoteTable, Labels]:
    """Spell a score as predicted, and choose where its key signatures come from.

    Sequencers write C major whatever a piece is in, so by default a MIDI file that says nothing
    else says nothing. Where the signatures of the file are kept, names are moved to the enharmonic
    ones that they ask for.

    Args:
        notes: A note table.
        labels: What a model of pitch spelling predicts of it.
        key_signatures: ``file``: those of the file; ``model``: those that the names ask for, see
            ``sign``; None: those of a notated file, and of MIDI if one is not C major.

    Returns:
        The table, spelled and signed, and the labels as they are in it.

    Raises:
        InputError: If key signatures are asked of something else.

    Source:
        Raffel and Ellis, "Extracting Ground-Truth Information from MIDI Files: A MIDIfesto", ISMIR
        2016, on C major as the default of MIDI files.
    """
    if key_signatures not in {None, *SIGNATURES}:
        msg = f"key signatures come from {' or '.join(SIGNATURES)}, not {key_signatures!r}."
        raise InputError(msg)
    says = not is_unspelled(notes) or bool(notes.key_signatures.fifths.any())
    if key_signatures == "model" or not (says or key_signatures):
        return sign(spell(notes, labels["spelling"])), labels
    labels = dict(labels) | {"spelling": _towards_signatures(notes, labels["spelling"])}
    return spell(notes, labels["spelling"]), labels


def _towards_signatures(notes: NoteTable, spelling: Ints) -> Ints:
    """Move the names under each key signature to those that need the fewest accidentals there."""
    moved = spelling.copy()
    for fifths in np.unique(notes.key_fifths).tolist():
        rows = np.flatnonzero((notes.key_fifths == fifths) & (spelling != IGNORE_LABEL))
        tpc = spelling[rows] + pitch.MIN_TPC
        shifts = [
            shift
            for shift in (0, ENHARMONIC, -ENHARMONIC)
            if len(rows)
            and tpc.min() + shift >= pitch.MIN_TPC
            and tpc.max() + shift <= pitch.MAX_TPC
        ]
        if shifts:
            best = min(shifts, key=lambda shift: int(_is_outside(tpc + shift, fifths).sum()))
            moved[rows] += best
    return moved


def _is_outside(tpc: Ints, fifths: int | Ints) -> NDArray[np.bool_]:
    """Whether names need an accidental under a key signature."""
    above = tpc - (fifths - 1)
    return np.asarray((above < 0) | (above >= NUM_NATURALS))


def spell(notes: NoteTable, spelling: Ints) -> NoteTable:
    """Spell the notes by these classes; a note without a class keeps its spelling."""
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

    The sequence with the lowest cost is chosen. A measure costs the share of its notes that need an
    accidental under its signature; a change costs as much as ``COST_OF_SIGNATURE_CHANGE`` measures
    in which all notes do.

    Args:
        notes: A note table, spelled.

    Returns:
        The table with these key signatures, written where they change.
    """
    tpc = pitch.spellings_to_tpc(notes.step, notes.alter)
    is_outside = _is_outside(tpc[:, np.newaxis], KEYS)
    num_measures = len(notes.measures)
    cost = np.zeros((num_measures, len(KEYS)))
    np.add.at(cost, notes.measure_index, is_outside.astype(np.float64))
    count = np.bincount(notes.measure_index, minlength=num_measures)
    cost = cost / np.maximum(count, 1)[:, np.newaxis] + SIMPLICITY * np.abs(KEYS)
    fifths = KEYS[best_path(-cost, COST_OF_SIGNATURE_CHANGE)]
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
    """Put all notes on the upper (class 0) and lower (1) staff of one part, or on one if enough."""
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
    """Set the voices of each staff from the links between notes; see ``linked_voices``."""
    voice = linked_voices(notes, following, chords=chords)
    return replace(notes, voice=MAX_VOICES * (notes.staff - 1) + voice)


def line_numbers(following: Ints) -> Ints:
    """Number the lines of linked notes, in order of their first notes, from 0."""
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
    """Let each line change between the two staves only if it goes far beyond middle C.

    Along a line, the sum of semitones below middle C on the upper staff, and above it on the lower
    one, is as small as possible, with a cost of ``CROSSING_SEMITONES`` per change.
    """
    line, staff = line_numbers(following), notes.staff.copy()
    wrong = np.stack([np.maximum(MIDDLE_C - notes.pitch, 0), np.maximum(notes.pitch - MIDDLE_C, 0)])
    for number in range(int(line.max(initial=-1)) + 1):
        rows = np.flatnonzero(line == number)
        staff[rows] = 1 + best_path(-wrong[:, rows].T, CROSSING_SEMITONES)
    return replace(notes, staff=staff)


def arrange(
    notes: NoteTable,
    *,
    staves: Predict | None,
    voices: Predict | None,
    default_staves: Predict,
    default_voices: Predict,
) -> tuple[NoteTable, Arrange]:
    """Lay out a score on the staves that it lacks or that are requested, and choose its voices.

    A notated score keeps its own staves. A single part without staves, as in MIDI, is laid out on
    the two of a piano. Of several parts, those that are two hands are joined, see ``join_hands``;
    one that is named as a keyboard instrument gets two staves, each other part one.

    Args:
        notes: A note table.
        staves: Requested model of staves, or None.
        voices: Requested model of voices, or None: then notes of a staff that start and end
            together are chords. On default staves its lines stay together.
        default_staves: Model of staves for a score without staves.
        default_voices: Model of voices for a score without staves.

    Returns:
        The score on its staves, and the function that sets its voices.
    """
    is_notated = bool(notes.staff.any())
    if staves is None and not is_notated:
        notes = join_hands(notes)
    if staves is not None or (not notes.staff.any() and len(notes.parts) == 1):
        notes = set_staves(notes, (staves or default_staves)(notes)["staff"])
    elif not is_notated:
        notes = _on_staves(notes, default_staves)
    if voices is not None:
        following = voices(notes)["next_note"]
        if staves is None and not is_notated and len(np.unique(notes.staff)) > 1:
            notes = keep_lines_together(notes, following)
        return notes, partial(set_voices, following=following, chords=False)
    if not is_notated or staves is not None:
        return notes, partial(_predict_voices, voices=default_voices)
    return notes, _keep_voices


def _on_staves(notes: NoteTable, default_staves: Predict) -> NoteTable:
    """Give parts that have no staff yet one, or two if they are for a keyboard."""
    staff = np.maximum(notes.staff, 1)
    for part in keyboard_parts(notes):
        rows = np.flatnonzero(notes.part == part)
        columns: dict[str, Any] = {name: x[rows] for name, x in notes.columns().items()}
        found = default_staves(replace(notes, **columns))["staff"]
        staff[rows] = np.unique(found, return_inverse=True)[1] + 1
    return replace(notes, staff=staff)


def _predict_voices(notes: NoteTable, voices: Predict) -> NoteTable:
    return set_voices(notes, voices(notes)["next_note"], chords=True)


def _keep_voices(notes: NoteTable) -> NoteTable:
    return notes
