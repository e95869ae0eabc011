"""Metrics of pitch spelling as functions of arrays: target first, prediction second.

All count the notes that have a class and return NaN if there is none.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.pitch import ENHARMONIC, MIN_TPC

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SHIFTS = (0, -ENHARMONIC, ENHARMONIC)  # in order of preference where they do equally well
NATURAL_TPC = (-1, 5)  # F to B: the spellings without an accidental


def accuracy(target: ArrayLike, prediction: ArrayLike) -> float:
    """Return the share of notes whose predicted class is the target's.

    Args:
        target: Class of each note, ``(num_notes,)``; ``IGNORE_LABEL`` where it has none.
        prediction: Predicted class of each note, ``(num_notes,)``.

    Raises:
        InputError: If the arrays differ in length.

    >>> accuracy([15, 16, -100], [15, 17, 3])
    0.5
    """
    target, prediction = _pair(target, prediction)
    return share(target == prediction, is_labelled(target))


def error_rate(target: ArrayLike, prediction: ArrayLike) -> float:
    """Return the percentage of notes whose predicted class is wrong, 100 (1 - accuracy)."""
    return 100 * (1 - accuracy(target, prediction))


def best_shifts(
    target: ArrayLike, prediction: ArrayLike, piece: ArrayLike | None = None
) -> IntArray:
    """Return the shift of each piece, in fifths, that makes most of its spellings right.

    A shift is added to every prediction of a piece; a spelling moved out of the classes is wrong.
    Where several shifts do equally well the first of ``SHIFTS`` is taken, that is 0 if it is one.

    Args:
        target: Spelling class of each note, ``(num_notes,)``.
        prediction: Predicted spelling class of each note, ``(num_notes,)``.
        piece: Index from 0 of the piece of each note, ``(num_notes,)``; None for one piece.

    Returns:
        One of ``SHIFTS`` for each piece, ``(num_pieces,)``.
    """
    target, prediction = _pair(target, prediction)
    piece = _piece_index(target, piece)
    labelled = is_labelled(target)
    right = [
        np.bincount(piece, weights=labelled & (target == prediction + shift), minlength=1)
        for shift in SHIFTS
    ]
    shifts: IntArray = np.array(SHIFTS, np.int64)[np.argmax(right, axis=0)]
    return shifts


def accuracy_up_to_shift(
    target: ArrayLike, prediction: ArrayLike, piece: ArrayLike | None = None
) -> float:
    """Return the share of notes spelled rightly once each piece is moved by its best shift.

    Args: as of ``best_shifts``.
    """
    target, prediction, piece = _shifted(target, prediction, piece)
    return accuracy(target, prediction)


def accuracy_piece_mean(target: ArrayLike, prediction: ArrayLike, piece: ArrayLike) -> float:
    """Return the mean over pieces of their accuracies; pieces without a labelled note are left out.

    Args: as of ``best_shifts``.
    """
    target, prediction = _pair(target, prediction)
    return piece_mean(target == prediction, is_labelled(target), _piece_index(target, piece))


def accuracy_up_to_shift_piece_mean(
    target: ArrayLike, prediction: ArrayLike, piece: ArrayLike
) -> float:
    """Return the mean over pieces of their accuracies up to shift.

    Args: as of ``best_shifts``.
    """
    return accuracy_piece_mean(*_shifted(target, prediction, piece))


def accuracy_altered(target: ArrayLike, prediction: ArrayLike) -> float:
    """Return the accuracy over the notes whose true spelling has an accidental."""
    target, prediction = _pair(target, prediction)
    return share(target == prediction, is_altered(target))


def accuracy_without_zero_duration(
    target: ArrayLike, prediction: ArrayLike, duration_div: ArrayLike
) -> float:
    """Return the accuracy over the notes that last, which leaves out most grace notes.

    Args:
        target: Spelling class of each note, ``(num_notes,)``.
        prediction: Predicted spelling class of each note, ``(num_notes,)``.
        duration_div: Duration of each note in divisions, ``(num_notes,)``.
    """
    target, prediction = _pair(target, prediction)
    _, duration = _pair(target, duration_div, "duration_div")
    return share(target == prediction, is_labelled(target) & (duration > 0))


def key_signature_accuracy(target: ArrayLike, prediction: ArrayLike) -> float:
    """Return the share of notes whose predicted key signature is the target's."""
    return accuracy(target, prediction)


def key_signature_accuracy_up_to_shift(
    target: ArrayLike, prediction: ArrayLike, shift: ArrayLike
) -> float:
    """Return the key signature accuracy after the shift that was chosen for the spelling.

    Args:
        target: Key signature class of each note, ``(num_notes,)``.
        prediction: Predicted key signature class of each note, ``(num_notes,)``.
        shift: Fifths added to the prediction, one number or one for each note.
    """
    target, prediction = _pair(target, prediction)
    return accuracy(target, prediction + np.asarray(shift, np.int64))


def is_labelled(target: IntArray) -> BoolArray:
    """Tell which notes have a class."""
    labelled: BoolArray = target != IGNORE_LABEL
    return labelled


def is_altered(target: IntArray) -> BoolArray:
    """Tell which spelling classes have an accidental."""
    tpc = target + MIN_TPC
    altered: BoolArray = (tpc < NATURAL_TPC[0]) | (tpc > NATURAL_TPC[1])
    return altered & is_labelled(target)


def share(correct: BoolArray, counted: BoolArray) -> float:
    """Return the share of the counted notes that are correct, NaN if none is counted."""
    return float(correct[counted].mean()) if counted.any() else float("nan")


def piece_mean(correct: BoolArray, counted: BoolArray, piece: IntArray) -> float:
    """Return the mean over pieces of ``share``; pieces of which no note counts are left out."""
    notes = np.bincount(piece[counted])
    right = np.bincount(piece[counted], weights=correct[counted])
    return float((right[notes > 0] / notes[notes > 0]).mean()) if notes.any() else float("nan")


def _pair(
    target: ArrayLike, other: ArrayLike, name: str = "prediction"
) -> tuple[IntArray, IntArray]:
    """Return both as int64, so that no shift wraps around; refuse what numpy would broadcast."""
    first, second = np.asarray(target, np.int64), np.asarray(other, np.int64)
    if first.ndim != 1 or first.shape != second.shape:
        msg = f"target has shape {first.shape}, {name} {second.shape}; both are (num_notes,)."
        raise InputError(msg)
    return first, second


def _piece_index(target: IntArray, piece: ArrayLike | None) -> IntArray:
    return np.zeros_like(target) if piece is None else _pair(target, piece, "piece")[1]


def _shifted(
    target: ArrayLike, prediction: ArrayLike, piece: ArrayLike | None
) -> tuple[IntArray, IntArray, IntArray]:
    """Return target, prediction after the best shift of its piece, and piece."""
    target, prediction = _pair(target, prediction)
    piece = _piece_index(target, piece)
    return target, prediction + best_shifts(target, prediction, piece)[piece], piece
