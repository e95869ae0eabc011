"""Metrics of pitch spelling beside those of classes.

A shift moves all spellings and key signatures of a piece by 12 fifths, or not at all: a MIDI file
cannot tell C sharp major from D flat major. It is allowed only if the piece could be written so: if
its commonest key signature, moved to where the predictions are, has at most seven accidentals.
"""

from dataclasses import replace

import numpy as np

from musebench.evaluation.measures import BoolArray, IntArray, Measure, is_labelled, share_of
from musebench.evaluation.metric import register_metric
from musebench.evaluation.targets import PieceTarget, Pooled
from musebench.pitch import ENHARMONIC, MAX_FIFTHS, MIN_FIFTHS, MIN_TPC

SHIFTS = (0, -ENHARMONIC, ENHARMONIC)  # the first wins a tie
NATURAL_TPC = (-1, 5)  # F to B: the spellings without an accidental


def best_shifts(notes: Pooled) -> IntArray:
    """Return the shift of each piece, in fifths, that makes most of its spellings correct.

    A shift is added to every prediction of a piece; a spelling moved out of the classes is wrong.
    If several shifts are equally good, the first in ``SHIFTS`` is taken. A piece whose key
    signature is unknown is not shifted.

    Returns:
        One of ``SHIFTS`` for each piece, ``(num_pieces,)``.
    """
    target, prediction = notes.target["spelling"], notes.prediction["spelling"]
    labelled, size = is_labelled(target), len(notes.pieces)
    commonest = np.array([commonest_signature(piece) for piece in notes.pieces])
    right = []
    for shift in SHIFTS:
        hits = labelled & (target == prediction + shift)
        count = np.bincount(notes.piece, weights=hits, minlength=size)
        elsewhere = commonest - shift  # a comparison with NaN is false
        is_allowed = (elsewhere >= MIN_FIFTHS) & (elsewhere <= MAX_FIFTHS) | (shift == 0)
        right.append(np.where(is_allowed, count, -1.0))
    shifts: IntArray = np.array(SHIFTS, np.int64)[np.argmax(right, axis=0)]
    return shifts


def commonest_signature(piece: PieceTarget) -> float:
    """Return the key signature of most notes, in sharps, the flattest in a tie; NaN if unknown."""
    labels = piece.labels.get("key_signature", np.zeros(0, np.int64))
    count = np.bincount(labels[is_labelled(labels)])
    return int(count.argmax()) + MIN_FIFTHS if len(count) else np.nan


@register_metric("accuracy_up_to_shift")
def accuracy_up_to_shift(notes: Pooled) -> Measure:
    """The share of notes that are correct after each piece is shifted."""
    return replace(_shifted(notes, "spelling"), facts={"shift": notes.once(best_shifts)})


@register_metric("accuracy_altered")
def accuracy_altered(notes: Pooled) -> Measure:
    """The accuracy over the notes whose true spelling has an accidental."""
    tpc = notes.target["spelling"] + MIN_TPC
    return _spelled_right(notes, (tpc < NATURAL_TPC[0]) | (tpc > NATURAL_TPC[1]))


@register_metric("accuracy_without_zero_duration")
def accuracy_without_zero_duration(notes: Pooled) -> Measure:
    """The accuracy over notes with a duration, which leaves out most grace notes."""
    return _spelled_right(notes, notes.column("duration_div") > 0)


@register_metric("key_signature_accuracy_up_to_shift")
def key_signature_accuracy_up_to_shift(notes: Pooled) -> Measure | None:
    """The share of key signatures that are correct after the shift of the spellings."""
    return _shifted(notes, "key_signature") if "key_signature" in notes.prediction else None


def _spelled_right(notes: Pooled, counted: BoolArray) -> Measure:
    target = notes.target["spelling"]
    return share_of(notes, target == notes.prediction["spelling"], counted & is_labelled(target))


def _shifted(notes: Pooled, head: str) -> Measure:
    target, shift = notes.target[head], notes.once(best_shifts)[notes.piece]
    return share_of(notes, target == notes.prediction[head] + shift, is_labelled(target))
