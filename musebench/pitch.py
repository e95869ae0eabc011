"""Arithmetic of pitch: spelling, tonal pitch class and key signature.

A *spelling* is a letter (``step``) and an alteration (``alter``, in semitones). Its *tonal pitch
class* (tpc) is its place on the line of fifths: C = 0, G = 1, F = -1, F# = 6, Bb = -2. Sharpening
adds 7, an enharmonic respelling adds or subtracts 12. A *key signature* is a number of fifths:
sharps positive, flats negative.

Conventions:
    Spellings with at most two accidentals have a *spelling class*, ``tpc - MIN_TPC``: 0 is Fbb and
    34 is B##. Key signatures have a *key signature class*, ``fifths - MIN_FIFTHS``: 0 has seven
    flats and 14 seven sharps.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError

STEPS = "CDEFGAB"
MODES = ("major", "minor")
STEP_TO_TPC = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
STEP_TO_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ENHARMONIC = 12  # fifths between two spellings of one pitch

MIN_TPC, MAX_TPC = -15, 19  # Fbb to B##
MIN_FIFTHS, MAX_FIFTHS = -7, 7
MINOR_TONIC = 3  # fifths from the tonic of a major key up to that of its relative minor

Integer = TypeVar("Integer", int, NDArray[np.int64])


def spelling_to_tpc(step: str, alter: int) -> int:
    """Place a spelling on the line of fifths.

    Args:
        step: Letter, one of ``STEPS``.
        alter: Alteration in semitones, sharps positive.

    Raises:
        InputError: If ``step`` is not one of the seven letters.

    >>> spelling_to_tpc("F", 1)
    6
    """
    if step not in STEP_TO_TPC:
        msg = f"step {step!r} is not one of the letters {STEPS}."
        raise InputError(msg)
    return STEP_TO_TPC[step] + 7 * alter


def spellings_to_tpc(step: NDArray[np.str_], alter: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place the spelling of each note on the line of fifths. Shape ``(num_notes,)``, int64."""
    return np.array([STEP_TO_TPC[letter] for letter in step.tolist()], dtype=np.int64) + 7 * alter


def tpc_to_spelling(tpc: int) -> tuple[str, int]:
    """Return the letter and the alteration of a tonal pitch class.

    >>> tpc_to_spelling(-2)
    ('B', -1)
    """
    alter, place = divmod(tpc + 1, 7)
    return "FCGDAEB"[place], alter


def tpc_to_pitch_class(tpc: Integer) -> Integer:
    """Return the chromatic class, 0 to 11, of a tonal pitch class or of an array of them."""
    return (7 * tpc) % 12


def nearest_tpc(tpc: Integer, centre: Integer) -> Integer:
    """Return the tonal pitch class that sounds the same, from ``centre`` - 5 to ``centre`` + 6."""
    return centre - 5 + (tpc - centre + 5) % ENHARMONIC


def spelling_class(tpc: NDArray[np.int64]) -> NDArray[np.int64]:
    """Class of each tonal pitch class; one beyond two accidentals is respelled with fewer."""
    inside = np.where(tpc > MAX_TPC, tpc - ENHARMONIC, tpc)
    return np.where(inside < MIN_TPC, inside + ENHARMONIC, inside) - MIN_TPC


def spelling_name(tpc: int) -> str:
    """Write a tonal pitch class as a letter with ``#`` or ``b``.

    >>> spelling_name(-7)
    'Cb'
    """
    step, alter = tpc_to_spelling(tpc)
    return step + ("#" * alter if alter > 0 else "b" * -alter)


def key_signature_name(fifths: int) -> str:
    """Write a key signature as its number of accidentals, such as ``3b``, ``0`` or ``2#``."""
    return f"{abs(fifths)}{'#' if fifths > 0 else 'b'}" if fifths else "0"


def tonic_of_key(fifths: int, mode: str) -> int:
    """Return the tonal pitch class of the tonic of a key; any mode except ``minor`` is major.

    >>> tonic_of_key(-3, "minor")
    0
    """
    return fifths + MINOR_TONIC * (mode == "minor")


def key_name(fifths: int, mode: str) -> str:
    """Write a key as its tonic, followed by ``m`` if the mode is ``minor``.

    >>> key_name(-3, "minor")
    'Cm'
    """
    return spelling_name(tonic_of_key(fifths, mode)) + "m" * (mode == "minor")


def key_of_name(name: str) -> tuple[int, str]:
    """Return the key signature and the mode, ``major`` or ``minor``, of a named key.

    >>> key_of_name("Cm")
    (-3, 'minor')
    """
    tonic = name.removesuffix("m")
    tpc = spelling_to_tpc(tonic[:1], tonic.count("#") - tonic.count("b"))
    return (tpc, "major") if tonic == name else (tpc - MINOR_TONIC, "minor")


SPELLING_CLASSES = tuple(spelling_name(tpc) for tpc in range(MIN_TPC, MAX_TPC + 1))
KEY_SIGNATURE_CLASSES = tuple(key_signature_name(k) for k in range(MIN_FIFTHS, MAX_FIFTHS + 1))
SPELLING_CLASS_TO_PITCH_CLASS = tuple(
    tpc_to_pitch_class(tpc) for tpc in range(MIN_TPC, MAX_TPC + 1)
)
